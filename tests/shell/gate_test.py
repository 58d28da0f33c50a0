#!/usr/bin/env python3
"""What the gate's rules say of the two corpora.

  gate_test.py --judge PROGRAM [--list]

line-judge puts each text before a policy that allows the programs of NAME.programs with any
arguments, the system readable and the workspace writable. Of harmless.corpus, 1,000 lines at
least, less than 2 % may be denied; of hostile.corpus nothing may be allowed. The same harmless
lines before a policy for another program are the control: what is allowed then starts nothing.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from differential_test import read_corpus  # noqa: E402


def judge(program, programs, texts):
    lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts)
    run = subprocess.run([program, programs, "/home/u", "/work"],
                         input=lines.encode("utf-8", "surrogateescape"), stdout=subprocess.PIPE,
                         check=True)
    answers = [json.loads(line) for line in run.stdout.decode().splitlines()]
    if len(answers) != len(texts):
        sys.exit(f"gate_test: {len(answers)} answers to {len(texts)} lines")
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", required=True)
    parser.add_argument("--list", action="store_true", help="say why each line is not allowed")
    arguments = parser.parse_args()
    failures = []

    lines = read_corpus(HERE / "harmless.corpus")
    answers = judge(arguments.judge, HERE / "harmless.programs", [text for _, text in lines])
    denied = [(number, text, answer) for (number, text), answer in zip(lines, answers)
              if answer["decision"] != "allow"]
    for number, text, answer in denied if arguments.list else []:
        print(f"harmless:{number}: {answer['why']} ({answer['word']}): {text!r}")
    share = 100 * len(denied) / len(lines)
    print(f"harmless: {len(denied)} of {len(lines)} lines denied, {share:.2f} %")
    if len(lines) < 1000 or share >= 2:
        failures.append("too few harmless lines, or too many of them denied")

    with tempfile.NamedTemporaryFile("w") as other:
        print("a-program-of-no-line", file=other, flush=True)
        answers = judge(arguments.judge, other.name, [text for _, text in lines])
    bare = sum(answer["decision"] == "allow" for answer in answers)
    print(f"harmless, without a program allowed: {bare} allowed")
    if bare * 10 > len(lines):
        failures.append("lines are allowed whose programs no rule names")

    lines = read_corpus(HERE / "hostile.corpus")
    answers = judge(arguments.judge, HERE / "hostile.programs", [text for _, text in lines])
    for (number, text), answer in zip(lines, answers):
        if answer["decision"] in ("allow", "ask"):
            failures.append(f"hostile:{number}: {answer['decision']}: {text!r}")
    print(f"hostile: {len(lines)} lines")

    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
