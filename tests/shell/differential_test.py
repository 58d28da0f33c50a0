#!/usr/bin/env python3
"""What the reading of shell texts says, against what bash really does.

  differential_test.py --facts PROGRAM --stand-in PROGRAM [--bin DIR] [--scratch DIR] [--all]
                       [--status N...] [--list] [--verbose] [--only TEXT] [--made N] [--seed N]
                       [CORPUS...]

Each line of each corpus is read by shell-facts and run by bash, twice (all programs
succeed, all fail), where nothing can be reached but shells, a few real programs that
start others, and stand-ins that record being run: in a root of its own, or, with the
programs of Bailey in DIR, in a caged run (which has no /bin/sh). A line passes when every
program that ran was named by a segment, with these arguments, in that directory, and
every file that appeared was named. What the reading says that it does not know is compared
with nothing and not run (but with --all). A run that records nothing is followed by one that
must, so that a broken stage is noticed. What
`bash -n` refuses must not be read as something; what is read must pass `bash -n`.

A corpus is one line a text; a text of several lines stands between <<< and >>>. Lines
with '#' in the first column are remarks. harmless.corpus must be allowed, all but 2 %, by
the programs in harmless.programs; hostile.corpus must not, not one, by those in
hostile.programs. Besides, N texts (400) are made by chance, half of them from a grammar, half
by changing lines of the corpora; those are compared only.
"""
import argparse
import collections
import fnmatch
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from made_lines import Maker  # noqa: E402

BASH = shutil.which("bash")
HERE = pathlib.Path(__file__).resolve().parent
HOME = "/home/u"  # as the text sees them; in a cage they are real paths
WORK = "/work"
STAGE = None  # where these are when it is not the root; it may itself lie in /tmp
# Programs that start others, or that say something about files, are the real ones.
REAL = """bash sh dash env xargs find timeout nice nohup setsid stdbuf ionice chrt taskset flock
  script sed awk mawk sort split tar watch strace setpriv prlimit basename dirname mktemp tr cut
  head tail cat wc nproc seq true false test tee expr printf""".split()
# Kept in the root though they are not programs of the corpus.
NUMBERS = {"nproc": "4\n", "date": "1700000000\n", "id": "1000\n", "git": "0123abcd\n"}
# What every other stand-in prints: words that are trouble for whoever trusts them.
TROUBLE = "alpha\n-payload\na[$(payload-from-output)]\n--exec=payload\nbeta gamma\n"
FILES = {"a.txt": "one\ntwo\n", "b c.txt": "x\n", "src/main.c": "int main;\n", "src/lib.rs": "\n",
         "src/-n": "\n", "build/run.sh": "\n", "-payload": "\n", "notes.md": "# notes\n",
         "--checkpoint-action=exec=payload": "\n", "list": "alpha\nbeta\n", "data.json": "{}\n",
         "tests/test_a.py": "\n", "a[$(payload-from-name)]": "\n", "script.sh": "payload-in-script\n"}


def read_corpus(path):
    texts, block = [], None
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if block is not None:
            if line == ">>>":
                texts.append((block[0], "\n".join(block[1:])))
                block = None
            else:
                block.append(line)
        elif line == "<<<":
            block = [number]
        elif line and not line.startswith("#"):
            texts.append((number, line))
    if block is not None:
        sys.exit(f"{path}: the text at line {block[0]} has no end")
    return texts


def read_facts(program, texts):
    lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts)
    run = subprocess.run([program, HOME, WORK], input=lines.encode(), stdout=subprocess.PIPE,
                         check=True)
    facts = []
    for line in run.stdout.split(b"\n")[:len(texts)]:
        facts.append(unbyte(json.loads(line)))
    return facts


def unbyte(value):
    """shell-facts writes bytes as characters below 256."""
    if isinstance(value, str):
        return value.encode("latin-1").decode("utf-8", "surrogateescape")
    if isinstance(value, list):
        return [unbyte(item) for item in value]
    if isinstance(value, dict):
        return {unbyte(key): unbyte(item) for key, item in value.items()}
    return value


class Root:
    """A file system of its own, made anew for each run but for what never changes."""

    def __init__(self, stand_in, names, scratch=None):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="bailey-shell.", dir=scratch))
        self.root = self.top / "root"
        for name in ("bin", "real", "log", "output", "dev", "tmp", "home/u", "work", "lib", "lib64",
                     "usr"):
            (self.root / name).mkdir(parents=True)
        os.symlink("../bin", self.root / "usr/bin")
        os.symlink("../lib", self.root / "usr/lib")
        os.symlink("../lib64", self.root / "usr/lib64")
        libraries = set()
        for name in REAL:
            found = shutil.which(name)
            if not found:
                continue
            shutil.copy(os.path.realpath(found), self.root / "real" / name)
            libraries |= set(re.findall(r"(/\S+)", subprocess.run(
                ["ldd", found], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                check=False).stdout.decode()))
        buffering = pathlib.Path("/usr/libexec/coreutils/libstdbuf.so")
        if buffering.exists():
            libraries.add(str(buffering))
        for library in libraries:
            if os.path.exists(library):
                target = self.root / library.replace("/usr/", "/").lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.exists():
                    shutil.copy(os.path.realpath(library), target)
        shutil.copy(shutil.which("bash"), self.root / "bash")
        shutil.copy(stand_in, self.root / "stand-in")
        os.chmod(self.root / "stand-in", 0o555)  # one file under all its names: `tar -cf ls`
        for name in names:
            os.link(self.root / "stand-in", self.root / "bin" / name)
        for name, text in {**NUMBERS, "default": TROUBLE}.items():
            (self.root / "output" / name).write_text(text)
        self.work = self.root / "work"
        self.made = None

    def mount(self):
        """What a root needs besides files."""
        subprocess.run(["mount", "-t", "tmpfs", "dev", self.root / "dev"], check=True)
        (self.root / "dev/null").touch()
        subprocess.run(["mount", "--bind", "/dev/null", self.root / "dev/null"], check=True)
        os.symlink("/proc/self/fd", self.root / "dev/fd")
        (self.root / "proc").mkdir()
        subprocess.run(["mount", "-t", "proc", "proc", self.root / "proc"], check=True)

    def fresh(self, status):
        """The files as every text finds them; made again only when one was touched."""
        (self.root / "status").write_text(str(status))
        (self.root / "log/records").write_bytes(b"")
        if self.made is not None and self.snapshot() == self.made:
            return
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        for scratch in ("tmp", "home/u"):
            shutil.rmtree(self.root / scratch, ignore_errors=True)
            (self.root / scratch).mkdir(parents=True)
            os.chmod(self.root / scratch, 0o777)
        for name, text in FILES.items():
            path = self.work / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        for path in [self.work, *self.work.rglob("*")]:
            os.chmod(path, 0o777 if path.is_dir() else 0o666)
        for name in ("payload", "ls", "rm", "git", "make", "run.sh", "x", "tool"):
            for folder in (".", "src", "build"):
                target = self.work / folder / name
                if not target.exists() or name == "run.sh":
                    target.unlink(missing_ok=True)
                    os.link(self.root / "stand-in", target)
        os.chmod(self.root / "log/records", 0o666)
        self.made = self.snapshot()

    def snapshot(self):
        """What a change of names, contents or modes below the scratch folders shows in."""
        found, todo = {}, [str(self.work), str(self.root / "tmp"), str(self.root / "home")]
        while todo:
            folder = todo.pop()
            found[folder] = os.stat(folder).st_mtime_ns, os.stat(folder).st_mode
            with os.scandir(folder) as entries:
                for entry in entries:
                    about = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    found[entry.path] = about.st_ino, about.st_size, about.st_mtime_ns, about.st_mode
        return found

    def run(self, text):
        """Runs the text by bash; the records of the programs that ran."""
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                os.chroot(self.root)
                os.chdir("/work")
                for what, value in ((resource.RLIMIT_CPU, 2), (resource.RLIMIT_FSIZE, 1 << 22),
                                    (resource.RLIMIT_NOFILE, 256), (resource.RLIMIT_CORE, 0),
                                    (resource.RLIMIT_AS, 1 << 30)):
                    resource.setrlimit(what, (value, value))
                if os.getuid() == 0 and DROP:
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
                null = os.open("/dev/null", os.O_RDWR)
                for descriptor in (0, 1, 2):
                    os.dup2(null, descriptor)
                os.closerange(3, 64)
                os.execve("/bash", ["bash", "-c", "--", text],
                          {"PATH": "/bin", "HOME": HOME, "TERM": "dumb", "LC_ALL": "C.UTF-8"})
            except BaseException:  # nothing of the parent's may run on in the child
                os._exit(99)
        deadline = time.monotonic() + 1.5
        code = None
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                code = status
                break
            time.sleep(0.001)
        try:
            os.killpg(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if code is None:
            os.waitpid(child, 0)
        if code is not None and os.waitstatus_to_exitcode(code) == 99:
            sys.exit("differential_test: the stage cannot be set up")
        self.reap()
        return self.records()

    @staticmethod
    def reap():
        """Ends what was left in the background: all of it is in this PID namespace."""
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            others = [int(p) for p in os.listdir("/proc") if p.isdigit() and
                      int(p) not in (1, os.getpid())]
            if not others:
                return
            for pid in others:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
            time.sleep(0.0005)

    def records(self):
        data = (self.root / "log/records").read_bytes()
        records, at = [], 0
        while at < len(data):
            fields = []
            while at < len(data) and data[at:at + 1] != b"\n":
                colon = data.index(b":", at)
                size = int(data[at:colon])
                fields.append(data[colon + 1:colon + 1 + size].decode("utf-8", "surrogateescape"))
                at = colon + 1 + size + 1
            at += 1
            records.append((fields[0], fields[1], fields[2:]))
        return records

    def sees(self):
        """The control: a text that does run a program."""
        self.fresh(0)
        return [argv for _, _, argv in self.run("payload control")] == [["payload", "control"]]

    def new_files(self):
        """Files that were not there when the text began; stand-ins are no files here."""
        stand_in = os.stat(self.root / "stand-in").st_ino
        return sorted(self.seen_as(pathlib.Path(path)) for path, about in self.snapshot().items()
                      if path not in self.made and len(about) == 4 and
                      os.path.isfile(path) and about[0] != stand_in)

    def seen_as(self, path):
        return "/" + str(path.relative_to(self.root))

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)


class Cage(Root):
    """The same files, run by `bailey run`: what the policy does not name is not there."""

    def __init__(self, bin_dir, stand_in, names, scratch):
        super().__init__(stand_in, names, scratch or pathlib.Path(stand_in).resolve().parent)
        self.bailey = pathlib.Path(bin_dir) / "bailey"
        # A shell's name would ask for level 40; what is compared here is not the gate.
        os.rename(self.root / "bash", self.root / "text-runner")
        self.policy = self.top / "policy.yaml"
        self.policy.write_text(f"""version: 1
name: shell-corpus
levels: {{start: 30, max: 30}}
files:
  read: ["{self.root}/**", "/usr/lib/**", "/usr/lib64/**", "/lib/**", "/lib64/**", "/usr/libexec/**"]
  write: ["{self.root}/work/**", "{self.root}/tmp/**", "{self.root}/home/**", "{self.root}/log/records"]
commands:
  - {{id: run, decision: allow, argv: ["{self.root}/text-runner", "**"]}}
environment:
  set: {{PATH: "{self.root}/bin", HOME: "{self.root}/home/u", TERM: dumb, LC_ALL: C.UTF-8}}
limits: {{time: 3s, cpu_time: 4s, processes: 64, open_files: 256, output: 4M}}
degradations: [limits.polled]
""")

    def mount(self):
        pass

    def run(self, text):
        run = subprocess.run([self.bailey, "run", "--json", "--policy", self.policy, "--",
                              self.root / "text-runner", "-c", "--", text], cwd=self.work, check=False,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin", "HOME": str(self.top),
                                                          "BAILEY_HOME": str(self.top / "bailey")})
        # The code may be the text's own, and so may what stands before on the line.
        report = run.stderr[max(0, run.stderr.rfind(b'{"end":')):]
        if not report.startswith(b'{"end":"ran"') or b'"exec_errno"' in report or \
                b'"status":"failed"' in report:
            sys.exit(f"differential_test: the cage cannot be used: {run.stderr.decode()[-2000:]}")
        return self.records()

    def seen_as(self, path):
        return str(path)


def pattern_matches(pattern, word):
    """Bash's pattern, as Python's: '\\x' becomes '[x]'."""
    out, at = "", 0
    while at < len(pattern):
        if pattern[at] == "\\" and at + 1 < len(pattern):
            out += f"[{pattern[at + 1]}]"
            at += 2
        else:
            out += pattern[at]
            at += 1
    plain = pattern.replace("\\", "")
    return word == plain or fnmatch.fnmatchcase(word, out.replace("[^", "[!")) or "[" in out


def words_match(facts, words):
    """Can these facts about words become these words?"""
    reach = {0}
    for kind, text, many in facts:
        after = set()
        for at in reach:
            fits = []
            if kind == "literal":
                fits = [at + 1] if at < len(words) and words[at] == text else []
            elif kind == "pattern":
                end = at
                while end < len(words) and pattern_matches(text, words[end]):
                    end += 1
                    fits.append(end)
                fits.append(at)  # nullglob
            elif many:
                # The prefix is of the first word; without one there may be none.
                if not text:
                    fits = list(range(at, len(words) + 1))
                elif at < len(words) and words[at].startswith(text):
                    fits = list(range(at + 1, len(words) + 1))
            elif at < len(words) and words[at].startswith(text):
                fits = [at + 1]
            after |= set(fits)
        reach = after
    return len(words) in reach


def in_directory(base, path):
    return os.path.normpath(os.path.join(WORK, base, path))


def names(segment, record):
    path, cwd, argv = record
    if segment["role"] == "builtin" or not segment["argv"]:
        return False
    kind, program, _ = segment["argv"][0]
    if kind != "literal":
        return False
    if "/" in program:
        if segment["directory"] is None:
            if not program.startswith("/") and os.path.normpath(os.path.join(cwd, program)) != \
                    os.path.normpath(os.path.join(cwd, path)):
                return False
        elif in_directory(segment["directory"], program) != os.path.normpath(
                os.path.join(cwd, path)):
            return False
    elif os.path.basename(path) != program:
        return False
    if segment["directory"] is not None and segment["directory"] != "" and \
            cwd != in_directory(segment["directory"], "."):
        return False
    return words_match(segment["argv"][1:], argv[1:])


def is_certain(facts):
    return "error" not in facts and all(s["standing"] == "judged" for s in facts["segments"]) and \
        not any(v["effect"] != "splitting" for v in facts["variables"])


# Programs that make files of their own here.
MAKERS = {"sed", "tar", "split", "script", "mktemp", "sort", "tee", "awk", "mawk", "flock", "nohup"}


def is_helper(record, facts):
    """What tar starts by a fixed name, to compress."""
    _, _, argv = record
    words = argv[2].split() if argv[1:2] == ["-c"] and len(argv) > 2 else [os.path.basename(argv[0])]
    return words[:1] and words[0] in ("gzip", "bzip2", "xz", "zstd") and \
        any(s["argv"] and s["argv"][0][1] == "tar" for s in facts["segments"])


def unnamed_files(facts, new, records):
    if any(os.path.basename(path) in MAKERS for path, _, _ in records):
        return []
    missing = []
    for path in new:
        for file in facts["files"]:
            kind, text, _ = file["path"]
            if file["use"] in ("read", "delete", "connect"):
                continue
            if kind != "literal" or file["directory"] is None or \
                    in_directory(file["directory"], text) == path:
                break
        else:
            missing.append(path)
    return missing


def denial(facts, programs):
    """Why a policy would say no that allows these programs with any arguments and writing
    below the working directory and in /tmp; None when it would not."""
    if "error" in facts:
        return facts["error"]
    for segment in facts["segments"]:
        if segment["standing"] != "judged":
            return f"{segment['standing']} {segment['why']}"
    for variable in facts["variables"]:
        if variable["effect"] != "splitting":
            return f"variable {variable['name']}"
    for segment in facts["segments"]:
        if segment["role"] == "program" and segment["argv"][0][1] not in programs:
            return f"program {segment['argv'][0][1]}"
    for file in facts["files"]:
        kind, text, _ = file["path"]
        if file["use"] == "connect":
            return "file connect"
        if file["use"] == "read":
            continue
        if kind != "literal":
            # As far as it is known: a folder below, and no way back up.
            if text and not text.startswith(("/", "~", "-")) and "/" in text and ".." not in text \
                    and file["directory"] is not None:
                continue
            return "file unknown"
        if file["directory"] is None and not text.startswith("/"):
            return "file in an unknown directory"
        path = in_directory(file["directory"] or "", text)
        staged = STAGE is not None and path.startswith(STAGE + "/")
        if not path.startswith(WORK + "/") and not (path.startswith("/tmp/") and not staged) and \
                path not in ("/dev/null", "/dev/stderr"):
            return f"file {path}"
    return None


def accepts(text):
    return subprocess.run([BASH, "-n", "-c", "--", text], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                          env={"PATH": "/nowhere", "LC_ALL": "C.UTF-8"}).returncode == 0


def enter_stage():
    """This program again, in namespaces of its own: no network, no other process to signal."""
    flags = ["--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--mount-proc"]
    if os.getuid() != 0:
        flags += ["--user", "--map-root-user"]
    arguments = ["unshare", *flags, "--", sys.executable, "-B", __file__, "--staged", *sys.argv[1:]]
    sys.exit(subprocess.run(arguments, check=False).returncode)


def main():
    global DROP, HOME, WORK, STAGE
    parser = argparse.ArgumentParser()
    parser.add_argument("--facts", required=True)
    parser.add_argument("--stand-in", required=True)
    parser.add_argument("--bin", help="where bailey is: run each text in a cage")
    parser.add_argument("--scratch", help="where the files of the runs are; not in /tmp for a cage")
    parser.add_argument("--status", type=int, nargs="*", default=[0, 1], help="what programs end with")
    parser.add_argument("--all", action="store_true", help="run also what the reading does not know")
    parser.add_argument("--staged", action="store_true")
    parser.add_argument("--list", action="store_true", help="say why each line is not allowed")
    parser.add_argument("--only", help="only lines that hold this")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--made", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("corpora", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    if not options.staged and not options.bin:
        enter_stage()
    with open("/proc/self/uid_map", encoding="ascii") as mapped:
        DROP = mapped.read().split()[2] != "1"  # a lone mapped root has nobody else to be
    corpora = options.corpora or [HERE / "harmless.corpus", HERE / "hostile.corpus"]
    texts = []
    for corpus in corpora:
        for number, text in read_corpus(corpus):
            if options.only is None or options.only in text:
                texts.append((corpus, number, text))
    if options.only is None:
        maker = Maker(options.seed)
        lines = [text for _, _, text in texts]
        for number in range(options.made):
            text = maker.text() if number % 2 == 0 else \
                maker.changed(maker.random.choice(lines), maker.random.choice(lines))
            if "\0" not in text and "\r" not in text:
                texts.append((pathlib.Path("made"), number, text))
    names_used = set(NUMBERS) | set(REAL)
    for _, _, text in texts:
        names_used |= set(re.findall(r"[A-Za-z0-9_+][A-Za-z0-9_.+-]*", text))
    names_used |= {"payload", "payload-from-output", "payload-from-name", "payload-in-script"}
    names_used = {name for name in names_used if len(name) < 60}
    root = Cage(options.bin, options.stand_in, names_used, options.scratch) if options.bin else \
        Root(options.stand_in, names_used, options.scratch)
    if options.bin:
        HOME, WORK = str(root.root / "home/u"), str(root.work)
        STAGE = str(root.root)
    facts = read_facts(options.facts, [text for _, _, text in texts])
    root.mount()
    failures = []
    counts = collections.Counter()
    reasons = collections.defaultdict(list)
    try:
        for (corpus, number, text), found in zip(texts, facts):
            where = f"{corpus.name}:{number}"
            made = corpus.name == "made"
            programs = set() if made else \
                set((corpus.parent / f"{corpus.stem}.programs").read_text().split())
            counts[corpus.stem, "lines"] += 1
            refused = not accepts(text)
            if refused and "error" not in found:
                failures.append(f"{where}: bash -n refuses what was read: {text!r}")
            if not refused and found.get("error") in ("shell.syntax",):
                counts[corpus.stem, "refused though bash takes it"] += 1
            reason = denial(found, programs)
            allowed = reason is None
            counts[corpus.stem, "allowed"] += allowed
            if not allowed and not made:
                reasons[corpus.stem, reason].append(where)
                if options.list:
                    print(f"{where}: {reason}: {text!r}")
            if allowed and corpus.stem == "hostile":
                failures.append(f"{where}: allowed: {text!r}")
            certain = is_certain(found)
            counts[corpus.stem, "certain"] += certain
            # What is not known, and said so, is compared with nothing.
            for status in options.status if certain or options.all else ():
                started = time.monotonic()
                root.fresh(status)
                records = root.run(text)
                counts[corpus.stem, "programs run"] += len(records)
                if time.monotonic() - started > 0.5:
                    counts[corpus.stem, "slow runs"] += 1
                    if options.verbose:
                        print(where, "slow", round(time.monotonic() - started, 2))
                if options.verbose:
                    print(where, status, [(path, argv[1:]) for path, _, argv in records])
                if not certain:
                    continue
                for record in records:
                    if not any(names(segment, record) for segment in found["segments"]) and \
                            not is_helper(record, found):
                        failures.append(f"{where}: ran unnamed: {record!r} in {text!r}")
                        break
                for path in unnamed_files(found, root.new_files(), records):
                    failures.append(f"{where}: wrote unnamed: {path} in {text!r}")
                # Nothing at all may be true, or the stage does not record any more.
                if not records and not root.sees():
                    sys.exit(f"differential_test: {where}: nothing is recorded any more")
                if records:
                    counts[corpus.stem, f"lines compared, status {status}"] += 1
    finally:
        root.close()
    for failure in failures:
        print(failure)
    for (corpus, what), count in sorted(counts.items()):
        print(f"{corpus}: {what}: {count}")
    for corpus in sorted({c.stem for c in corpora}):
        for (name, reason), places in sorted(reasons.items(), key=lambda item: -len(item[1])):
            if name == corpus and corpus != "hostile":
                print(f"{corpus}: not allowed, {reason}: {len(places)} ({' '.join(places[:4])})")
    if options.only is None:
        lines, allowed = counts["harmless", "lines"], counts["harmless", "allowed"]
        if lines:
            share = 100 * (lines - allowed) / lines
            print(f"harmless: {share:.2f} % not allowed")
            if share >= 2:
                failures.append("too many harmless lines are not allowed")
        for corpus, least in (("harmless", 1000), ("hostile", 300)):
            if 0 < counts[corpus, "lines"] < least:
                failures.append(f"{corpus}.corpus has fewer than {least} lines")
    print("FAILED" if failures else "passed")
    return 1 if failures else 0


DROP = True
if __name__ == "__main__":
    sys.exit(main())
