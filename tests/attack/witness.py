"""Witnesses: they stand outside the cage and see whether a deed was done.

Listeners that write down who came, a sleeping process with a secret, a folder whose
whole state can be compared. None of them believes what the attacker prints."""

import hashlib
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time


class Listener:
    """Accepts on any number of doors and remembers what was said at each."""

    def __init__(self):
        self._doors = {}
        self._heard = []
        self._lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        self._thread = None

    def add(self, name, family, kind, address):
        door = socket.socket(family, kind)
        if family == socket.AF_INET6:
            door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM and family != socket.AF_UNIX:
            # 1 | 2 | 0x200: server side, data of a SYN accepted without a cookie
            door.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
        door.bind(address)
        if kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            door.listen(64)
        self._doors[door] = name
        return door.getsockname()

    def start(self):
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def _serve(self):
        while True:
            ready, _, _ = select.select([self._wake_read, *self._doors], [], [])
            if self._wake_read in ready:
                return
            for door in ready:
                said = b""
                try:
                    if door.type == socket.SOCK_DGRAM:
                        said, guest = door.recvfrom(4096)
                        if guest:
                            door.sendto(b"heard", guest)
                    else:
                        guest, _ = door.accept()
                        guest.settimeout(1)
                        with guest:
                            said = guest.recv(4096)
                except OSError:
                    pass
                with self._lock:
                    self._heard.append((self._doors[door], said))

    def heard(self, token=b"", name=None):
        """What came with the token in it, after giving the last of it time to arrive."""
        time.sleep(0.15)
        with self._lock:
            return [(door, said) for door, said in self._heard
                    if token in said and (name is None or door == name)]

    def visits(self):
        time.sleep(0.15)
        with self._lock:
            return len(self._heard)

    def close(self):
        os.write(self._wake_write, b"x")
        if self._thread is not None:
            self._thread.join()
        for door in self._doors:
            door.close()
        os.close(self._wake_read)
        os.close(self._wake_write)


class Sleeper:
    """A process of the host: a secret in its environment, deaf to nothing, harmless."""

    PROGRAM = ("import signal,sys,time\n"
               "def note(*_): open(sys.argv[1],'a').write('signal\\n')\n"
               "signal.signal(signal.SIGUSR1, note)\n"
               "print('up', flush=True)\n"
               "end=time.time()+300\n"
               "while time.time()<end: time.sleep(1)\n")

    def __init__(self, log):
        self.secret = "environ-" + secrets.token_hex(16)
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-c", self.PROGRAM, log], stdout=subprocess.PIPE,
            env={"SECRET_OF_THE_SLEEPER": self.secret, "PATH": os.environ.get("PATH", "")},
            cwd="/", start_new_session=True)
        self._process.stdout.readline()
        self.pid = self._process.pid

    def untouched(self):
        time.sleep(0.1)
        return self._process.poll() is None and not os.path.exists(self._log)

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        if os.path.exists(self._log):
            os.unlink(self._log)


def tree_state(directory):
    """Everything about a folder that an attacker may want to change, as one value."""
    state = {}
    for where, folders, files in os.walk(directory):
        for name in sorted(folders + files) + ["."]:
            path = os.path.join(where, name)
            info = os.lstat(path)
            content = ""
            if os.path.islink(path):
                content = os.readlink(path)
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            changed = 0 if os.path.isdir(path) else info.st_mtime_ns
            state[os.path.relpath(path, directory)] = (
                info.st_mode, info.st_uid, info.st_nlink, changed, content)
    return state


def processes_with(mark):
    """Pids of processes that carry a mark in their command line."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if mark.encode() in file.read():
                    found.append(int(name))
        except OSError:
            continue
    return found


def wait_until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


__all__ = ["Listener", "Sleeper", "tree_state", "processes_with", "wait_until", "signal"]
