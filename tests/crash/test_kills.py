#!/usr/bin/env python3
"""The log survives SIGKILL at every system call, alone and in company."""
import collections
import os
import random
import re
import shutil
import signal
import time

from scene import Scene, main

# Everything that the way of an entry can change something with, or learn something by.
CALLS = ["openat2", "pwrite64", "pread64", "write", "fdatasync", "fsync", "fcntl", "fallocate",
         "ftruncate", "linkat", "unlinkat", "renameat", "renameat2", "mkdirat", "mmap", "close", "futex"]


def calls_of(trace):
    counts = collections.Counter()
    for line in trace.splitlines():
        found = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if found:
            counts[found.group(1)] += 1
    return counts


class Kills(Scene):
    def counts(self, **options):
        trace = self.folder / "trace"
        code, said = self.append(before=["strace", "-f", "-o", str(trace), "-e",
                                         "trace=" + ",".join(CALLS)], **options)
        self.assertEqual(code, 0, said)
        return calls_of(trace.read_text())

    def kill_everywhere(self, prepare, count, calls=CALLS):
        prepare()
        counts = self.counts(count=count)
        self.assertGreater(counts["fdatasync"], 1)
        kills = lost = 0
        for call in calls:
            for n in range(1, counts[call] + 1):
                prepare()
                before = self.acked()
                code, _ = self.append(count=count, before=[
                    "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                    f"inject={call}:signal=KILL:when={n}"])
                why = f"killed at {call} number {n}"
                kills += code != 0
                lost += self.acked() - before < count
                self.assert_served(why)
                # Twice: in the same boot, by the shared page; and as after a reboot.
                copy = self.folder / "copy"
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(self.log, copy)
                self.assert_sound(why)
                shutil.rmtree(self.log)
                copy.rename(self.log)
                self.assert_sound(why + ", after a reboot", boot=2)
                # And it goes on: in the end everything acknowledged is still there.
                code, said = self.append(count=1)
                self.assertEqual(code, 3 if "key" in said else 0, f"{why}: {said}")
                self.assert_sound(why + ", after going on")
        # The positive control: the kills did happen, and did cost entries.
        self.assertGreater(kills, sum(counts[c] for c in ("pwrite64", "fdatasync")))
        self.assertGreater(lost, 10)

    def test_killed_while_the_log_is_made(self):
        self.kill_everywhere(self.fresh, count=2)

    def test_killed_while_an_old_log_grows(self):
        code, said = self.append(count=3)
        self.assertEqual(code, 0, said)
        kept = self.folder / "kept"
        shutil.copytree(self.log, kept)
        acks = self.acks.read_text()

        def prepare():
            shutil.rmtree(self.log)
            shutil.copytree(kept, self.log)
            self.acks.write_text(acks)
        self.kill_everywhere(prepare, count=2)

    def test_killed_while_a_tile_gets_full(self):
        """The folders of partial tiles change places, and files are written over."""
        for count in (4, 250):
            code, said = self.append(count=count)
            self.assertEqual(code, 0, said)
        self.assertEqual(self.assert_served(), 254)
        kept = self.folder / "kept"
        shutil.copytree(self.log, kept)
        acks = self.acks.read_text()

        def prepare():
            shutil.rmtree(self.log)
            shutil.copytree(kept, self.log)
            self.acks.write_text(acks)
        # Of the calls that publishing makes: the others are those of the tests above.
        self.kill_everywhere(prepare, count=4, calls=["openat2", "pwrite64", "ftruncate", "linkat",
                                                      "unlinkat", "renameat2", "mkdirat", "close"])

    def test_processes_and_threads_killed_at_random(self):
        chance = random.Random(7)
        killed = 0
        for round_number in range(6):
            running = [self.start(count=1500, threads=chance.choice([1, 3])) for _ in range(5)]
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                time.sleep(chance.uniform(0.01, 0.1))
                victim = chance.randrange(len(running))
                if running[victim].poll() is None:
                    running[victim].send_signal(signal.SIGKILL)
                    killed += 1
                running[victim].communicate()
                running[victim] = self.start(count=1500, threads=2)
            for each in running:
                _, said = each.communicate(timeout=60)
                self.assertEqual(each.returncode, 0, said)
            self.assert_sound(f"round {round_number}")
        self.assertGreater(killed, 20)
        self.assertGreater(self.acked(), 5000)
        self.assert_sound("as after a reboot", boot=3)

    def test_a_hundred_processes_make_one_log(self):
        running = [self.start(count=20) for _ in range(100)]
        for each in running:
            _, said = each.communicate(timeout=120)
            self.assertEqual(each.returncode, 0, said)
        self.assertEqual(self.acked(), 2000)
        indexes = {line.split()[0] for line in self.acks.read_text().splitlines()}
        self.assertEqual(len(indexes), 2000)
        self.assertEqual(self.assert_served(), 2000)
        self.assert_sound()
        self.assert_sound("as after a reboot", boot=2)

    def test_stopped_writer_makes_others_refuse_in_time(self):
        """A process stopped while it holds the log costs the others a refusal, not a hang."""
        holder = self.start(count=100000)
        try:
            while self.acked() < 5:
                time.sleep(0.01)
            # Stopped at a random moment it seldom holds a lock: try until it does.
            for _ in range(200):
                holder.send_signal(signal.SIGSTOP)
                if self.holds_a_turn():
                    break
                holder.send_signal(signal.SIGCONT)
                time.sleep(0.003)
            else:
                self.skipTest("the holder was never caught with a lock")
            begin = time.monotonic()
            code, said = self.append(count=1)
            self.assertEqual(code, 3, said)
            self.assertIn("log.busy", said)
            self.assertLess(time.monotonic() - begin, 60)
        finally:
            holder.send_signal(signal.SIGCONT)
            holder.kill()
            holder.communicate()
        self.assert_sound()

    def holds_a_turn(self):
        """Whether bytes 0 or 1 of the control file are locked, as the kernel tells it."""
        inode = os.stat(self.log / "control").st_ino
        with open("/proc/locks", encoding="ascii") as locks:
            for line in locks:
                words = line.split()
                if "->" in words or "OFDLCK" not in words:
                    continue
                if words[-3].endswith(f":{inode}") and words[-2] in ("0", "1"):
                    return True
        return False


if __name__ == "__main__":
    main()
