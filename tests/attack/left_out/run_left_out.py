#!/usr/bin/env python3
"""Proves that no test is blind: each layer is left out once, and that must be noticed.

  run_left_out.py --bin DIR --wardens DIR --victim FILE [--results FILE] [LAYER...]

DIR of --bin holds bailey; DIR of --wardens holds LAYER/BUILD/bailey-warden, built from edited
copies of the warden's sources (layers.py, edit.py). --results writes one line of JSON a test."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SUITE = os.path.dirname(HERE)
sys.path.insert(0, SUITE)
sys.path.insert(1, HERE)

import attacks
import bench
import run_attacks
from layers import LAYERS

OPTIONS = None
# A test that fails with Bailey's own code when no cage stands.
ANY_RUN = "test_evidence.E02_Proof.test_every_layer_is_proven_and_the_receipt_says_so"
# Probes that attack something which exists in a cage only, or is open to everybody without one.
WITHOUT_CONTROL = {"write_in_the_root", "read_in_the_root"}


def programs(layer, build, top):
    """A folder with bailey and this warden: bailey takes the one that lies beside it."""
    place = os.path.join(top, f"{layer.name}-{build}")
    os.makedirs(place, exist_ok=True)
    for name in ("bailey", "bailey-verify"):
        shutil.copy(os.path.join(OPTIONS.bin, name), place)
    shutil.copy(os.path.join(OPTIONS.wardens, layer.name, build, "bailey-warden"), place)
    return place


class LeftOut(bench.AttackCase):
    def run_with(self, place, command, options=(), **more):
        kept, bench.BIN = bench.BIN, place
        try:
            return self.bench.caged(command, options, **more)
        finally:
            bench.BIN = kept

    def outcome_of(self, layer, place, test):
        """What came of one test of the suite with these programs."""
        results = os.path.join(self.bench.top, "results")
        bare = ["--without-user-namespaces"] if layer.bare else []
        done = subprocess.run(
            [sys.executable, "-B", os.path.join(SUITE, "run_attacks.py"), "--bin", place,
             "--victim", OPTIONS.victim, "--results", results, *bare, test],
            cwd=SUITE, capture_output=True, text=True, timeout=280, check=False)
        with open(results, encoding="utf-8") as file:
            outcomes = [json.loads(line) for line in file]
        os.unlink(results)
        self.assertEqual(len(outcomes), 1, done.stderr[-3000:])
        self.assertNotEqual(outcomes[0]["outcome"], "skipped", outcomes[0]["why"])
        return outcomes[0]

    def attacked(self, layer, place):
        """(whether the attack was noticed to get through, what was said)"""
        if not layer.attack.startswith("probe:"):
            found = self.outcome_of(layer, place, layer.attack)
            # It must be the attack that is seen, not a run that came to nothing.
            self.assertNotIn("cage.", found["why"], "the cage did not stand")
            return found["outcome"] == "failed", found["why"]
        name = layer.attack.removeprefix("probe:")
        kept, bench.BIN = bench.BIN, place
        try:
            through, run = attacks.gets_through(self.bench, name)
        finally:
            bench.BIN = kept
        self.assertNotIn(run.code, (120, 121, 122, 127), str(run))
        return through, str(run)


def add_tests():
    for layer in LAYERS:
        word = layer.name.replace(".", "_")

        def canary(self, layer=layer):
            place = programs(layer, "unapplied", self.bench.top)
            if layer.bare:
                refused = self.outcome_of(layer, place, ANY_RUN)
                self.assertEqual(refused["outcome"], "failed", f"it ran without {layer.name}")
                self.assertIn("120 != 0", refused["why"])
                whole = self.outcome_of(layer, OPTIONS.bin, ANY_RUN)
                self.assertEqual(whole["outcome"], "passed", whole["why"])
                return
            mark = os.path.join(self.bench.workspace, "ran")
            run = self.run_with(place, ["touch", mark])
            self.assertFalse(os.path.exists(mark), f"it ran without {layer.name}\n{run}")
            self.assertEqual(run.code, 120, str(run))
            self.assertEqual(self.bench.caged(["touch", mark]).code, 0, "the whole one works")

        def attack(self, layer=layer):
            if not layer.blind:
                self.skipTest(layer.why)
            if layer.root_only and not bench.IS_ROOT:
                self.skipTest("the attack is refused to an ordinary user without a cage as well")
            probe = layer.attack.removeprefix("probe:")
            if layer.attack.startswith("probe:") and probe not in WITHOUT_CONTROL:
                control = attacks.control(self.bench, probe)
                self.assertEqual(control.code, 0, f"no control\n{control}")
            through, said = self.attacked(layer, programs(layer, "blind", self.bench.top))
            self.assertTrue(through, f"{layer.attack} does not notice that {layer.name} is gone\n{said}")
            whole = programs(layer, "front", self.bench.top) if layer.front else OPTIONS.bin
            through, said = self.attacked(layer, whole)
            self.assertFalse(through, f"{layer.attack} does not need {layer.name} to get through\n{said}")

        setattr(LeftOut, f"test_{word}_is_noticed_by_its_canary", canary)
        setattr(LeftOut, f"test_{word}_is_noticed_by_an_attack", attack)


def main():
    global OPTIONS
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--wardens", required=True)
    parser.add_argument("--victim", required=True)
    parser.add_argument("--results")
    parser.add_argument("layers", nargs="*")
    OPTIONS = parser.parse_args()
    for name in ("bin", "wardens", "victim"):
        setattr(OPTIONS, name, os.path.abspath(getattr(OPTIONS, name)))
    bench.BIN, bench.VICTIM = OPTIONS.bin, OPTIONS.victim
    add_tests()
    words = [name.replace(".", "_") for name in OPTIONS.layers]
    suite = unittest.TestSuite(
        test for test in unittest.defaultTestLoader.loadTestsFromTestCase(LeftOut)
        if not words or any(f"test_{word}_is" in test.id() for word in words))
    result = unittest.TextTestRunner(verbosity=2, resultclass=run_attacks.Reasons).run(suite)
    if OPTIONS.results:
        run_attacks.write_results(OPTIONS.results, result)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
