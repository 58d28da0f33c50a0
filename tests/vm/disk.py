"""What a guest boots from: a first file system in memory, and a root disk.

The root disk is ext4, made without privilege by mke2fs: the programs under test, their
tests, the settings that programs in /usr need, and empty folders. /usr is not on it; the guest mounts the host's
read-only over 9p, and writes to a layer of its own above it. Every boot gets a disk of its own and no boot sees another's."""

import gzip
import io
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
FOLDERS = ("dev", "proc", "sys", "run", "usr", "var/tmp", "var/lib", "home", "root", "srv", "mnt",
           "media", "boot", "opt", "results", "tmp", "lower", "upper/usr", "upper/work")
LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib32": "usr/lib32",
         "lib64": "usr/lib64", "libx32": "usr/libx32", "var/run": "/run"}
PROGRAMS = {"bin": ("bin/bailey", "bin/bailey-warden", "bin/bailey-verify"),
            "tests": ("tests/attack/victim", "tests/attack/without", "tests/platform_test",
                      "bin/cage-probe", "bin/raw-call", "bin/bailey-warden")}
SOURCES = ("tests/attack", "tests/vm", "tools/as-user")
# Of /etc only what programs need; the host's accounts, keys and services stay there.
SETTINGS = ("alternatives", "bash.bashrc", "debian_version", "gai.conf", "host.conf", "ld.so.cache",
            "ld.so.conf", "ld.so.conf.d", "localtime", "login.defs", "mime.types", "nsswitch.conf",
            "os-release", "profile", "protocols", "python3", "python3.11", "services", "shells",
            "terminfo", "timezone")
BUSYBOX = "/bin/busybox"
DISK_BYTES = 4 << 30  # sparse


class Archive:
    """A cpio archive in the `newc` format, as the kernel unpacks it."""

    def __init__(self):
        self._out = io.BytesIO()
        self._inode = 0

    def add(self, name, mode, content=b"", device=(0, 0)):
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        self._out.write(b"070701" + b"".join(b"%08x" % field for field in fields) + encoded)
        self._pad()
        self._out.write(content)
        self._pad()

    def _pad(self):
        self._out.write(b"\0" * (-self._out.tell() % 4))

    def folder(self, name):
        self.add(name, 0o040755)

    def file(self, name, path, mode=0o100755):
        with open(path, "rb") as file:
            self.add(name, mode, file.read())

    def finish(self):
        self.add("TRAILER!!!", 0)
        return gzip.compress(self._out.getvalue(), compresslevel=1)


def write_initramfs(path, kernel_folder):
    archive = Archive()
    for name in ("bin", "dev", "proc", "sys", "root", "modules"):
        archive.folder(name)
    archive.add("dev/console", 0o020600, device=(5, 1))
    archive.file("bin/busybox", BUSYBOX)
    archive.file("init", os.path.join(HERE, "guest/init"))
    modules = os.path.join(kernel_folder, "modules")
    for name in sorted(os.listdir(modules)):
        archive.file(f"modules/{name}", os.path.join(modules, name), 0o100644)
    with open(path, "wb") as file:
        file.write(archive.finish())


def _accounts(etc):
    """root, the tests' user, and a password file worth stealing; no account of the host's."""
    def write(name, text, mode):
        path = os.path.join(etc, name)
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, mode)
    write("passwd", "root:x:0:0:root:/root:/bin/sh\n"
          "bailey-test:x:990:990::/nonexistent:/usr/sbin/nologin\n"
          "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n", 0o644)
    write("group", "root:x:0:\ntty:x:5:\nbailey-test:x:990:\nnogroup:x:65534:\n", 0o644)
    write("shadow", "root:$y$j9T$not.a.salt$not-a-hash:20000:0:99999:7:::\n", 0o600)
    write("gshadow", "root:*::\n", 0o600)
    write("hosts", "127.0.0.1 localhost\n::1 localhost\n", 0o644)
    write("hostname", "bailey-vm\n", 0o644)


def write_root(path, build):
    with tempfile.TemporaryDirectory(prefix="bailey-root.") as top:
        os.chmod(top, 0o755)
        for name in FOLDERS:
            os.makedirs(os.path.join(top, name))
        for name in ("tmp", "var/tmp"):
            os.chmod(os.path.join(top, name), 0o1777)
        for name in ("root", "lower", "upper"):
            os.chmod(os.path.join(top, name), 0o700)
        for name, target in LINKS.items():
            if os.path.isdir(os.path.join("/", target)):
                os.symlink(target, os.path.join(top, name))
        etc = os.path.join(top, "etc")
        os.mkdir(etc)
        for name in SETTINGS:
            source = os.path.join("/etc", name)
            if os.path.isdir(source) and not os.path.islink(source):
                shutil.copytree(source, os.path.join(etc, name), symlinks=True)
            elif os.path.lexists(source):
                shutil.copy2(source, etc, follow_symlinks=False)
        _accounts(etc)
        for folder, programs in PROGRAMS.items():
            place = os.path.join(top, "bailey", folder)
            os.makedirs(place)
            for program in programs:
                shutil.copy(os.path.join(build, program), place)
        shutil.copy(BUSYBOX, os.path.join(top, "bailey/busybox"))
        for name in SOURCES:
            place = os.path.join(top, "bailey/source", name)
            source = os.path.join(SOURCE, name)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            if os.path.isdir(source):
                shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, place)
        with open(path, "wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-F", "-m", "0", "-E",
                        "root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1", "-d", top, path], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
