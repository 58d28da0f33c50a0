"""Resident memory of what stands beside a caged program: signer, warden, init."""
import os
import subprocess
import time

import stats
from world import CannotMeasure

MIB = 1024.0


def children_of(parent):
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(name))
    return found


def kibibytes(pid):
    """Resident set of a process; VmRSS counts shared pages in full, which is the strict view."""
    values = {}
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, rest = line.partition(":")
            if key in ("VmRSS", "VmHWM", "Name"):
                values[key] = rest.split()[0]
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            values["Pss"] = next(line.split()[1] for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        pass  # An undumpable process shows its maps to root only.
    result = {key.lower(): int(value) for key, value in values.items() if key != "Name"}
    result["name"] = values.get("Name", "?")
    if "vmrss" not in result:
        raise CannotMeasure(f"process {pid} has no resident set")
    return result


def chain_from(signer, program):
    """signer, warden, init: the line of only children down to the caged program."""
    line, pid = [], signer
    while True:
        children = children_of(pid)
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            if file.read().strip() == program:
                return line
        line.append(pid)
        if len(children) != 1:
            raise CannotMeasure(f"process {pid} of the street has {len(children)} children, not 1")
        pid = children[0]


def measure(world):
    workspace = world.folder("workspace-memory")
    hold = world.place("hold", workspace)
    running = subprocess.Popen(world.governed([hold, "3000"], workspace), cwd=workspace,
                               env=world.environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(1.2)
        if running.poll() is not None:
            raise CannotMeasure(f"the run ended with {running.returncode}: {running.stderr.read()}")
        line = chain_from(running.pid, "hold")
        if len(line) < 3:
            raise CannotMeasure(f"expected signer, warden and init above the program, saw {len(line)}")
        sizes = [kibibytes(pid) for pid in line]
    except OSError as error:
        raise CannotMeasure(f"the street could not be looked at: {error}") from error
    finally:
        running.communicate()
    outside, init = sizes[:-1], sizes[-1]
    together = sum(size["vmrss"] for size in outside) / MIB
    return {"processes": sizes,
            "targets": [stats.at_most("signer and warden together, resident", together, 8.0, "MiB"),
                        stats.at_most("init, resident", init["vmrss"], 300, "KiB")]}
