"""Every `bailey ...` line of the documents is one that the program accepts.

Each is handed to the program itself with --help before its own words: an unknown command,
an unknown option or an option without its value fails there, and nothing is done.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from manual import table  # noqa: E402

BIN = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None
FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
OPERATORS = {";", "|", "||", "&", "&&", ">", ">>", "<", "2>", "(", ")"}
STARTERS = {"sudo", "env", "exec", "if", "then", "do", "!", "time"}


def documents():
    return [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]


def calls(line):
    """The argument vectors of bailey in one line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return
    command = []
    for word in [*words, ";"]:
        if word not in OPERATORS:
            command.append(word)
            continue
        while command and (command[0] in STARTERS or re.match(r"[A-Z_]+=", command[0])):
            command.pop(0)
        if command and pathlib.PurePath(command[0]).name == "bailey":
            yield command[1:]
        command = []


def examples(text):
    """(line number, arguments) of each call in the fences and spans of a document."""
    for match in FENCE.finditer(text):
        lines = match[2].replace("\\\n", "  ").split("\n")
        prompted = any(line.startswith("$ ") for line in lines)
        for offset, line in enumerate(lines):
            if prompted and not line.startswith("$ "):
                continue  # what was printed
            if match[1] in ("sh", "console", "bash"):
                for words in calls(line.removeprefix("$ ")):
                    yield text.count("\n", 0, match.start(2)) + offset + 1, words
    prose = FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in SPAN.finditer(prose):
        if re.match(r"bailey [a-z-]", match[1]):
            for words in calls(match[1]):
                yield prose.count("\n", 0, match.start()) + 1, words


def is_accepted(words, commands):
    """None, or what is wrong with these arguments."""
    if not words or words in (["--help"], ["--version"]):
        return None
    path = " ".join(words[:2])
    command = commands.get(path) or commands.get(words[0])
    if command is None:
        if words[0] in {c.noun for c in commands.values()} and len(words) == 1:
            return None  # a noun, spoken of
        if words[1:] == ["--help"]:
            return None if words[0] in {c.noun for c in commands.values()} else "no such command"
        return f"there is no command '{path}'"
    own, tail = words[len(command.path.split(" ")):], []
    if "--" in own:
        at = own.index("--")
        own, tail = own[:at], own[at:]
        if not command.takes_command:
            return f"'{command.path}' takes nothing after '--'"
        if len(tail) < 2:
            return "there is no command after '--'"
    done = subprocess.run([BIN / "bailey", *command.path.split(" "), "--help", *own],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
                          env={**os.environ, "BAILEY_HOME": "/nonexistent/home"})
    if done.returncode != 0:
        return done.stderr.strip()
    # To `run` an unknown option may be the program's name; so options are looked up as well.
    known = {option.name: option.value for option in command.options}
    known |= {f"-{option.letter}": option.value for option in command.options if option.letter}
    count, skip = 0, False
    for word in own:
        if not skip and word.startswith("-") and word.split("=")[0] not in known:
            return f"'{command.path}' has no option {word}"
        if not skip and not word.startswith("-"):
            count += 1
        skip = bool(known.get(word))
    if count > len(command.positionals):
        return f"'{command.path}' takes {len(command.positionals)} arguments, not {count}"
    return None


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = {command.path: command for command in table.read(BIN / "bailey")}

    def test_every_line_of_the_documents_is_accepted(self):
        wrong, count = [], 0
        for path in documents():
            for line, words in examples(path.read_text()):
                count += 1
                if problem := is_accepted(words, self.commands):
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: bailey {' '.join(words)}: {problem}")
        self.assertEqual(wrong, [])
        self.assertGreater(count, 100)

    def test_every_example_of_the_help_is_accepted(self):
        for command in self.commands.values():
            found = [words for line in command.examples for words in calls(line)]
            self.assertTrue(found, command.path)
            for words in found:
                self.assertIsNone(is_accepted(words, self.commands), words)

    def test_every_command_and_option_is_in_the_manual(self):
        manual = "\n".join(path.read_text() for path in sorted(ROOT.glob("docs/manual/*.md")))
        for command in self.commands.values():
            self.assertIn(f"bailey {command.path}", manual)
            for option in command.options:
                self.assertIn(option.name, manual)

    def test_what_does_not_exist_is_refused(self):
        for line in ("bailey fly", "bailey log fly", "bailey run --wings -- true",
                     "bailey log show 1 2", "bailey level set --for", "bailey kill on -- true",
                     "bailey run --time 1s --"):
            for words in calls(line):
                self.assertIsNotNone(is_accepted(words, self.commands), line)

    def test_calls_are_found_where_they_stand(self):
        self.assertEqual(list(calls("BAILEY_HOME=/x bailey run -- sh -c 'a; b' && echo | bailey init")),
                         [["run", "--", "sh", "-c", "a; b"], ["init"]])
        text = "`bailey kill on`\n\n```console\n$ bailey init\nbailey fly\n```\n"
        self.assertEqual(sorted(examples(text)), [(1, ["kill", "on"]), (4, ["init"])])

    def test_the_default_rules_of_the_manual_are_the_real_ones(self):
        page = (ROOT / "docs/manual/policy.md").read_text()
        self.assertIn(f"```yaml\n{(ROOT / 'samples/policies/balanced.yaml').read_text()}```\n", page)

    def test_every_policy_of_the_manual_is_good(self):
        page = (ROOT / "docs/manual/policy.md").read_text()
        documents = [m[2] for m in FENCE.finditer(page) if m[1] == "yaml" and "version: 1" in m[2]]
        policies = [text for text in documents if "\ncases:" not in text]
        cases = [text for text in documents if "\ncases:" in text]
        self.assertEqual((len(policies), len(cases)), (4, 1))
        for text in cases:
            done = subprocess.run([BIN / "bailey", "policy", "test", "--policy", "builtin:base", "-"],
                                  input=text, text=True, capture_output=True, timeout=20)
            self.assertRegex(done.stdout, r"5 cases: \d passed, \d failed\n$", done.stderr)
        for text in policies:
            done = subprocess.run([BIN / "bailey", "policy", "check", "-"], input=text, text=True,
                                  capture_output=True, timeout=20)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_exit_codes_of_the_manual_are_those_of_the_source(self):
        source = (ROOT / "src/cli/exit_codes.h").read_text()
        codes = {int(value) for value in re.findall(r"inline constexpr int k\w+ = (\d+);", source)}
        page = (ROOT / "docs/manual/exit-codes.md").read_text().split("## `bailey-verify`")[0]
        told = {int(value) for value in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
        self.assertEqual(told, codes)


if __name__ == "__main__":
    unittest.main()
