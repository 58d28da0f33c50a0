#!/usr/bin/env python3
"""Runs the attack suite (tests/attack/README.md).

  run_attacks.py --bin DIR --victim FILE [--results FILE] [--accept LAYER]...
                 [MODULE[.CLASS[.TEST]]...]

DIR holds bailey, bailey-warden and bailey-verify; FILE is the victim program. --results
writes one line of JSON a test. --accept runs every cage that names no policy of its own
under the default policy with the loss of this layer accepted by name."""

import argparse
import json
import os
import sys
import time
import unittest

import bench

MODULES = ["test_files", "test_processes", "test_privilege", "test_calls", "test_network",
           "test_load", "test_evidence"]


class Reasons(unittest.TextTestResult):
    """Says why something was skipped, at once and in the same place, and keeps what came
    of each test."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.outcomes = {}
        self.seconds = {}

    def startTest(self, test):
        super().startTest(test)
        self.seconds[test.id()] = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        self.seconds[test.id()] = round(time.monotonic() - self.seconds[test.id()], 2)

    def note(self, test, outcome, why=""):
        # A failed part of a test is the test's; "failed" is never taken back.
        name = getattr(test, "test_case", test).id()
        if self.outcomes.get(name, ("", ""))[0] != "failed":
            self.outcomes[name] = (outcome, why[-4000:])

    def addSkip(self, test, reason):
        super(unittest.TextTestResult, self).addSkip(test, reason)
        self.stream.writeln(f"skipped: {reason}")
        self.stream.flush()
        self.note(test, "skipped", reason)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test, "passed")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "failed", self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "failed", self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(test, "failed", (self.failures + self.errors)[-1][1])


def write_results(path, result):
    with open(path, "w", encoding="utf-8") as file:
        for name, (outcome, why) in result.outcomes.items():
            file.write(json.dumps({"id": name, "outcome": outcome, "why": why,
                                   "seconds": result.seconds.get(name)}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="")
    parser.add_argument("--victim", required=True)
    parser.add_argument("--results")
    parser.add_argument("--accept", action="append", default=[])
    parser.add_argument("tests", nargs="*", default=[])
    options = parser.parse_args()
    bench.BIN = os.path.abspath(options.bin)
    bench.VICTIM = os.path.abspath(options.victim)
    bench.ACCEPTED = options.accept
    if not os.access(os.path.join(bench.BIN, "bailey"), os.X_OK):
        sys.exit(f"no bailey in {bench.BIN}")
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    suite = unittest.defaultTestLoader.loadTestsFromNames(options.tests or MODULES)
    result = unittest.TextTestRunner(verbosity=2, resultclass=Reasons).run(suite)
    if options.results:
        write_results(options.results, result)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
