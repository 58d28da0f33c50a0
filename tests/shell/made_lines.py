"""Shell texts made by chance: from a grammar, and from other texts by small changes.

The same seed makes the same texts. What they do is of no interest; that the reading and
bash agree on it is.
"""
import random
import shlex

PROGRAMS = ["ls", "cat a.txt", "payload", "payload now", "tool", "true", "./run.sh", "build/run.sh",
            "git status", "wc -l", "cat", "/bin/ls", "date", "touch made"]
TOKENS = [";", "&&", "||", "|", "&", "\n", "(", ")", "{ ", "; }", "$(", ")", "`", "'", '"', "\\", "$",
          "${", "}", "$((", "))", "<", ">", ">>", "<<<", "<<E\n", "\nE\n", "#", "!", "*", "?", "[",
          "]", "~", "=", " ", "\t", "\\\n", "$x", '"$x"', "$'", "{a,b}", "x=1 ", "payload", "if ",
          "then ", "fi", "do ", "done", "for i in a; ", "while ", "case a in ", "esac", ";;", "[[ ",
          " ]]", "((", "eval ", "exec ", "command ", "2>&1", "&>", "<(", ">(", "-", "/", "function ",
          "f() ", "time ", "coproc ", "in ", "\\$", "\\`", '\\"', "''", '""', ":-", "@", "$@", "$1"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *choices):
        chosen = self.random.choice(choices)
        return chosen() if callable(chosen) else chosen

    # --- from a grammar

    def text(self, depth=3):
        return self.list(depth)

    def list(self, depth):
        parts = [self.and_or(depth) for _ in range(self.random.choice([1, 1, 2, 3]))]
        out = parts[0]
        for part in parts[1:]:
            out += self.pick("; ", " ;", "\n", " & ", "; # remark\n") + part
        return out

    def and_or(self, depth):
        out = self.pipeline(depth)
        while self.random.random() < 0.25:
            out += self.pick(" && ", " || ", "&&", " &&\n ") + self.pipeline(depth)
        return out

    def pipeline(self, depth):
        out = self.pick("", "", "", "", "! ", "time ") + self.command(depth)
        while self.random.random() < 0.2:
            out += self.pick(" | ", "|", " |& ", " |\n") + self.command(depth)
        return out

    def command(self, depth):
        if depth <= 0 or self.random.random() < 0.45:
            return self.simple(depth)
        inner = depth - 1
        return self.pick(
            lambda: "{ " + self.list(inner) + self.pick("; }", "\n}"),
            lambda: self.pick("(", "( ") + self.list(inner) + "\n)",
            lambda: f"if {self.list(inner)}; then {self.list(inner)}\nfi",
            lambda: f"if {self.list(inner)}; then {self.list(inner)}; else {self.list(inner)}\nfi",
            lambda: f"for v in {self.word(inner)} {self.word(inner)}; do {self.list(inner)}\ndone",
            lambda: f"for ((i=0;i<1;i++)); do {self.list(inner)}\ndone",
            lambda: f"while {self.list(inner)}; do {self.list(inner)}; break\ndone",
            lambda: f"case {self.word(inner)} in {self.pick('x', 'a|b', '*')}) {self.list(inner)}\n;; esac",
            lambda: f"f() {{ {self.list(inner)}\n}}; f {self.word(inner)}",
            lambda: f"f() {{ {self.list(inner)}\n}}",
            lambda: f"[[ {self.word(inner)} {self.pick('==', '!=', '<')} {self.word(inner)} ]]",
            lambda: f"(( {self.expression(inner)} ))",
            lambda: self.starter(inner)) + self.redirections(inner)

    def starter(self, depth):
        text = self.list(depth)
        one = self.pick(*PROGRAMS)
        return self.pick(
            lambda: "eval " + shlex.quote(text),
            lambda: "bash -c " + shlex.quote(text),
            lambda: "sh -c " + shlex.quote(text),
            lambda: "trap " + shlex.quote(text) + " EXIT",
            lambda: "env " + self.pick("", "X=1 ", "-i PATH=/bin ", "-u X ") + one,
            lambda: "timeout 1 " + one,
            lambda: "nice -n 1 " + one,
            lambda: "nohup " + one,
            lambda: "command " + one,
            lambda: "exec " + one,
            lambda: "builtin eval " + shlex.quote(text),
            lambda: "find . -maxdepth 0 -exec " + one + " {} \\;",
            lambda: "echo a | xargs " + one,
            lambda: "echo a | xargs -I{} " + one + " {}",
            lambda: "env bash -c " + shlex.quote(text),
            lambda: "awk " + shlex.quote('BEGIN{system("' + one + '")}'),
            lambda: "sed -n " + shlex.quote(self.pick("p", "1e " + one, "s/a/b/")) + " a.txt",
            lambda: "stdbuf -oL " + one,
            lambda: "cd " + self.pick("src", "..", "build", "/tmp", "nowhere", "~", "-", "$x") + " && " + one)

    def simple(self, depth):
        out = ""
        if self.random.random() < 0.15:
            out += self.pick("x=1 ", "x=" + self.word(depth - 1) + " ", "y+=z ", "a=(1 2); ", "x=ls; ", "x=payload; ",
                             "x=" + self.word(depth - 1) + "; ")
        out += self.pick(*PROGRAMS, *PROGRAMS, "echo", "printf '%s'", ":", "$x", '"$x"', "pay''load", "\\ls", "[ -n",
                         "cd src;", "test -f", "p{ay,}load", "'pay'load", "set -- a;", "return", "exit")
        for _ in range(self.random.choice([0, 1, 1, 2])):
            out += " " + self.word(depth - 1)
        if out.startswith("[ "):
            out += " ]"
        return out + self.redirections(depth - 1)

    def redirections(self, depth):
        out = ""
        while self.random.random() < 0.12:
            out += self.pick(" > made", " >> made", " 2>&1", " < a.txt", " 2>/dev/null", " &> made2", ">|made3", " 3< list",
                             " <<< " + self.word(depth), " > " + self.word(depth), " < <(" + self.pick(*PROGRAMS) + ")",
                             " > >(cat)", " {fd}> made4", " <> made5", " >&2", " 2> $x")
        return out

    def word(self, depth):
        out = self.piece(depth)
        while self.random.random() < 0.25:
            out += self.piece(depth)
        return out

    def piece(self, depth):
        plain = ["a", "b.c", "-x", "--o=v", "'q r'", '"d e"', "\\$", "$x", '"$x"', "${x}", "${x:-w}", '"${x:-w}"', "*.txt", "?",
                 "[ab]*", "~", "~/f", "$HOME", "{p,q}", "{1..3}", "$'t\\n'", "''", "$((1+2))", "${#x}", "$?", '"$@"', "x=y", "#n",
                 "a#b", "é", "!", "$", "%", "^", "{}", "{", "}", "in", "do", "${x/a/b}", "${x%.c}", "\"a'b\"", "'a\"b'", "\"\\\"\"",
                 "\"\\$x\"", "$'\\x41'", "\\\\", "\\'", "\\ "]
        if depth <= 0 or self.random.random() < 0.7:
            return self.pick(*plain)
        inner = depth - 1
        return self.pick(
            lambda: "$(" + self.list(inner) + "\n)",
            lambda: '"$(' + self.list(inner) + '\n)"',
            lambda: "`" + self.pick(*PROGRAMS) + "`",
            lambda: '"`' + self.pick(*PROGRAMS) + '`"',
            lambda: "<(" + self.list(inner) + "\n)",
            lambda: "${x:-" + self.word(inner) + "}",
            lambda: "${x:=" + self.word(inner) + "}",
            lambda: '"${x:+$(' + self.pick(*PROGRAMS) + ')}"',
            lambda: "$((" + self.expression(inner) + "))",
            lambda: "{" + self.word(inner) + "," + self.word(inner) + "}")

    def expression(self, depth):
        return self.pick("1", "x", "x + 1", "i++", "x=2", "(1+2)*3", "$x", "${#x}", "1 ? 2 : 3", "x[0]", "x > 1",
                         "$(nproc)", "$(" + self.pick(*PROGRAMS) + ")", "0x1F", "16#ff", "x == 1")

    # --- from another text

    def changed(self, text, other):
        for _ in range(self.random.choice([1, 1, 2, 3])):
            at = self.random.randint(0, len(text))
            what = self.random.random()
            if what < 0.55:
                text = text[:at] + self.random.choice(TOKENS) + text[at:]
            elif what < 0.75:
                text = text[:at] + text[at + self.random.choice([1, 1, 2, 5]):]
            elif what < 0.85:
                end = min(len(text), at + self.random.randint(1, 12))
                text = text[:end] + text[at:end] + text[end:]
            else:
                begin = self.random.randint(0, len(other))
                text = text[:at] + other[begin:begin + self.random.randint(1, 20)] + text[at:]
        return text
