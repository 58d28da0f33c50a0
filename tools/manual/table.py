"""The command table, read back from the help that is printed from it.

Strict on purpose: a help page of another shape is an error, not a page with less in it.
"""
import dataclasses
import re
import subprocess

# What may follow an option whose values are few. The help line has to name each of them,
# so a value that went away is noticed here.
CHOICES = {
    ("run", "--profile"): ["strict", "balanced", "permissive"],
    ("policy explain", "--profile"): ["strict", "balanced", "permissive"],
    ("policy explain", "--level"): ["0", "10", "20", "30", "40"],
    ("policy show", "--profile"): ["base", "strict", "balanced", "permissive"],
    ("run", "--level"): ["0", "10", "20", "30", "40"],
    ("run", "--net"): ["none"],
    ("key export", "--format"): ["vkey", "pem", "history", "secret"],
    ("log export", "--format"): ["jsonl", "csv", "intoto", "evidence"],
}
# What stands for a positional: files, or a fixed set of words.
POSITIONALS = {
    "policy check": "files",
    "policy test": "files",
    "policy diff": "files",
    "log verify": "files",
    "level set": ["0", "10", "20", "30", "40"],
    "key export": ["ledger", "receipts", "approval", "change", "skill"],
    "log witness": ["add", "remove", "list", "status", "submit"],
}


class Unreadable(Exception):
    pass


@dataclasses.dataclass
class Option:
    name: str
    value: str  # empty for a flag
    help: str
    choices: list
    letter: str = ""  # 'f' when -f says the same


@dataclasses.dataclass
class Command:
    path: str
    summary: str
    usage: str
    options: list
    examples: list
    positionals: list  # (name, is_optional)
    takes_command: bool  # ends in -- COMMAND [ARG...], which may be optional
    completes: object = None  # "files", a list of words, or nothing

    @property
    def noun(self):
        return self.path.split(" ")[0]


def said(program, *words):
    """What the program prints for these words; they have to be fine by it."""
    try:
        done = subprocess.run([program, *words], capture_output=True, text=True, timeout=20,
                              stdin=subprocess.DEVNULL, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreadable(f"{program} cannot be asked for its help: {error}") from error
    if done.returncode != 0:
        raise Unreadable(f"'{' '.join(words)}' ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def sections(text):
    """'Usage: ...' line, the prose below it, then {heading: its lines}."""
    lines = text.rstrip("\n").split("\n")
    if not lines[0].startswith("Usage: "):
        raise Unreadable(f"a help page begins with '{lines[0][:40]}', not with 'Usage: '")
    prose, found, current = [], {}, None
    for line in lines[1:]:
        if re.fullmatch(r"[A-Z][A-Za-z ]*:", line):
            current = found.setdefault(line[:-1], [])
        elif current is not None and line.startswith("  "):
            current.append(line[2:])
        elif current is not None and not line:
            continue
        else:
            current = None
            prose.append(line)
    return lines[0][len("Usage: "):], "\n".join(prose).strip(), found


def read_options(path, lines):
    options = []
    for line in lines:
        match = re.fullmatch(r"(?:-([a-z]), )?(--[a-z-]+)(?: (\S+))?\s{2,}(\S.*)", line)
        if not match:
            raise Unreadable(f"the help of '{path}' has an option line of another shape: '{line}'")
        letter, name, value, text = match[1] or "", match[2], match[3] or "", match[4]
        choices = CHOICES.get((path, name), [])
        for choice in choices:
            if choice not in re.findall(r"[A-Za-z0-9]+", f"{value} {text}"):
                raise Unreadable(f"'{path} {name}' no longer names '{choice}' in its help")
        options.append(Option(name, value, text, choices, letter))
    options.append(Option("--help", "", "print the help of this command", []))
    return options


def read_positionals(path, usage):
    rest = usage[len(f"bailey {path}"):].replace("[OPTION...]", "")
    command = re.search(r" (-- COMMAND \[ARG\.\.\.\]|\[-- COMMAND \[ARG\.\.\.\]\])$", rest)
    words = (rest[:command.start()] if command else rest).split()
    for word in words:
        if not re.fullmatch(r"[A-Z]+|\[[A-Z]+(\.\.\.)?\]", word):
            raise Unreadable(f"the usage line of '{path}' has the word '{word}'")
    return [(word.strip("[]."), word.startswith("[")) for word in words], command is not None


def read(program):
    """All commands of `bailey`, in the order of its help."""
    _, _, overview = sections(said(program, "--help"))
    if not overview.get("Commands"):
        raise Unreadable("the help of bailey lists no commands")
    commands = []
    for line in overview["Commands"]:
        match = re.fullmatch(r"([a-z]+(?: [a-z-]+)?)\s{2,}(\S.*)", line)
        if not match:
            raise Unreadable(f"the list of commands has a line of another shape: '{line}'")
        path, summary = match[1], match[2]
        usage, prose, parts = sections(said(program, *path.split(" "), "--help"))
        if prose != summary or not usage.startswith(f"bailey {path}"):
            raise Unreadable(f"the help of '{path}' is about something else")
        positionals, takes_command = read_positionals(path, usage)
        examples = parts.get("Examples", [])
        if not examples:
            raise Unreadable(f"the help of '{path}' has no example")
        commands.append(Command(path, summary, usage, read_options(path, parts.get("Options", [])),
                                examples, positionals, takes_command, POSITIONALS.get(path)))
    known = {command.path for command in commands}
    for path in [*POSITIONALS, *(path for path, _ in CHOICES)]:
        if path not in known:
            raise Unreadable(f"there is no command '{path}' any more")
    return commands


@dataclasses.dataclass
class Verifier:
    usages: list      # one line a command
    paragraphs: list  # the rest of its help, as it stands
    commands: list
    options: list


def read_verifier(program):
    """bailey-verify's help, whole: it is a program of its own, with one page."""
    blocks = said(program, "--help").rstrip("\n").split("\n\n")
    usages = [line.split(":", 1)[-1].strip() for line in blocks[0].split("\n")]
    if not all(line.startswith("bailey-verify ") for line in usages) or len(blocks) < 2:
        raise Unreadable("the help of bailey-verify has another shape")
    commands = [line.split()[1] for line in usages]
    options = sorted(set(re.findall(r"(?<![\w-])--[a-z-]+", "\n".join(blocks))))
    return Verifier([re.sub(r"\s+", " ", line) for line in usages], blocks[1:], commands, options)
