"""N08-N10, N13, S17: other processes, and outliving the run."""

import os
import time
import unittest

from bench import AttackCase
from witness import Sleeper, processes_with, wait_until


class WithSleeper(AttackCase):
    def both(self, row, without=None, allowed=None, **arguments):
        for caged in (False, True):
            with self.subTest(caged=caged):
                bench = self.fresh()
                sleeper = Sleeper(os.path.join(bench.top, "signals"))
                try:
                    command = bench.victim_command(row, pid=sleeper.pid, pgid=sleeper.pid, **arguments)
                    run = bench.caged(command) if caged else bench.call(command)
                    untouched = sleeper.untouched()
                finally:
                    sleeper.close()
                if caged:
                    self.caged_probes(run, control, allowed)
                    self.assertTrue(untouched, str(run))
                else:
                    self.control_probes(run, without)
                    self.assertFalse(untouched, "the control reached its target")
                    control = run


class N08_ReachingProcesses(WithSleeper):
    def test_the_host_and_the_init_of_the_cage_are_out_of_reach(self):
        self.both("N08", without={".*-init": "the machine's init is closed to this user"})

    def test_the_init_of_the_cage_cannot_be_killed_or_stopped(self):
        started = time.monotonic()
        run = self.bench.caged([self.bench.victim, "N08-init"])
        self.assertEqual(run.code, 0, str(run))
        self.assertEqual(run.probes.get("went-on"), ("HAPPENED", "-"), str(run))
        self.assertLess(time.monotonic() - started, 10)


class N09_FilesOfTheInit(AttackCase):
    def test_none_can_be_read(self):
        # The control reads a process of the same user: who could read the init of the
        # cage, were it like any other process.
        sleeper = Sleeper(os.path.join(self.bench.top, "signals"))
        self.addCleanup(sleeper.close)
        control = self.bench.call(self.bench.victim_command("N09", of=sleeper.pid))
        self.control_probes(control, {
            ".*/(fd/0|stack|syscall|pagemap|ns/mnt|mem|root/etc/shadow)": "no plain file, or not for this user"})
        bench = self.fresh()
        caged = bench.caged(bench.victim_command("N09", of=1))
        self.caged_probes(caged, None)


class N10_HelperPrograms(AttackCase):
    def test_nothing_that_set_the_cage_up_can_be_opened(self):
        sleeper = Sleeper(os.path.join(self.bench.top, "signals"))
        self.addCleanup(sleeper.close)
        control = self.bench.call(self.bench.victim_command("N10", of=sleeper.pid))
        self.assertEqual(control.probes["read"][0], "HAPPENED", str(control))
        bench = self.fresh()
        caged = bench.caged(bench.victim_command("N10", of=1))
        self.caged_probes(caged, None)


class N13_Outliving(AttackCase):
    def beats(self, bench):
        return sum(os.path.getsize(os.path.join(bench.workspace, name))
                   for name in os.listdir(bench.workspace) if name.startswith("beat."))

    def test_no_daemon_is_left(self):
        for caged in (False, True):
            with self.subTest(caged=caged):
                bench = self.fresh()
                command = bench.victim_command("N13", beat="beat", seconds=4, mark=bench.token)
                run = bench.caged(command) if caged else bench.call(command)
                self.assertTrue(run.over, str(run))
                after = self.beats(bench)
                grew = wait_until(lambda: self.beats(bench) > after, 1.0)
                left = processes_with(bench.token)
                if caged:
                    self.assertFalse(grew, "something still writes")
                    self.assertEqual(left, [], "something still runs")
                    self.assertGreater(int(run.report["evidence"]["leftover_processes"]), 0)
                else:
                    self.assertTrue(grew and left, "the control left its daemons")
                    wait_until(lambda: not processes_with(bench.token), 10)

    def test_none_is_left_when_bailey_itself_is_killed(self):
        bench = self.bench
        started = bench.start(bench.cage_command(bench.victim_command(
            "N16-spin", seconds=20, processes=2, mark=bench.token)))
        self.addCleanup(started.communicate)
        self.assertTrue(wait_until(lambda: len(processes_with(bench.token)) >= 3, 10), "it runs")
        started.kill()
        started.wait()
        self.assertTrue(wait_until(lambda: not processes_with(bench.token), 5), processes_with(bench.token))


class S17_Signals(WithSleeper):
    def test_the_host_gets_none(self):
        self.both("S17")

    def test_killing_everything_ends_only_the_cage(self):
        bench = self.bench
        sleeper = Sleeper(os.path.join(bench.top, "signals"))
        self.addCleanup(sleeper.close)
        other = bench.start(bench.cage_command(["sleep", "4"]))
        run = bench.caged([bench.victim, "S17-kill-all"])
        self.assertTrue(sleeper.untouched())
        self.assertNotEqual(run.code, 120, str(run))
        out, err = other.communicate(timeout=20)
        self.assertEqual(other.returncode, 0, (out, err))

    def test_stopping_everything_does_not_stop_the_clock(self):
        started = time.monotonic()
        run = self.bench.caged([self.bench.victim, "S17-stop-all"], ["--time", "2s"])
        self.assertEqual(run.code, 124, str(run))
        self.assertLess(time.monotonic() - started, 6)


if __name__ == "__main__":
    unittest.main()
