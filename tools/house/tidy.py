"""clang-tidy finds nothing in what is compiled. Its findings are errors, all of them.

Tests use moved-from values, huge strings and misleading text on purpose and run under
sanitizers: they are spared those checks and the analyzer, which also takes most of the time.
"""
import atexit
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import time

from house.remembered import Remembered, read_make_rule
from house.tree import CannotCheck

TIMEOUT_S = 300
# clang sees deprecations inside libstdc++ 12 that g++ does not have; g++ reports our own.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-deprecated-declarations"]
# Victims, probes and tests also cast, repeat their random numbers and drop results on purpose.
ON_TESTS = ("--checks=-clang-analyzer-*,-performance-*,-bugprone-use-after-move,"
            "-bugprone-unused-return-value,-bugprone-string-constructor,-misc-misleading-*,"
            "-bugprone-implicit-widening-of-multiplication-result,-cert-err34-c,-cert-msc32-c,"
            "-cert-msc51-cpp,-cppcoreguidelines-init-variables,-cppcoreguidelines-no-malloc,"
            "-cppcoreguidelines-pro-type-const-cast,-google-build-using-namespace,"
            "-readability-identifier-naming")
# Flags of g++ that clang does not know.
GCC_ONLY = {"-fno-tree-loop-distribute-patterns"}
FINDING = re.compile(r"^(/\S+?:\d+):\d+: (?:fatal )?error: (.*)$", re.MULTILINE)


def for_clang(tree):
    """A folder with the build's compile commands, less what only g++ understands."""
    folder = tempfile.mkdtemp(prefix="bailey-tidy-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        entries = json.loads((tree.build / "compile_commands.json").read_text())
    except (OSError, ValueError) as error:
        raise CannotCheck(f"{tree.build} is not a configured build folder: {error}") from error
    for entry in entries:
        words = shlex.split(entry["command"])
        entry["command"] = shlex.join(word for word in words if word not in GCC_ONLY)
    (pathlib.Path(folder) / "compile_commands.json").write_text(json.dumps(entries))
    return folder


def check(tree):
    tool = tree.tool("clang-tidy-19")
    if tree.build is None:
        raise CannotCheck("say which build folder: --build build/release")
    version = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout
    config = "".join(tree.text(f) or "" for f in tree.files if os.path.basename(f) == ".clang-tidy")
    remembered = Remembered(tree)
    found_before = 0
    database = for_clang(tree)

    def look(name):
        nonlocal found_before
        is_test = (name.endswith(("_test.cc", "_bench.cc"))
                   or name.startswith(("tests/", "bench/", "tools/")))
        checks = [ON_TESTS] if is_test else []
        entry = remembered.entry("tidy", version, config, tree.root, name, tree.commands[name],
                                 checks, EXTRA)
        if remembered.passed(entry):
            found_before += 1
            return []
        asked_at = time.time()
        try:
            run = subprocess.run([tool, "--quiet", "-p", database, *checks, *EXTRA,
                                  tree.root / name], cwd=tree.root, capture_output=True,
                                 text=True, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return [f"{name}:1: tidy: took more than {TIMEOUT_S} s"]
        findings = [f"{tree.relative(place)}: tidy: " + message.replace(",-warnings-as-errors", "")
                    for place, message in FINDING.findall(run.stdout)]
        if run.returncode != 0 and not findings:
            findings = [f"{name}:1: tidy: {(run.stdout + run.stderr).strip()[-500:]}"]
        if not findings:
            rule = subprocess.run([*tree.commands[name], "-M", "-MT", "x", str(tree.root / name)],
                                  cwd=tree.build, capture_output=True, text=True)
            if rule.returncode == 0:
                remembered.keep(entry, read_make_rule(rule.stdout, tree.build), asked_at)
        return findings

    known = set(tree.files)
    names = sorted(name for name in tree.commands if name in known)
    if not names:
        raise CannotCheck(f"{tree.build} compiles nothing of this tree")
    findings = [finding for result in tree.each(look, names) for finding in result]
    remembered.forget_old()
    return f"{len(names)} sources, {found_before} known", findings
