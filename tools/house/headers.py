"""Every header compiles alone, with the flags of the sources beside it."""
import os
import re
import subprocess
import tempfile
import time

from house.remembered import Remembered, read_make_rule

DEFAULT = ["g++-12", "-std=c++23", "-D_GNU_SOURCE", "-Wall", "-Wextra"]
INCLUDES = ["-Isrc", "-Itests/support", "-Iinclude"]


def flags_for(tree, header):
    """Of a source in the same folder or the nearest one above it."""
    folder = os.path.dirname(header)
    while folder:
        beside = sorted(f for f in tree.commands if f.startswith(folder + "/") and f.endswith(".cc"))
        if beside:
            words = tree.commands[beside[0]]
            return words + INCLUDES
        folder = os.path.dirname(folder)
    return DEFAULT + INCLUDES


def check(tree):
    tree.tool("g++-12")
    version = subprocess.run(["g++-12", "-dumpfullversion"], capture_output=True, text=True).stdout
    remembered = Remembered(tree)
    found_before = 0

    def look(header):
        nonlocal found_before
        command = flags_for(tree, header) + ["-Werror", "-fsyntax-only", "-x", "c++", "-include",
                                             str(tree.root / header), "/dev/null"]
        entry = remembered.entry("headers", version, tree.root, command)
        if remembered.passed(entry):
            found_before += 1
            return []
        asked_at = time.time()
        with tempfile.NamedTemporaryFile() as rule:
            run = subprocess.run(command + ["-MD", "-MF", rule.name, "-MT", "x"], cwd=tree.root,
                                 capture_output=True, text=True,
                                 env={**os.environ, "LC_ALL": "C"})
            if run.returncode == 0:
                read = read_make_rule(rule.read().decode(), tree.root)
                remembered.keep(entry, [p for p in read if p != "/dev/null"], asked_at)
                return []
        errors = re.findall(r"^(\S+?:\d+):\d+: (?:fatal )?error: (.*)$", run.stderr, re.MULTILINE)
        if not errors:
            return [f"{header}:1: headers: {run.stderr.strip()[:300]}"]
        place, message = errors[0]
        return [f"{header}:1: headers: does not compile alone: {tree.relative(place)}: {message}"]

    headers = [h for h in tree.cxx("src", "include", "tests", "fuzz", "bench") if h.endswith(".h")]
    findings = [finding for result in tree.each(look, headers) for finding in result]
    return f"{len(headers)} headers, {found_before} known", findings
