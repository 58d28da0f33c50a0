#!/usr/bin/env python3
"""Runs the tests of the command line's behaviour.

  run_cli.py --bin DIR --victim FILE [--write-golden] [MODULE[.CLASS[.TEST]]...]

They share the bench of tests/attack. --write-golden makes golden/ anew from what the
programs say now; look at the difference before you keep it."""

import argparse
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "attack")]

import bench  # noqa: E402
import run_attacks  # noqa: E402

MODULES = ["test_exit_codes", "test_terminal", "test_places", "test_commands", "test_policy", "test_learn",
           "test_policy_questions", "test_keys", "test_witness", "test_log", "test_export", "test_privacy",
           "test_retention", "test_golden"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--victim", required=True)
    parser.add_argument("--write-golden", action="store_true")
    parser.add_argument("tests", nargs="*", default=[])
    options = parser.parse_args()
    bench.BIN = os.path.abspath(options.bin)
    bench.VICTIM = os.path.abspath(options.victim)
    bench.WRITE_GOLDEN = options.write_golden
    if not os.access(os.path.join(bench.BIN, "bailey"), os.X_OK):
        sys.exit(f"no bailey in {bench.BIN}")
    suite = unittest.defaultTestLoader.loadTestsFromNames(options.tests or MODULES)
    result = unittest.TextTestRunner(verbosity=2, resultclass=run_attacks.Reasons).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
