"""A value that is half made is destroyed: where BAILEY_TRY leaves from inside the braces of an
aggregate, g++ forgets the members before it, and what they hold (keys, too) is lost and never
wiped. The value is taken first, and named."""
import re

CALL = re.compile(r"BAILEY_TRY\(")
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"|/\*.*?\*/', re.DOTALL)
# What stands before a brace that begins a block and no value.
BLOCK = re.compile(r"(\)|\belse|\bdo|\btry|\bconst|\bnoexcept|\boverride|\bmutable|->\s*[\w:<>*& ]+)$")


def behind_members(text, at):
    """Whether the call at `at` stands in braces behind a comma, within its statement."""
    depth, comma = 0, False
    for i in range(at - 1, -1, -1):
        c = text[i]
        if c in ")}]":
            depth += 1
        elif c in "([":
            # The arguments of a call are one member, whatever is before it among them.
            if depth == 0:
                comma = False
            else:
                depth -= 1
        elif c == "{":
            if depth == 0:
                if BLOCK.search(text[:i].rstrip()[-200:]):
                    return False
                if comma:
                    return True
            else:
                depth -= 1
        elif c == "," and depth == 0:
            comma = True
        elif c == ";" and depth == 0:
            return False
    return False


def check(tree):
    findings, count = [], 0
    for name in tree.cxx("src", "include"):
        text = tree.text(name)
        if text is None:
            continue
        text = COMMENT_OR_TEXT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        for call in CALL.finditer(text):
            count += 1
            if behind_members(text, call.start()):
                line = text.count("\n", 0, call.start()) + 1
                findings.append(f"{name}:{line}: tries: leaves from inside a braced list: the members before it "
                                "are never destroyed; take the value first")
    return f"{count} tries", findings
