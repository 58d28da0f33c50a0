"""C++ is as clang-format writes it; nobody argues about blanks."""
import re
import subprocess


def check(tree):
    tool = tree.tool("clang-format-19")
    files = tree.cxx("src", "include", "tests", "fuzz", "bench", "samples")
    if tree.fix and files:
        subprocess.run([tool, "-i", *files], cwd=tree.root, check=True)
    findings = []
    for start in range(0, len(files), 50):
        run = subprocess.run([tool, "--dry-run", "-Werror", *files[start:start + 50]],
                             cwd=tree.root, capture_output=True, text=True)
        found = re.findall(r"^(\S+?:\d+):\d+: error: .*$", run.stderr, re.MULTILINE)
        # One line a file is enough: --fix mends the whole of it.
        firsts = {}
        for place in found:
            firsts.setdefault(place.split(":")[0], place)
        findings += [f"{place}: not formatted (make format)" for place in firsts.values()]
        if run.returncode != 0 and not found:
            findings.append(f"clang-format-19 failed: {run.stderr.strip()[:500]}")
    return f"{len(files)} files", findings
