#!/usr/bin/env python3
"""A full disk and a failing one: refused, told, and nothing acknowledged that is not there."""
import os
import resource
import shutil
import subprocess
import unittest

from scene import Scene, VICTIM, main


# What the way of an entry asks of the kernel, and how it may be refused.
FAILURES = {
    "openat2": ("EMFILE", "EIO", "EACCES"),
    "fcntl": ("ENOLCK",),
    "fdatasync": ("ENOSPC",),
    "fsync": ("EIO",),
    "statx": ("EIO",),
    "pread64": ("EIO",),
    "ftruncate": ("EIO",),
    "renameat2": ("EIO", "ENOSPC"),
    "linkat": ("ENOSPC",),
    "mkdirat": ("ENOSPC",),
    "mmap": ("ENOMEM",),
}


def strace(*injections):
    words = ["strace", "-f", "-qq", "-o", "/dev/null"]
    for injection in injections:
        words += ["-e", "inject=" + injection]
    return words


class Disks(Scene):
    def setUp(self):
        super().setUp()
        code, said = self.append(count=3)
        self.assertEqual(code, 0, said)

    def test_failed_sync_is_never_an_acknowledgement(self):
        failures = 0
        for n in range(1, 8):
            before = self.acked()
            code, said = self.append(count=6, before=strace(f"fdatasync:error=EIO:when={n}"))
            if code == 0:
                break
            failures += 1
            self.assertEqual(code, 3, said)
            self.assertIn("log.sync_failed", said)
            # The one whose sync failed was not told to be there, nor any after it.
            self.assertEqual(self.acked() - before, n - 1)
            self.assert_sound(f"sync {n} failed")
        self.assertEqual(failures, 6)

    def test_failed_sync_makes_the_log_refuse_in_every_process(self):
        other = self.start(count=1_000_000)
        try:
            while self.acked() < 10:
                self.assertIsNone(other.poll())
            code, said = self.append(count=50, before=strace("fdatasync:error=EIO:when=2"))
            if code == 0:
                # The other one synced for both each time: nothing failed then.
                self.skipTest("the failing process never had to sync")
            self.assertIn("log.sync_failed", said)
            _, said = other.communicate(timeout=30)
            self.assertEqual(other.returncode, 3)
            self.assertIn("log.sync_failed", said)
        finally:
            other.kill()
            other.communicate()
        self.assert_sound("after both stopped")

    def test_failed_and_short_writes(self):
        for injection in ("pwrite64:error=EIO:when=%d", "pwrite64:error=ENOSPC:when=%d"):
            refused = []
            for n in range(1, 16):
                before = self.acked()
                code, said = self.append(count=3, before=strace(injection % n))
                self.assertIn(code, (0, 3), said)
                if code == 3:
                    refused.append(n)
                else:
                    self.assertEqual(self.acked() - before, 3)
                self.assert_served(injection % n)
                self.assert_sound(injection % n)
            # Leaf and head of three entries, and what is published in the end. What is
            # written ahead is the 5th and 6th: losing it costs nobody anything.
            self.assertEqual(refused[:6], [1, 2, 3, 4, 7, 8])
            self.assertGreater(len(refused), 6)
            self.assertNotIn(15, refused)

    def test_any_call_failing_once_is_a_refusal_or_costs_nothing(self):
        """Each call that a log makes, at each of its turns, with each error that it may give."""
        kept, acks = self.folder / "kept", self.acks.read_text()
        shutil.copytree(self.log, kept)
        tried = refused = 0
        for call, errors in FAILURES.items():
            for error in errors:
                for n in range(1, 60):
                    shutil.rmtree(self.log)
                    shutil.copytree(kept, self.log)
                    self.acks.write_text(acks)
                    trace = self.folder / "trace"
                    before = self.acked()
                    code, said = self.append(count=2, before=[
                        "strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}",
                        *(["-P", str(self.log / "control")] if call == "mmap" else []),
                        "-e", f"inject={call}:error={error}:when={n}"])
                    if "(INJECTED)" not in trace.read_text():
                        break
                    why = f"{call} number {n} gives {error}: {said}"
                    tried += 1
                    if "shared libraries" in said:
                        continue  # the loader's call: the program never began
                    self.assertIn(code, (0, 3), why)
                    if code == 3:
                        refused += 1
                        self.assertRegex(said, r"(log|disk|home)\.\w+: ", why)
                    else:
                        self.assertEqual(self.acked() - before, 2, why)
                    self.assert_served(why)
                    self.assert_sound(why)
                    self.assertEqual(self.append(count=1)[0], 0, why)
                    self.assert_sound(why + ", after going on", boot=2)
        self.assertGreater(tried, 50)
        self.assertGreater(refused, 15)

    def test_interrupted_calls_are_taken_up_again(self):
        # The first few pread64 may be the dynamic loader's, which does not try again.
        for call, first in (("pwrite64", 1), ("pread64", 12), ("openat2", 1)):
            before = self.acked()
            code, said = self.append(count=3, before=strace(f"{call}:error=EINTR:when={first}+2"))
            self.assertEqual(code, 0, f"{call}: {said}")
            self.assertEqual(self.acked() - before, 3)
        self.assert_sound()

    def test_limit_on_file_size_refuses(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            import signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self.fresh()
        code, said = self.append(count=3, preexec_fn=small)
        self.assertEqual(code, 3, said)
        self.assertEqual(self.acked(), 0)
        # Without the limit the same folder works.
        code, said = self.append(count=3)
        self.assertEqual(code, 0, said)
        self.assert_sound()

    def test_full_disk_refuses_and_keeps_what_was_told(self):
        """A tmpfs of one and a half megabytes, in a mount namespace of its own."""
        script = f"""
set -e
mount -t tmpfs -o size=1500k none {self.log}
{VICTIM} append {self.log} {self.acks} 2 100000 2>{self.folder}/said && exit 9
df -k --output=avail {self.log} | tail -1
{VICTIM} check {self.log} {self.acks}
VICTIM_BOOT=00000000-0000-4000-8000-000000000005 {VICTIM} check {self.log} {self.acks}
"""
        self.acks.write_text("")
        done = subprocess.run(["unshare", "-rm", "sh", "-c", script], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
        said = (self.folder / "said").read_text() if (self.folder / "said").exists() else ""
        if "unshare" in done.stderr or "mount:" in done.stderr:
            self.skipTest("no mount namespace here: " + done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stderr + said)
        self.assertIn("disk.full", said)
        self.assertGreater(self.acked(), 100)


if __name__ == "__main__":
    main()
