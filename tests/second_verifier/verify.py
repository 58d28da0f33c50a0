#!/usr/bin/env python3
"""A second, independent verifier: verify.py receipt|log|checkpoint --key VKEY... PATH

Exit codes as bailey-verify: 0 good, 1 does not verify, 2 usage, 3 could not complete.
"""
import argparse
import pathlib
import sys

import rules


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["receipt", "log", "checkpoint"])
    parser.add_argument("--key", action="append", required=True)
    parser.add_argument("path", type=pathlib.Path)
    options = parser.parse_args()
    keys = []
    for key in options.key:
        path = pathlib.Path(key)
        if path.is_file():
            keys += [line for line in path.read_text().split("\n") if line and not line.startswith("#")]
        else:
            keys.append(key)
    for key in keys:
        try:
            rules.parse_vkey(key)
        except rules.Refused as refused:
            print(f"error: {key}: {refused}", file=sys.stderr)
            return 2
    try:
        if options.what == "receipt":
            report = rules.check_receipt(options.path.read_bytes(), keys)
            print(f"good: {report['leaf']['type']}, entry {report['index']} of {report['size']} in {report['origin']}")
        elif options.what == "checkpoint":
            _, origin, size, root = rules.check_checkpoint(options.path.read_bytes(), keys)
            print(f"good: {origin}, {size} entries, root {root.hex()}")
        else:
            def read(path):
                file = options.path / path
                return file.read_bytes() if file.is_file() else None

            if read("checkpoint") is None:
                print(f"error: {options.path} has no checkpoint", file=sys.stderr)
                return 3
            report = rules.check_log(read, keys)
            print(f"good: {report['size']} entries in {report['origin']}, "
                  f"{report['closed']} of {report['intents']} intents closed")
    except rules.Refused as refused:
        print(f"FAILED: {refused}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
