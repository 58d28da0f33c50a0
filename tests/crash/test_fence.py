#!/usr/bin/env python3
"""The second place never speaks against a log that only crashed, and always against one put back."""
import os
import shutil

from scene import Scene, main
from test_kills import calls_of

CALLS = ["openat2", "pwrite64", "pread64", "fdatasync", "fsync", "ftruncate", "renameat2", "close"]
SECOND = 256  # bytes of a slot


class Fence(Scene):
    def setUp(self):
        super().setUp()
        self.fence = self.folder / "fence"
        os.environ["VICTIM_FENCE"] = str(self.fence)
        self.addCleanup(os.environ.pop, "VICTIM_FENCE")

    def fresh(self):
        super().fresh()
        shutil.rmtree(self.folder / "fence", ignore_errors=True)
        (self.folder / "fence").mkdir()

    def good(self, why, boot=None):
        judged = self.check(boot)
        self.assertEqual(judged.returncode, 0, f"{why}: {judged.stderr}")

    def trace(self, count):
        trace = self.folder / "trace"
        code, said = self.append(count=count, before=["strace", "-f", "-o", str(trace), "-e",
                                                      "trace=" + ",".join(CALLS)])
        self.assertEqual(code, 0, said)
        return calls_of(trace.read_text())

    def inject(self, what, prepare):
        prepare()
        counts, kills = self.trace(2), 0
        for call in CALLS:
            for n in range(1, counts[call] + 1):
                prepare()
                code, _ = self.append(count=2, before=["strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                                       f"trace={call}", "-e", f"inject={call}:{what}:when={n}"])
                kills += code != 0
                why = f"{what} at {call} number {n}"
                # In the same boot, and as after a reboot; and it goes on.
                self.good(why)
                self.good(why + ", after a reboot", boot=2)
                code, said = self.append(count=1)
                self.assertEqual(code, 0, f"{why}: {said}")
        return kills

    def test_a_new_log_killed_at_every_call(self):
        self.assertGreater(self.inject("signal=KILL", self.fresh), 20)

    def test_an_old_log_killed_at_every_call(self):
        def prepare():
            self.fresh()
            self.assertEqual(self.append(count=3)[0], 0)
        self.assertGreater(self.inject("signal=KILL", prepare), 20)

    def test_calls_that_fail_refuse_and_leave_it_good(self):
        def prepare():
            self.fresh()
            self.assertEqual(self.append(count=3)[0], 0)
        CALLS[:] = [call for call in CALLS if call != "close"]
        self.assertGreater(self.inject("error=EIO", prepare), 5)

    def test_a_power_loss_that_takes_what_was_not_synced(self):
        self.assertEqual(self.append(count=2)[0], 0)
        old = (self.fence / "head").read_bytes()
        self.assertEqual(self.append(count=5)[0], 0)
        new = (self.fence / "head").read_bytes()
        self.assertNotEqual(old, new)
        # Any mixture of old and new sectors, torn ones as well.
        for cut in range(0, SECOND, 32):
            for first, second in ((old, new), (new, old)):
                mixed = bytearray(first)
                for at in (0, 4096):
                    mixed[at:at + cut] = second[at:at + cut]
                whole = any(mixed[at:at + SECOND] in (old[at:at + SECOND], new[at:at + SECOND]) for at in (0, 4096))
                (self.fence / "head").write_bytes(mixed)
                judged = self.check(2)
                if whole:
                    self.assertEqual(judged.returncode, 0, judged.stderr)
                else:
                    self.assertIn("ledger.fence", judged.stderr)
        (self.fence / "head").write_bytes(new)
        self.good("as it was")

    def test_a_log_put_back_is_refused_whatever_was_killed_before(self):
        self.assertEqual(self.append(count=2)[0], 0)
        saved = self.folder / "saved"
        shutil.copytree(self.log, saved)
        code, _ = self.append(count=6, before=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64",
                                               "-e", "inject=pwrite64:signal=KILL:when=12"])
        self.assertNotEqual(code, 0)
        self.assertGreater(self.acked(), 2)
        for item in list(self.log.iterdir()):  # the folder itself stays: it is no copy
            shutil.rmtree(item) if item.is_dir() else item.unlink()
        shutil.copytree(saved, self.log, dirs_exist_ok=True)
        judged = self.check(2)
        self.assertNotEqual(judged.returncode, 0)
        self.assertIn("ledger.rolled_back", judged.stderr)
        code, said = self.append(count=1)
        self.assertEqual(code, 3, said)
        # The control: without the second place the log would go on.
        del os.environ["VICTIM_FENCE"]
        code, said = self.append(count=1)
        os.environ["VICTIM_FENCE"] = str(self.fence)
        self.assertEqual(code, 0, said)


if __name__ == "__main__":
    main()
