#!/usr/bin/env python3
"""The journal cut at every byte, every byte of it flipped, files missing: never a lie.

A log may open and hold everything that was acknowledged, or refuse with a reason. It may
never open with less (check.lost), or sign something else (check.root).
"""
import os
import shutil
import unittest

from scene import Scene, main

SEGMENT = "journal/00000000"
HONEST = ("log.corrupt", "log.rollback", "log.key")


class Bytes(Scene):
    def setUp(self):
        super().setUp()
        code, said = self.append(count=4)
        self.assertEqual(code, 0, said)
        self.kept = self.folder / "kept"
        shutil.copytree(self.log, self.kept)
        self.whole = (self.kept / SEGMENT).read_bytes()
        self.used = len(self.whole.rstrip(b"\0"))
        self.assertGreater(self.used, 1000)

    def restore(self, without=()):
        shutil.rmtree(self.log)
        shutil.copytree(self.kept, self.log)
        for name in without:
            target = self.log / name
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink()

    def judge(self, why, boot):
        """Whether it opened; fails the test when it lied."""
        done = self.check(boot)
        if done.returncode == 0:
            return True
        self.assertEqual(done.returncode, 1, f"{why}: {done.stderr}")
        self.assertTrue(any(code + ":" in done.stderr for code in HONEST), f"{why}: {done.stderr}")
        return False

    def test_cut_anywhere_a_shorter_log_than_was_published_is_refused(self):
        for at in range(0, self.used + 8, 1):
            self.restore()
            os.truncate(self.log / SEGMENT, at)
            opened = self.judge(f"cut at {at}", boot=None if at % 2 else 2)
            # The last frame is padded with zeros: cutting only those loses nothing.
            self.assertEqual(opened, at >= self.used, f"cut at {at}")

    def test_cut_anywhere_without_any_memory_a_prefix_is_left(self):
        acks = self.acks.read_text()
        sizes = set()
        for at in range(0, self.used + 8, 1):
            self.restore(without=["control", "checkpoint", "tile"])
            os.truncate(self.log / SEGMENT, at)
            self.acks.write_text("")
            said = self.assert_sound(f"cut at {at}", boot=2)
            sizes.add(int(said.split()[-2]))
        self.acks.write_text(acks)
        self.assertEqual(sizes, {0, 1, 2, 3, 4})

    def test_flipped_anywhere_it_is_noticed(self):
        opened = 0
        for at in range(self.used):
            self.restore()
            rotten = bytearray(self.whole)
            rotten[at] ^= 1 << (at % 8)
            (self.log / SEGMENT).write_bytes(rotten)
            opened += self.judge(f"flipped at {at}", boot=None if at % 2 else 2)
        # Through the shared page only the newest head and what is read is looked at: the
        # bits of older heads and beginnings are found by `log verify`.
        self.assertLess(opened, self.used / 2)

    def test_flipped_anywhere_the_next_boot_refuses_or_has_everything(self):
        for at in range(0, self.used, 3):
            self.restore(without=["control"])
            rotten = bytearray(self.whole)
            rotten[at] ^= 0x80 >> (at % 8)
            (self.log / SEGMENT).write_bytes(rotten)
            self.judge(f"flipped at {at}", boot=2)

    def test_rot_behind_the_end_is_cleared(self):
        self.restore()
        noise = bytearray(self.whole)
        noise[self.used + 100:self.used + 5000] = os.urandom(4900)
        (self.log / SEGMENT).write_bytes(noise)
        self.assert_sound("noise", boot=2)
        left = (self.log / SEGMENT).read_bytes().rstrip(b"\0")
        self.assertEqual(left, self.whole.rstrip(b"\0"))

    def test_missing_derived_files_are_made_again(self):
        for name in ("checkpoint", "tile", "control", "tile/0", "tile/entries"):
            self.restore(without=[name])
            self.assert_sound(f"without {name}", boot=2)
            self.assertTrue((self.log / name).exists(), name)

    def test_missing_segment_is_refused(self):
        code, said = self.append(count=1500)
        self.assertEqual(code, 0, said)
        segments = sorted(p.name for p in (self.log / "journal").iterdir())
        self.assertGreater(len(segments), 4)
        shutil.rmtree(self.kept)
        shutil.copytree(self.log, self.kept)
        # The last two are the one in use and perhaps one prepared.
        for name in segments[:-2]:
            self.restore(without=["journal/" + name])
            self.assert_refused("log.", f"without {name}", boot=2)

    def test_a_log_of_another_time_is_not_taken_for_the_newest(self):
        code, said = self.append(count=3)
        self.assertEqual(code, 0, said)
        self.restore_journal_only()
        self.assert_refused("log.", "an old journal under a newer checkpoint", boot=2)

    def restore_journal_only(self):
        shutil.rmtree(self.log / "journal")
        shutil.copytree(self.kept / "journal", self.log / "journal")


if __name__ == "__main__":
    main()
