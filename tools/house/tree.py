"""The tree under check: its files, how each is compiled, and workers to look at them."""
import concurrent.futures
import functools
import json
import os
import pathlib
import shlex
import shutil
import subprocess

SKIPPED_FOLDERS = {".git", "build", ".cache", "node_modules", "__pycache__"}
CXX = (".cc", ".h", ".c")


class CannotCheck(Exception):
    """A check that could not be made: never the same as one that passed."""


class Tree:
    def __init__(self, root, build, jobs, fix):
        self.root = pathlib.Path(root).resolve()
        self.build = pathlib.Path(build).resolve() if build else None
        self.jobs = max(1, jobs)
        self.fix = fix

    @functools.cached_property
    def files(self):
        """Paths relative to the root: what git knows or would add, else all that is there."""
        try:
            listed = subprocess.run(
                ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others",
                 "--exclude-standard"], capture_output=True, check=True).stdout
            top = subprocess.run(["git", "-C", self.root, "rev-parse", "--show-toplevel"],
                                 capture_output=True, check=True, text=True).stdout.strip()
            if pathlib.Path(top).resolve() == self.root:
                names = {name for name in listed.decode().split("\0") if name}
                return sorted(n for n in names if (self.root / n).is_file())
        except (OSError, subprocess.CalledProcessError):
            pass  # no git, no repository, or one that git does not trust
        found = []
        for base, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS]
            found += [os.path.relpath(os.path.join(base, n), self.root) for n in names]
        return sorted(found)

    def cxx(self, *tops):
        """C++ files, of the given top folders when any are given."""
        return [f for f in self.files
                if f.endswith(CXX) and (not tops or f.split("/")[0] in tops)]

    @functools.lru_cache(maxsize=None)
    def text(self, name):
        """The file as text, or None when it is not text."""
        data = (self.root / name).read_bytes()
        if b"\0" in data:
            return None
        try:
            return data.decode()
        except UnicodeDecodeError:
            return None

    @functools.cached_property
    def commands(self):
        """Relative path -> compiler arguments without input and output, from the build folder."""
        if self.build is None:
            return {}
        try:
            entries = json.loads((self.build / "compile_commands.json").read_text())
        except (OSError, ValueError) as error:
            raise CannotCheck(f"{self.build} is not a configured build folder: {error}") from error
        commands = {}
        for entry in entries:
            path = pathlib.Path(entry["directory"], entry["file"]).resolve()
            if not path.is_relative_to(self.root) or path.is_relative_to(self.build):
                continue
            words = shlex.split(entry["command"])
            if os.path.basename(words[0]) == "ccache":
                words = words[1:]
            kept, skip = [], False
            for word in words:
                if skip:
                    skip = False
                elif word in ("-o", "-MF", "-MT", "-MQ"):
                    skip = True
                elif word in ("-c", "-MD", "-MMD", entry["file"]):
                    pass
                else:
                    kept.append(word)
            commands.setdefault(str(path.relative_to(self.root)), kept)
        return commands

    def tool(self, name):
        if not shutil.which(name):
            raise CannotCheck(f"{name} is missing: tools/install-deps check")
        return name

    def each(self, function, items):
        """The function's results for all items, by as many workers as there are jobs."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(function, items))

    def relative(self, text):
        return text.replace(f"{self.root}/", "")
