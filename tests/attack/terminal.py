"""A terminal for tests: a program on one of its own, and somebody who types."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time


class Terminal:
    """A shell or a program on a terminal of its own, and somebody who types."""

    def __init__(self, bench, argv, rows=24, columns=80):
        self.pid, self.leader = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.chdir(bench.workspace)
                os.execvpe(argv[0], argv, bench.environment({"PS1": "$ ", "TERM": "xterm"}))
            finally:
                os._exit(99)
        self.text = ""

    def read(self, seconds=0.2):
        ready, _, _ = select.select([self.leader], [], [], seconds)
        if ready:
            try:
                self.text += os.read(self.leader, 65536).decode(errors="replace")
                return True
            except OSError:
                return False
        return True

    def expect(self, pattern, seconds=15.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if re.search(pattern, self.text):
                return True
            if not self.read():
                break
        return re.search(pattern, self.text) is not None

    def type(self, text):
        os.write(self.leader, text.encode())

    def resize(self, rows, columns):
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self, seconds=15.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(0.05) and select.select([self.leader], [], [], 0)[0]:
                    pass
                os.close(self.leader)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.leader)
        return None
