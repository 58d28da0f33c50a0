"""Man pages: bailey(1), one a noun, and bailey-verify(1)."""
import re

from manual import completions, table

FOLDER = "packaging/man"
ABOUT = {
    "policy": "read and check the rules that judge every action",
    "level": "show and set how much a session may do",
    "kill": "halt everything, and lift the halt",
    "approve": "answer what waits for a person",
    "log": "read, check and export the ledger",
    "key": "make, list and export keys",
}
FILES = """\
.SH FILES
.TP
.I $BAILEY_HOME
Keys, ledger, asks and the first policy; mode 0700. Without the variable it is
.IR $XDG_STATE_HOME/bailey ,
else
.IR ~/.local/state/bailey .
.TP
.I $BAILEY_HOME/policy.yaml
The policy that judges when no other is named.
.TP
.I $BAILEY_HOME/KILL_SWITCH
Halts everything while it exists, whatever it is.
.SH ENVIRONMENT
.TP
.B BAILEY_HOME
Where the home is.
.TP
.B BAILEY_ENABLE
Read at start: unset, on, true, 1 or yes let Bailey work; anything else halts it.
"""


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def usage(text):
    """The usage line: what is typed bold, what stands for something italic."""
    out = []
    for word in text.split(" "):
        kind = "I" if re.search(r"[A-Z]{2}|^N$", word) else "B"
        out.append(f"\\f{kind}{escape(word)}\\fR")
    return " ".join(out)


def heading(name, about):
    return (f'.\\" {completions.MADE}\n.TH {name.upper()} 1 "" "Bailey" "Bailey manual"\n'
            f".SH NAME\n{escape(name)} \\- {escape(about)}\n")


def options(command):
    text = ""
    for option in command.options:
        value = f" \\fI{escape(option.value)}\\fR" if option.value else ""
        line = option.help[0].upper() + option.help[1:]
        letter = f"\\fB\\-{option.letter}\\fR, " if option.letter else ""
        text += f".TP\n{letter}\\fB{escape(option.name)}\\fR{value}\n{escape(line)}{'' if line.endswith('.') else '.'}\n"
    return text


def examples(lines):
    return ".nf\n" + "".join(f"{escape(line)}\n" for line in lines) + ".fi\n"


def exit_codes(path):
    """{heading: [(code, meaning)]} of the tables of the manual's page on exit codes."""
    found, current = {}, None
    for line in path.read_text().split("\n"):
        if line.startswith("## "):
            current = found.setdefault(line[3:].strip().strip("`"), [])
        row = re.fullmatch(r"\| ([0-9]+|128\+N) \| (.*?) \|(?: .*)?", line)
        if row and current is not None:
            current.append((row[1], re.sub(r"`([^`]*)`", r"\1", row[2])))
    for name in ("bailey", "bailey run", "bailey-verify"):
        if not found.get(name):
            raise table.Unreadable(f"{path} has no table under '{name}'")
    return found


def exits(codes, name):
    return ".SH EXIT STATUS\n" + "".join(
        f".TP\n.B {code}\n{escape(meaning)}\n" for code, meaning in codes[name])


def see_also(names):
    return ".SH SEE ALSO\n" + ",\n".join(f".BR {escape(name)} (1)" for name in names) + "\n"


def overview(commands, codes):
    text = heading("bailey", "give AI agents real work without giving them the machine")
    text += (".SH SYNOPSIS\n\\fBbailey\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n"
             "Bailey judges a command, runs it in a cage and keeps a signed receipt that anybody "
             "can check.\n.SH COMMANDS\n")
    for command in commands:
        text += f".TP\n\\fB{escape(command.path)}\\fR\n{escape(command.summary)}\n"
    return (text + exits(codes, "bailey") + FILES +
            see_also([f"bailey-{noun}" for noun in completions.nouns(commands)] + ["bailey-verify"]))


def page(noun, commands, codes):
    own = [command for command in commands if command.noun == noun]
    about = own[0].summary.rstrip(".") if own[0].path == noun else ABOUT.get(noun)
    if about is None:
        raise table.Unreadable(f"the noun '{noun}' is new: say what it is in tools/manual/man.py")
    text = heading(f"bailey-{noun}", about[0].lower() + about[1:])
    text += ".SH SYNOPSIS\n" + "\n.br\n".join(usage(command.usage) for command in own) + "\n"
    text += ".SH DESCRIPTION\n" if len(own) > 1 else f".SH DESCRIPTION\n{escape(own[0].summary)}\n"
    if len(own) > 1:
        for command in own:
            text += f".SS {escape(command.path)}\n{escape(command.summary)}\n{options(command)}"
    else:
        text += ".SH OPTIONS\n" + options(own[0])
    text += ".SH EXAMPLES\n" + examples([line for command in own for line in command.examples])
    text += exits(codes, "bailey run" if noun == "run" else "bailey")
    return text + FILES + see_also(["bailey", "bailey-verify"])


def verify(verifier, codes):
    text = heading("bailey-verify", "check receipts, checkpoints and ledgers offline")
    text += ".SH SYNOPSIS\n" + "\n.br\n".join(usage(line) for line in verifier.usages) + "\n"
    text += ".SH DESCRIPTION\n"
    for paragraph in verifier.paragraphs:
        text += ".PP\n" + examples(paragraph.split("\n"))
    return text + exits(codes, "bailey-verify") + see_also(["bailey", "bailey-log"])


def all_files(commands, verifier, codes):
    pages = {f"{FOLDER}/bailey.1": overview(commands, codes),
             f"{FOLDER}/bailey-verify.1": verify(verifier, codes)}
    for noun in completions.nouns(commands):
        pages[f"{FOLDER}/bailey-{noun}.1"] = page(noun, commands, codes)
    return pages
