"""F18, N14, N15, N16: processes, memory, disk, CPU and output are taken by the limit."""

import os
import threading
import time
import unittest

import bench as bench_module
from bench import SLOWNESS, AttackCase
from witness import processes_with, wait_until

MIB = 1 << 20


class LoadCase(AttackCase):
    def progress(self, bench):
        path = os.path.join(bench.workspace, "progress")
        if not os.path.exists(path):
            return 0
        with open(path, encoding="ascii") as file:
            return int(file.read().strip() or 0)

    def limit(self, run, kind):
        """How the report tells what was made of a limit."""
        limits = {entry["kind"] if "kind" in entry else entry["name"]: entry
                  for entry in run.report["evidence"]["limits"]}
        self.assertIn(kind, limits, str(run))
        return limits[kind]

    def ended_or_refused(self, run, row_probe):
        """Either the whole run was ended by the limit, or the attempt was refused."""
        if run.code == 124:
            # A refusal that the program survived for a moment ends the run too.
            refused = run.probes.get(row_probe, [""])[0] == "DENIED"
            self.assertTrue(refused or not run.over, str(run))
            return
        self.assertEqual(run.code, 0, str(run))
        self.assertEqual(run.probes[row_probe][0], "DENIED", str(run))


class N14_Processes(LoadCase):
    LIMIT = 64

    @property
    def beyond(self):
        """Without namespaces the kernel counts all processes of the user, with room for others'."""
        return 64 if bench_module.BARE else 0

    def bomb(self, row, probe, **arguments):
        values = {"progress": "progress", "count": 1500, **arguments}
        control = self.bench.call(self.bench.victim_command(row, **values))
        self.assertEqual(control.probes[probe][0], "HAPPENED", str(control))
        self.assertEqual(self.progress(self.bench), 1500)
        bench = self.fresh()
        run = bench.caged(bench.victim_command(row, mark=bench.token, **values),
                          ["--processes", str(self.LIMIT)])
        self.ended_or_refused(run, probe)
        self.assertLessEqual(self.progress(bench), self.LIMIT + self.beyond)
        self.assertEqual(processes_with(bench.token), [])
        self.assertEqual(int(self.limit(run, "processes")["effective"]), self.LIMIT)

    def test_forking_stops_at_the_limit(self):
        self.bomb("N14-fork", "processes")

    def test_a_bomb_that_stays_ends_with_its_whole_tree(self):
        bench = self.fresh()
        run = bench.caged(bench.victim_command("N14-fork", progress="progress", count=1500, hold=3,
                                               mark=bench.token),
                          ["--processes", str(self.LIMIT)])
        self.assertEqual(run.code, 124, str(run))
        self.assertIn("limit.processes", run.err, str(run))
        self.assertEqual(processes_with(bench.token), [])

    def test_threads_count_too(self):
        self.bomb("N14-threads", "threads")

    def test_a_tree_that_grows_by_itself_is_ended_and_bailey_answers_meanwhile(self):
        bench = self.bench
        running = bench.start(bench.cage_command(
            bench.victim_command("N14-tree", depth=40, mark=bench.token),
            ["--processes", "200", "--time", "4s"]))
        most, slowest = 0, 0.0
        while running.poll() is None:
            most = max(most, len(processes_with(bench.token)))
            begin = time.monotonic()
            bench.bailey("kill", "status")
            slowest = max(slowest, time.monotonic() - begin)
        out, err = running.communicate()
        self.assertEqual(running.returncode, 124, (out, err))
        self.assertIn(b"limit.processes", err)
        self.assertLessEqual(most, 210 + self.beyond)
        self.assertLess(slowest, 1.0 * SLOWNESS, "bailey answered within a second")
        self.assertTrue(wait_until(lambda: processes_with(bench.token) == [], 3))

    def test_another_cage_is_untouched(self):
        bench = self.bench
        bomb = bench.start(bench.cage_command(
            bench.victim_command("N14-fork", progress="progress", count=1500, hold=2),
            ["--processes", "64"]))
        other = bench.caged(["sh", "-c", "true"], ["--processes", "64"])
        plain = bench.caged([bench.victim, "N14-fork", "progress=other", "count=40"], ["--processes", "64"])
        bomb.communicate(timeout=60)
        self.assertIn(other.code, (0, 122), str(other))
        self.assertEqual(plain.probes["processes"][0], "HAPPENED", str(plain))


class N15_Memory(LoadCase):
    LIMIT, WANTED = 128, 640

    def fill(self, row, place="/tmp"):
        values = {"progress": "progress", "mib": self.WANTED, "place": place}
        control = self.bench.call(self.bench.victim_command(row, **values))
        probe = row.split("-", 1)[1]
        self.assertEqual(control.probes[probe][0], "HAPPENED", str(control))
        bench = self.fresh()
        started = time.monotonic()
        run = bench.caged(bench.victim_command(row, mark=bench.token, **values),
                          ["--memory", f"{self.LIMIT}M", "--time", "30s"])
        self.assertLess(time.monotonic() - started, 20 * SLOWNESS)
        self.ended_or_refused(run, probe)
        effective = self.limit(run, "memory")
        self.assertEqual(int(effective["effective"]), self.LIMIT * MIB)
        # A polled limit says by how much it was passed; what it says must be true.
        slack = 8 + int(effective.get("overshoot", 0)) // MIB + (32 if effective["class"] == "polled" else 0)
        self.assertLessEqual(self.progress(bench), self.LIMIT + slack, str(run))
        self.assertEqual(processes_with(bench.token), [], "the whole tree is gone")

    def test_anonymous(self):
        self.fill("N15-anonymous")

    def test_shared(self):
        self.fill("N15-shared")

    def test_memfd(self):
        self.fill("N15-memfd")

    def test_files_in_the_private_tmp(self):
        self.fill("N15-tmpfs", "/tmp")

    def test_files_in_dev_shm(self):
        self.fill("N15-tmpfs", "/dev/shm")

    def test_system_v_segments(self):
        self.fill("N15-sysv")

    def test_system_v_segments_that_nobody_has_in_view(self):
        self.fill("N15-detached")

    def test_spread_over_many_processes(self):
        self.fill("N15-forked")


class N16_Cpu(LoadCase):
    def test_cpu_time_of_all_processes_together(self):
        bench = self.bench
        command = bench.victim_command("N16-spin", seconds=6, processes=2)
        started = time.monotonic()
        run = bench.caged(command, ["--cpu-time", "1s"])
        self.assertEqual(run.code, 124, str(run))
        self.assertLess(time.monotonic() - started, 4 * SLOWNESS)
        self.assertTrue(self.limit(run, "cpu_time")["hit"])

    def test_wall_time(self):
        started = time.monotonic()
        run = self.bench.caged(["sleep", "20"], ["--time", "1s"])
        self.assertEqual(run.code, 124, str(run))
        self.assertLess(time.monotonic() - started, 3 * SLOWNESS)

    def test_a_share_of_the_cpus(self):
        bench = self.bench
        run = bench.caged(bench.victim_command("N16-spin", seconds=2, processes=2), ["--cpus", "0.5"])
        if run.code == 120:
            self.assertIn("cpu", run.err.lower())
            self.skipTest("no group holds the share of CPUs here, and Bailey refused to run without")
        self.assertEqual(run.code, 0, str(run))
        used = int(self.limit(run, "cpu_time")["used"]) if any(
            "cpu_time" in str(entry) for entry in run.report["evidence"]["limits"]) else None
        if used is not None:
            self.assertLess(used, 1.6e9, "0.5 CPUs for 2 s")


class F18_Disk(LoadCase):
    LIMIT, WANTED = 48, 400

    def size(self, directory):
        total = 0
        for where, _, names in os.walk(directory):
            for name in names:
                total += os.lstat(os.path.join(where, name)).st_blocks * 512
        return total // MIB

    def test_the_workspace_is_not_filled(self):
        values = {"progress": "/dev/null", "mib": self.WANTED, "place": "."}
        control = self.bench.call(self.bench.victim_command("F18-disk", **values))
        self.assertEqual(control.probes["disk"][0], "HAPPENED", str(control))
        self.assertGreaterEqual(self.size(self.bench.workspace), self.WANTED)
        bench = self.fresh()
        run = bench.caged(bench.victim_command("F18-disk", **values), ["--disk", f"{self.LIMIT}M"])
        self.ended_or_refused(run, "disk")
        report = self.limit(run, "disk")
        self.assertEqual(int(report["effective"]), self.LIMIT * MIB)
        overshoot = int(report.get("overshoot", 0)) // MIB
        self.assertLessEqual(self.size(bench.workspace), self.LIMIT + overshoot + 24, str(run))
        self.assertLess(self.size(bench.workspace), self.WANTED)

    def test_the_private_tmp_is_sized(self):
        if bench_module.BARE:
            self.skipTest("lost without namespaces: a size of the run's own folder")
        bench = self.bench
        run = bench.caged(bench.victim_command("F18-disk", progress="/dev/null", mib=2048, place="/tmp"),
                          ["--memory", "4G"])
        self.ended_or_refused(run, "disk")

    def test_a_tree_deeper_than_a_path_can_name_harms_nobody(self):
        bench = self.bench
        run = bench.caged(bench.victim_command("F18-deep"))
        self.assertEqual(run.code, 0, str(run))
        again = bench.caged(["true"])
        self.assertEqual(again.code, 0, str(again))

    def test_very_many_files_harm_nobody(self):
        bench = self.bench
        run = bench.caged(bench.victim_command("F18-inodes", count=20000))
        self.assertIn(run.code, (0, 124), str(run))
        again = bench.caged(["true"])
        self.assertEqual(again.code, 0, str(again))


class OutputFlood(LoadCase):
    def test_more_than_the_limit_ends_the_run_and_no_more_arrives(self):
        bench = self.bench
        control = bench.call([bench.victim, "output", "mib=64"])
        self.assertGreater(len(control.out), 64 * MIB)
        run = bench.caged([bench.victim, "output", "mib=64"], ["--output", "8M"])
        self.assertEqual(run.code, 124, run.err[-500:])
        self.assertLessEqual(len(run.out), 8 * MIB)
        self.assertTrue(self.limit(run, "output")["hit"])

    def test_a_reader_that_never_reads_does_not_make_bailey_grow(self):
        bench = self.bench
        running = bench.start(bench.cage_command([bench.victim, "output", "mib=512"], ["--time", "4s"]))
        peak = 0
        done = threading.Event()

        def watch():
            nonlocal peak
            while not done.wait(0.05):
                try:
                    with open(f"/proc/{running.pid}/statm", encoding="ascii") as file:
                        peak = max(peak, int(file.read().split()[1]) * 4096)
                except OSError:
                    return
        watcher = threading.Thread(target=watch)
        watcher.start()
        # Nobody reads the pipe until the run is over or its time is up.
        wait_until(lambda: running.poll() is not None, 3)
        done.set()
        watcher.join()
        running.communicate(timeout=20)
        self.assertGreater(peak, 0)
        self.assertLess(peak, 64 * MIB)


if __name__ == "__main__":
    unittest.main()
