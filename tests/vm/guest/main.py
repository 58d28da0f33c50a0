"""Process 1 of a guest: makes the machine that the boot asks for, runs its suites, ends it.

/results/boot.json (written by the host) says what is asked; one line of JSON a suite goes to
/results/suites.jsonl, what the suites printed to /results/<suite>.log. When the last one is
over "done" is added, and the machine is switched off."""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

RESULTS = pathlib.Path("/results")
GROUPS = pathlib.Path("/sys/fs/cgroup")
SOURCE = "/bailey/source"
BIN, TESTS = "/bailey/bin", "/bailey/tests"
USER = 990
# Attackers get a machine that makes it easy for them: what a setting of the guest refused
# would say nothing about the cage.
EASY = {"dev/tty/legacy_tiocsti": "1", "net/ipv4/tcp_fastopen": "3",
        "net/ipv4/ping_group_range": "0 2147483647", "vm/unprivileged_userfaultfd": "1",
        "kernel/perf_event_paranoid": "-1", "kernel/yama/ptrace_scope": "0",
        "fs/protected_symlinks": "0", "fs/protected_hardlinks": "0", "fs/protected_fifos": "0",
        "kernel/dmesg_restrict": "0", "kernel/kptr_restrict": "0",
        "kernel/io_uring_disabled": "0"}


SCOPED = """#!/bin/sh
# Into a group of one's own, made like a unit's, then the real bailey.
set -eu
above=$(dirname "/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)")/unit-$$
mkdir -p "$above"
echo '+memory +pids +cpu' >"$above/cgroup.subtree_control"
mkdir "$above/service"
chmod 555 "$above"
echo $$ >"$above/service/cgroup.procs"
exec "$(dirname "$0")/../bin/bailey" "$@"
"""


def mount(kind, source, target, options=""):
    pathlib.Path(target).mkdir(parents=True, exist_ok=True)
    command = ["/usr/bin/mount", "-t", kind, source, target]
    subprocess.run(command + (["-o", options] if options else []), check=True)


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def furnish():
    """The rest of a running system: file systems, loopback, a second address, settings."""
    mount("tmpfs", "run", "/run", "mode=755")
    mount("tmpfs", "shm", "/dev/shm", "mode=1777")
    mount("devpts", "devpts", "/dev/pts", "ptmxmode=666,gid=5,mode=620")
    mount("mqueue", "mqueue", "/dev/mqueue")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"),
                         ("stderr", "fd/2")):
        if not os.path.lexists(f"/dev/{name}"):
            os.symlink(target, f"/dev/{name}")
    busybox = "/bailey/busybox"
    for command in (["ip", "link", "set", "lo", "up"], ["ip", "link", "add", "d0", "type", "dummy"],
                    ["ip", "addr", "add", "192.0.2.2/24", "dev", "d0"],
                    ["ip", "link", "set", "d0", "up"], ["hostname", "bailey-vm"]):
        subprocess.run([busybox, *command], check=False)
    for name, value in EASY.items():
        try:
            write(f"/proc/sys/{name}", value)
        except OSError:
            pass  # not in this kernel


def prepare(asked):
    for name, value in asked.get("sysctl", {}).items():
        write("/proc/sys/" + name.replace(".", "/"), value)
    if asked["cgroups"] == "v2":
        mount("cgroup2", "cgroup2", str(GROUPS), "nsdelegate")
        (GROUPS / "init").mkdir()
        for pid in (GROUPS / "cgroup.procs").read_text().split():
            try:
                write(GROUPS / "init/cgroup.procs", pid)
            except OSError:
                pass  # a thread of the kernel
        hand_on(GROUPS)
        (GROUPS / "suites").mkdir()
        hand_on(GROUPS / "suites")


def hand_on(group):
    for controller in (group / "cgroup.controllers").read_text().split():
        if controller in ("memory", "pids", "cpu", "io"):
            write(group / "cgroup.subtree_control", f"+{controller}")


def give(group, uid):
    """As systemd delegates: the group and the three files that hand it on."""
    for name in (".", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
        os.chown(group / name, uid, uid)


def make_group(suite, cgroups):
    """The cgroup that the suite runs in. `shape` is who owns what:
    delegated: the group and the one above it, which hands its controllers on;
    service: the same, and every `bailey` starts in a group that is its own alone, beneath one
    in which it may make nothing, as a unit of systemd's with Delegate=yes (SCOPED);
    foreign: nothing."""
    if cgroups != "v2":
        return None, None
    top = GROUPS / "suites" / suite["name"]
    top.mkdir()
    uid = USER if suite["user"] else 0
    if suite["shape"] == "foreign":
        return top, top
    give(top, uid)
    hand_on(top)
    (top / "run").mkdir()
    give(top / "run", uid)
    return top, top / "run"


def command_of(suite, results):
    kind, user = suite["kind"], suite["user"]
    as_user = [f"{SOURCE}/tools/as-user"]
    for name in ("BAILEY_SLOWNESS", "BAILEY_MISSING", "BAILEY_GUEST"):
        as_user += ["--keep", name]
    if kind == "platform":
        name = suite.get("filter") or "*"
        words = f"--gtest_brief=1 --gtest_filter='{name}' --gtest_output=json:{results}"
        if not user:
            return ["sh", "-c", f"exec {TESTS}/platform_test {words}"]
        for program in ("platform_test", "cage-probe", "raw-call", "bailey-warden"):
            as_user += ["--stage", f"{TESTS}/{program}"]
        return as_user + ["--", "sh", "-c", f"exec $STAGE/platform_test {words}"]
    if kind == "doctor":
        run = [f"{BIN}/bailey", "doctor", "--json"]
        if not user:
            return run
        return as_user + ["--stage", BIN, "--", "sh", "-c", "exec $STAGE/bin/bailey doctor --json"]
    modules = suite["modules"]
    scoped = suite["shape"] == "service"
    if scoped:
        os.makedirs("/bailey/scoped", exist_ok=True)
        write("/bailey/scoped/bailey", SCOPED)
        os.chmod("/bailey/scoped/bailey", 0o755)
        as_user += ["--stage", "/bailey/scoped"]
    programs = "scoped" if scoped else "bin"
    words = f"--results {results} {' '.join(suite.get('options', ()))} {' '.join(modules)}"
    if not user:
        return ["sh", "-c", f"cd {SOURCE}/tests/attack && exec python3 -B run_attacks.py "
                f"--bin /bailey/{programs} --victim {TESTS}/victim {words}"]
    as_user += ["--stage", f"{SOURCE}/tests/attack", "--stage", BIN,
                "--stage", f"{TESTS}/victim", "--stage", f"{TESTS}/without"]
    return as_user + ["--", "sh", "-c", "cd $STAGE/attack && exec python3 -B run_attacks.py "
                      f"--bin $STAGE/{programs} --victim $STAGE/victim {words}"]


def tests_of(kind, path):
    """[{"id", "outcome", "why"}] from what the suite wrote."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return []
    if kind != "platform":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    tests = []
    for group in json.loads(text)["testsuites"] if text else ():
        for test in group["testsuite"]:
            if test.get("status") == "NOTRUN":
                continue
            failures = [entry["failure"] for entry in test.get("failures", ())]
            skipped = test.get("result") == "SKIPPED"
            tests.append({"id": f"{group['name']}.{test['name']}",
                          "outcome": "failed" if failures else "skipped" if skipped else "passed",
                          "why": "\n".join(failures)[:4000]})
    return tests


def run_suite(suite, asked):
    begun = time.monotonic()
    top, group = make_group(suite, asked["cgroups"])
    results = pathlib.Path("/run/suite") / f"{suite['name']}.results"
    results.parent.mkdir(exist_ok=True)
    results.touch()
    os.chown(results, USER if suite["user"] else 0, 0)

    def join():
        if group is not None:
            write(group / "cgroup.procs", "0")

    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root",
                   "LANG": "C.UTF-8", "TERM": "dumb", "BAILEY_GUEST": "1",
                   "BAILEY_SLOWNESS": str(asked["slowness"]),
                   "BAILEY_MISSING": ",".join(asked["missing"])}
    log = open(RESULTS / f"{suite['name']}.log", "wb")
    with log:
        child = subprocess.Popen(command_of(suite, results), stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=subprocess.STDOUT, env=environment, preexec_fn=join,
                                 cwd="/", start_new_session=True)
        try:
            code = child.wait(timeout=suite["seconds"])
        except subprocess.TimeoutExpired:
            code = None
            os.killpg(child.pid, signal.SIGKILL)
            if top is not None:
                write(top / "cgroup.kill", "1")
            child.wait()
    left = []
    if top is not None:
        # What a run leaves behind in the tree that was lent to it.
        time.sleep(0.2)
        left = [str(path.relative_to(top)) for path in top.rglob("bailey-*")
                if path.is_dir() and path.name != "bailey-self"]
        if (top / "cgroup.kill").exists():
            write(top / "cgroup.kill", "1")
    shutil.copy(results, RESULTS / f"{suite['name']}.results")
    said = {"suite": suite["name"], "kind": suite["kind"], "code": code, "left": left,
            "seconds": round(time.monotonic() - begun, 1),
            "tests": tests_of(suite["kind"], results)}
    with open(RESULTS / "suites.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(said) + "\n")
    print(f"guest: {suite['name']} ended with {code} after {said['seconds']} s", flush=True)


def work():
    with open(RESULTS / "boot.json", encoding="utf-8") as file:
        asked = json.load(file)
    furnish()
    prepare(asked)
    machine = {"kernel": os.uname().release, "version": os.uname().version,
               "lsm": pathlib.Path("/sys/kernel/security/lsm")}
    mount("securityfs", "securityfs", "/sys/kernel/security")
    machine["lsm"] = machine["lsm"].read_text().strip()
    machine["cgroup"] = pathlib.Path("/proc/self/cgroup").read_text().strip()
    if asked["cgroups"] == "v2":
        machine["controllers"] = (GROUPS / "suites/cgroup.subtree_control").read_text().strip()
    write(RESULTS / "machine.json", json.dumps(machine))
    for suite in asked["suites"]:
        run_suite(suite, asked)
    with open(RESULTS / "suites.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"done": True}) + "\n")


def main():
    worker = os.fork()
    if worker == 0:
        try:
            work()
        except BaseException:  # the log is all that anybody will see
            import traceback
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    while True:
        pid, _ = os.wait()  # orphans end up here too
        if pid == worker:
            break
    os.sync()
    ctypes.CDLL(None).reboot(0x4321FEDC)


if __name__ == "__main__":
    main()
