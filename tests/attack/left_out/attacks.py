"""Attacks on one layer alone, where no row of the checklist is it: a command that ends with 0
when it got through, run in a cage on a bench (../bench.py)."""

import ctypes
import os
import subprocess
import sys

KEYCTL, ADD_KEY = 250, 248


def python(text):
    return ["python3", "-c", text]


def write_in_the_root(_):
    return ["mkdir", "/planted"], [], {}


def read_in_the_root(_):
    return ["cat", "/.bailey"], [], {}


def write_in_proc(_):
    return python("open('/proc/self/comm', 'w').write('planted')"), [], {}


def nest_a_namespace(_):
    return ["unshare", "--user", "true"], [], {}


def open_many_files(_):
    return (python("import os\nfor i in range(100): os.open('/dev/null', os.O_RDONLY)"),
            ["--open-files", "64"], {})


def see_processes(bench):
    """A process outside that carries a word in its command line; the search must not find itself."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", bench.token],
                               stdin=subprocess.DEVNULL)
    half = len(bench.token) // 2
    text = ("import os, sys\n"
            f"word = ({bench.token[:half]!r} + {bench.token[half:]!r}).encode()\n"
            "for name in os.listdir('/proc'):\n"
            "    if not name.isdigit(): continue\n"
            "    try:\n"
            "        with open('/proc/' + name + '/cmdline', 'rb') as file: line = file.read()\n"
            "    except OSError: continue\n"
            "    if word in line: sys.exit(0)\n"
            "sys.exit(1)\n")
    return python(text), [], {"over": lambda: (sleeper.kill(), sleeper.wait())}


def use_a_key(bench):
    """A key in the caller's session keyring, which whoever stands in that session can find."""
    libc = ctypes.CDLL(None, use_errno=True)
    name = bench.token.encode()

    def give():
        if libc.syscall(KEYCTL, 1, None) < 0 or libc.syscall(ADD_KEY, b"user", name, b"secret", 6, -3) < 0:
            os._exit(99)
    text = ("import ctypes, sys\n"
            f"found = ctypes.CDLL(None).syscall({KEYCTL}, 10, -3, b'user', {name!r}, 0)\n"
            "sys.exit(0 if found > 0 else 1)\n")
    return python(text), [], {"preexec_fn": give}


PROBES = {probe.__name__: probe for probe in (
    write_in_the_root, read_in_the_root, write_in_proc, nest_a_namespace, open_many_files,
    see_processes, use_a_key)}


def control(bench, name):
    """The same attempt without a cage. Where a cage's own file is attacked there is none."""
    command, _, more = PROBES[name](bench)
    over = more.pop("over", None)
    try:
        return bench.call(command, **more)
    finally:
        if over:
            over()


def gets_through(bench, name):
    """(whether, the run)"""
    command, options, more = PROBES[name](bench)
    over = more.pop("over", None)
    try:
        run = bench.caged(command, options, **more)
    finally:
        if over:
            over()
    return run.code == 0, run
