"""What passed before and need not be looked at again.

An entry belongs to one file and one exact question (tool version, flags, configuration);
it lists every file that was read to answer it, with a digest. All of them unchanged means
the answer stands. Only passes are kept. Files of the tree are compared by content, others
(system headers) by size and time.
"""
import hashlib
import json
import os
import pathlib
import tempfile
import time

MAX_AGE_S = 30 * 24 * 3600


class Remembered:
    def __init__(self, tree):
        self.tree = tree
        self.digests = {}
        self.folder = None
        home = os.environ.get("HOME", "")
        cache = os.environ.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home else "")
        for candidate in (os.environ.get("BAILEY_CHECK_CACHE"),
                          os.path.join(cache, "bailey-check") if cache else None):
            if not candidate:
                continue
            try:
                os.makedirs(candidate, exist_ok=True)
                if os.access(candidate, os.W_OK):
                    self.folder = pathlib.Path(candidate)
                    break
            except OSError:
                continue

    def digest(self, path):
        path = str(path)
        if path not in self.digests:
            try:
                if pathlib.Path(path).is_relative_to(self.tree.root):
                    found = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
                else:
                    facts = os.stat(path)
                    found = f"{facts.st_size} {facts.st_mtime_ns}"
            except OSError:
                found = "missing"
            self.digests[path] = found
        return self.digests[path]

    def entry(self, *question):
        if self.folder is None:
            return None
        name = hashlib.sha256("\0".join(map(str, question)).encode()).hexdigest()
        return self.folder / name

    def passed(self, entry):
        if entry is None:
            return False
        try:
            known = json.loads(entry.read_text())
        except (OSError, ValueError):
            return False
        if not known or any(self.digest(path) != digest for path, digest in known):
            return False
        os.utime(entry)
        return True

    def keep(self, entry, dependencies, asked_at):
        """Nothing is kept when a file changed while the question was being answered."""
        if entry is None:
            return
        known = []
        for path in dependencies:
            try:
                if os.stat(path).st_mtime > asked_at:
                    return
            except OSError:
                return
            self.digests.pop(str(path), None)
            known.append([str(path), self.digest(path)])
        if not known:
            return
        with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False) as file:
            json.dump(known, file)
        os.replace(file.name, entry)

    def forget_old(self):
        if self.folder is None:
            return
        for entry in self.folder.iterdir():
            try:
                if time.time() - entry.stat().st_mtime > MAX_AGE_S:
                    entry.unlink()
            except OSError:
                pass


def read_make_rule(text, base):
    """The prerequisites of a dependency rule as compilers write it, absolute."""
    names = text.split(":", 1)[1].replace("\\\n", " ").replace("\\ ", "\0").split()
    return [os.path.normpath(os.path.join(base, n.replace("\0", " "))) for n in names]
