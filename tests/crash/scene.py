"""What the crash tests share: a scratch log, its victim, its judge.

The judge is another process than the victim, and what was acknowledged is kept in a file
outside of the log: neither believes what the victim remembers.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

VICTIM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
OTHER_BOOT = "00000000-0000-4000-8000-00000000000%d"


class Scene(unittest.TestCase):
    def setUp(self):
        # In memory when there is room: what is tested here is order, not the disk.
        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bailey-crash.", dir=place))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.log = self.folder / "log"
        self.acks = self.folder / "acks"
        self.fresh()

    def fresh(self):
        shutil.rmtree(self.log, ignore_errors=True)
        self.log.mkdir()
        self.acks.write_text("")

    def append(self, count=3, threads=1, size=0, before=(), **options):
        """Runs the victim; (exit code or -signal, what it said)"""
        words = [*before, VICTIM, "append", str(self.log), str(self.acks), str(threads), str(count),
                 str(size)]
        if before:
            # A sanitizer build looks for leaks by ptrace, which strace has taken.
            leaks = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
            options["env"] = {**os.environ, "ASAN_OPTIONS": leaks}
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, **options)
        return done.returncode, done.stderr

    def start(self, count, threads=1):
        return subprocess.Popen(
            [VICTIM, "append", str(self.log), str(self.acks), str(threads), str(count)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def check(self, boot=None):
        env = dict(os.environ)
        if boot is not None:
            env["VICTIM_BOOT"] = OTHER_BOOT % boot
        return subprocess.run([VICTIM, "check", str(self.log), str(self.acks)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, env=env)

    def assert_sound(self, why="", boot=None):
        done = self.check(boot)
        self.assertEqual(done.returncode, 0, f"{why}: {done.stderr}")
        return done.stdout

    def assert_served(self, why=""):
        """What lies there for readers is good, before anybody opens the log again."""
        done = subprocess.run([VICTIM, "look", str(self.log)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, f"{why}: {done.stderr}")
        return int(done.stdout.split()[0])

    def assert_refused(self, code, why="", boot=None):
        done = self.check(boot)
        self.assertEqual(done.returncode, 1, f"{why}: it opened: {done.stdout}")
        self.assertIn(code, done.stderr, why)

    def acked(self):
        return len(self.acks.read_text().splitlines())


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=1)
