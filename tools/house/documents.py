"""Links in *.md lead to a file and a heading that exist; so do paths in backticks."""
import re

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
TOPS = ("src/", "tools/", "docs/", "cmake/", "tests/", "fuzz/", "bench/", "samples/", "spec/",
        "vectors/", "packaging/", "include/", ".ci/")
PLAIN = re.compile(r"^[A-Za-z0-9_./+-]+$")


def anchor(heading):
    """As the forges make it: lower case, punctuation dropped, blanks to dashes."""
    heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def check(tree):
    documents = [f for f in tree.files if f.endswith(".md")]
    known = set(tree.files)
    folders = {"/".join(f.split("/")[:depth]) for f in tree.files
               for depth in range(1, f.count("/") + 1)}
    findings, count = [], 0
    for name in documents:
        prose = FENCE.sub(blank, tree.text(name) or "")
        links = CODE.sub(blank, prose)
        for match in LINK.finditer(links):
            target = match[1]
            if re.match(r"^[a-z]+:", target):
                continue
            count += 1
            line = prose.count("\n", 0, match.start()) + 1
            path, _, fragment = target.partition("#")
            base = name.rsplit("/", 1)[0] + "/" if "/" in name else ""
            parts = []
            for part in (base + path if path else name).split("/"):
                if part == "..":
                    if not parts:
                        break
                    parts.pop()
                elif part not in ("", "."):
                    parts.append(part)
            resolved = "/".join(parts)
            if resolved not in known and resolved not in folders:
                findings.append(f"{name}:{line}: documents: link to {target}, which is not there")
            elif fragment and resolved.endswith(".md"):
                anchors = {anchor(h) for h in HEADING.findall(FENCE.sub(blank, tree.text(resolved)))}
                if fragment not in anchors:
                    findings.append(f"{name}:{line}: documents: {target}: no such heading")
        for match in CODE.finditer(prose):
            path = match[1].rstrip("/")
            if not path.startswith(TOPS) or not PLAIN.match(path) or "NAME" in path:
                continue
            count += 1
            if path not in known and path not in folders:
                line = prose.count("\n", 0, match.start()) + 1
                findings.append(f"{name}:{line}: documents: `{match[1]}` is not there")
    return f"{len(documents)} documents, {count} links and paths", findings
