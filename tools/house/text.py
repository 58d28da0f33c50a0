"""No leftovers, stray blanks, paths of somebody's machine, oversized files, vague names."""
import re

MAX_LINES = 800
# Written so that this file does not find itself.
LEFTOVER = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
VAGUE = re.compile(r"^(utils?|common|misc|helpers?|.*manager)$")
MARKERS = re.compile(r"^(<{7}|>{7}|={7})( |$)", re.MULTILINE)
CODE = (".cc", ".h", ".py", ".sh", ".cmake", ".md", ".yaml", ".yml", ".json", ".txt")
# Made of foreign or recorded bytes, kept as they are.
KEPT_AS_IS = ("LICENSE", "vectors/", "fuzz/corpus/")


def check(tree):
    findings, count = [], 0
    own = str(tree.root) + "/"
    has_own = own.count("/") > 2  # "/src/" would be found everywhere
    for name in tree.files:
        if name.startswith(KEPT_AS_IS):
            continue
        text = tree.text(name)
        if text is None:
            continue
        count += 1
        golden = name.startswith("tests/") and not name.endswith(CODE)
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            if LEFTOVER.search(line):
                findings.append(f"{name}:{number}: text: finish it or file an issue: {line.strip()}")
            if has_own and own in line:
                findings.append(f"{name}:{number}: text: a path of this machine")
            if not golden and line != line.rstrip():
                findings.append(f"{name}:{number}: text: blanks at the end of the line")
            if name.endswith((".cc", ".h", ".cmake")) and "\t" in line:
                findings.append(f"{name}:{number}: text: a tab")
        if MARKERS.search(text) and not name.endswith(".md"):
            findings.append(f"{name}:1: text: a merge was not finished")
        if text and not text.endswith("\n") and name.endswith(CODE):
            findings.append(f"{name}:{len(lines)}: text: no newline at the end")
        if name.startswith(("src/", "include/")):
            if len(lines) - 1 > MAX_LINES:
                findings.append(f"{name}:1: text: {len(lines) - 1} lines: past {MAX_LINES} it is two "
                                "things")
            for part in name.split("/")[1:]:
                if VAGUE.match(part.split(".")[0]):
                    findings.append(f"{name}:1: text: '{part}' says nothing: name what it does")
    return f"{count} files", findings
