#!/usr/bin/env python3
"""Runs the attack suite (tests/attack/README.md).

  run_attacks.py --bin DIR --victim FILE [MODULE[.CLASS[.TEST]]...]

DIR holds bailey, bailey-warden and bailey-verify; FILE is the victim program."""

import argparse
import os
import sys
import unittest

import bench

MODULES = ["test_files", "test_processes", "test_privilege", "test_calls", "test_network",
           "test_load", "test_evidence"]


class Reasons(unittest.TextTestResult):
    """Says why something was skipped, at once and in the same place."""

    def addSkip(self, test, reason):
        super(unittest.TextTestResult, self).addSkip(test, reason)
        self.stream.writeln(f"skipped: {reason}")
        self.stream.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="")
    parser.add_argument("--victim", required=True)
    parser.add_argument("tests", nargs="*", default=[])
    options = parser.parse_args()
    bench.BIN = os.path.abspath(options.bin)
    bench.VICTIM = os.path.abspath(options.victim)
    if not os.access(os.path.join(bench.BIN, "bailey"), os.X_OK):
        sys.exit(f"no bailey in {bench.BIN}")
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    suite = unittest.defaultTestLoader.loadTestsFromNames(options.tests or MODULES)
    result = unittest.TextTestRunner(verbosity=2, resultclass=Reasons).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
