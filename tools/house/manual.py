"""The manual and the programs say the same: README.md and docs/manual against --help.

Every command of the program is in the manual as `bailey COMMAND`, every long option of
it somewhere in the manual; and what a manual's example types exists.
"""
import re
import subprocess

from house.tree import CannotCheck

COMMAND = re.compile(r"^  ([a-z]+(?: [a-z-]+)?) {2,}\S", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
FENCE = re.compile(r"^(?:```|~~~).*?\n(.*?)^(?:```|~~~)\s*$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^\$?\s*bailey\s+([a-z]+)(?: +([a-z][a-z-]*))?", re.MULTILINE)


def ask(program, *words):
    run = subprocess.run([program, *words, "--help"], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=20)
    if run.returncode != 0:
        raise CannotCheck(f"bailey {' '.join(words)} --help exits {run.returncode}")
    return run.stdout


def generated(tree):
    """Man pages and completions that are not as tools/generate-docs would make them."""
    generator = tree.root / "tools/generate-docs"
    if not generator.exists():
        return []
    run = subprocess.run([generator, "--check", "--root", tree.root, tree.build / "bin"],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if run.returncode not in (0, 1):
        raise CannotCheck(run.stderr.strip())
    return [line.replace(": ", ":1: manual: ", 1) for line in run.stdout.splitlines()]


def check(tree):
    if tree.build is None:
        raise CannotCheck("say which build folder: --build build/release")
    program = tree.build / "bin" / "bailey"
    if not program.exists():
        raise CannotCheck(f"{program} is not built")
    pages = [f for f in tree.files
             if f == "README.md" or (f.startswith("docs/manual/") and f.endswith(".md"))]
    if not pages:
        return "no manual", ["README.md:1: manual: there is neither README.md nor docs/manual"]
    manual = "\n".join(tree.text(page) or "" for page in pages)
    commands = COMMAND.findall(ask(program))
    if not commands:
        raise CannotCheck("bailey --help lists no command")
    findings, options = [], set()
    for command in commands:
        if not re.search(rf"\bbailey {command}\b", manual):
            findings.append(f"{pages[0]}:1: manual: says nothing of `bailey {command}`")
        for option in set(OPTION.findall(ask(program, *command.split()))):
            options.add(option)
            if not re.search(rf"(?<![\w-]){option}(?![\w-])", manual):
                findings.append(f"{pages[0]}:1: manual: says nothing of {option} "
                                f"(bailey {command})")
    nouns = {command.split()[0] for command in commands}
    for page in pages:
        text = tree.text(page) or ""
        for fence in FENCE.finditer(text):
            prompted = re.search(r"^\$ ", fence[1], re.MULTILINE)  # else all of it is typed
            for typed in TYPED.finditer(fence[1]):
                if prompted and not typed[0].startswith("$"):
                    continue  # what was printed
                line = text.count("\n", 0, fence.start(1) + typed.start()) + 1
                pair = f"{typed[1]} {typed[2]}" if typed[2] else typed[1]
                if typed[1] not in nouns or (typed[1] not in commands and pair not in commands):
                    findings.append(f"{page}:{line}: manual: there is no `bailey {pair}`")
    findings += generated(tree)
    return f"{len(commands)} commands, {len(options)} options, {len(pages)} pages", findings
