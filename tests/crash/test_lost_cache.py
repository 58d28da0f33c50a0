#!/usr/bin/env python3
"""Power goes: what was not synced is on the disk in part, in any order, torn at sectors.

A run is watched once: what it wrote to the journal, when a sync returned, when an entry was
acknowledged. From that the disks are made that a power loss could have left: everything up to
the last sync that had returned, and of the rest any sectors of 512 bytes. Each must open, in the
next boot, with all that was acknowledged by then, and go on. The published files are those from
before: they are never synced on the way, and are made again.
"""
import random
import re
import shutil
import unittest

from scene import Scene, main

SECTOR = 512
SEGMENT = "journal/00000000"
CALL = re.compile(r'(?:\d+ +)?(pwrite64|write|fdatasync)\((\d+)(.*)\) += (-?\d+)')


def said_bytes(text):
    """The bytes of a string as strace -xx writes it."""
    return bytes(int(pair, 16) for pair in re.findall(r"\\x([0-9a-f]{2})", text))


class LostCache(Scene):
    def setUp(self):
        super().setUp()
        code, said = self.append(count=3)
        self.assertEqual(code, 0, said)
        self.kept = self.folder / "kept"
        shutil.copytree(self.log, self.kept)
        self.old = (self.log / SEGMENT).read_bytes()
        self.old_acks = self.acks.read_text()
        # Alone in its sectors, and over several of them.
        self.events = self.watch(count=6, size=0) + self.watch(count=4, size=2500)

    def watch(self, count, size):
        """Of one run: ("write", offset, bytes), ("sync",) and ("ack", line), in their order."""
        trace = self.folder / "trace"
        code, said = self.append(count=count, size=size, before=[
            "strace", "-f", "-y", "-xx", "-s", "1000000", "-o", str(trace), "-e",
            "trace=pwrite64,write,fdatasync"])
        self.assertEqual(code, 0, said)
        segment, acks = str(self.log / SEGMENT), str(self.acks)
        events = []
        for line in trace.read_text(encoding="ascii").splitlines():
            line = re.sub(r"(\d+)<((?:\\x[0-9a-f]{2})+)>",
                          lambda m: f"{m[1]}<{said_bytes(m[2]).decode()}>", line, count=1)
            found = CALL.search(line)
            if found is None or int(found[4]) < 0:
                continue
            call, rest = found[1], found[3]
            if f"<{segment}>" in rest and call == "fdatasync":
                events.append(("sync",))
            elif f"<{segment}>" in rest and call == "pwrite64":
                content, offset = re.search(r'"((?:\\x[0-9a-f]{2})*)", \d+, (\d+)$', rest).groups()
                events.append(("write", int(offset), said_bytes(content)))
            elif f"<{acks}>" in rest and call == "write":
                events.append(("ack", said_bytes(rest).decode()))
        self.assertEqual([e[0] for e in events].count("ack"), count)
        self.assertEqual([e[0] for e in events].count("sync"), count)
        return events

    def disks(self, chance):
        """(why, journal, acknowledged) of every disk that is tried."""
        for point in range(len(self.events) + 1):
            past = self.events[:point]
            synced = max((i for i, e in enumerate(past) if e[0] == "sync"), default=-1)
            sure = [e for e in past[:synced + 1] if e[0] == "write"]
            loose = [e for e in past[synced + 1:] if e[0] == "write"]
            acks = "".join(e[1] for e in past if e[0] == "ack")
            disk = bytearray(self.old)
            for _, offset, content in sure:
                disk[offset:offset + len(content)] = content
            full = bytearray(disk)
            for _, offset, content in loose:
                full[offset:offset + len(content)] = content
            sectors = sorted({at for _, offset, content in loose
                              for at in range(offset // SECTOR, (offset + len(content) - 1) // SECTOR + 1)})
            subsets = [(), tuple(sectors)]
            subsets += [tuple(s for s in sectors if s != lost) for lost in sectors]
            subsets += [(only,) for only in sectors]
            subsets += [tuple(s for s in sectors if chance.random() < 0.5) for _ in range(4)]
            for kept in sorted(set(subsets)):
                image = bytearray(disk)
                for sector in kept:
                    span = slice(sector * SECTOR, (sector + 1) * SECTOR)
                    image[span] = full[span]
                yield f"after event {point}, sectors {kept} of {sectors}", bytes(image), acks

    def put(self, journal, acks):
        shutil.rmtree(self.log)
        shutil.copytree(self.kept, self.log)
        (self.log / SEGMENT).write_bytes(journal)
        self.acks.write_text(self.old_acks + acks)

    def test_whatever_is_left_of_the_cache_nothing_acknowledged_is_lost(self):
        tried = partly = 0
        for why, journal, acks in self.disks(random.Random(11)):
            self.put(journal, acks)
            self.assert_sound(why, boot=2)
            code, said = self.append(count=1)
            self.assertEqual(code, 0, f"{why}: {said}")
            self.assert_sound(why + ", after going on", boot=3)
            tried += 1
            partly += journal not in (self.old, (self.kept / SEGMENT).read_bytes())
        self.assertGreater(tried, 60)
        self.assertGreater(partly, 40)

    def test_a_sync_that_lied_is_seen(self):
        """The control: where a synced entry is not on the disk, the judge does say so."""
        last = max(i for i, e in enumerate(self.events) if e[0] == "sync")
        acks = "".join(e[1] for e in self.events[:last + 2] if e[0] == "ack")
        self.assertGreater(len(acks.splitlines()), 3)
        self.put(self.old, acks)
        self.assert_refused("check.lost", boot=2)


if __name__ == "__main__":
    main()
