"""Work inside the cage against the same work bare: a compile, git status, Redis; and the
compile with events seen and unseen.

Each pair is repeated in turn, bare and caged; speed is bare time / caged time (for Redis
caged rate / bare rate) of the medians. A caged time holds the whole governed run.
"""
import csv
import io
import json
import os
import socket

import stats
from world import CannotMeasure

SOURCE = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>

struct item_{n} {{ int key; char name[32]; struct item_{n}* next; }};

static struct item_{n}* add_{n}(struct item_{n}* head, int key) {{
  struct item_{n}* item = calloc(1, sizeof *item);
  if (item == NULL) return head;
  item->key = key * {n};
  snprintf(item->name, sizeof item->name, "item %d of {n}", key);
  item->next = head;
  return item;
}}

int run_{n}(int count) {{
  struct item_{n}* head = NULL;
  size_t length = 0;
  for (int i = 0; i < count; ++i) head = add_{n}(head, i);
  while (head != NULL) {{
    struct item_{n}* next = head->next;
    length += strlen(head->name) + (size_t)(head->key % 7);
    free(head);
    head = next;
  }}
  return (int)length;
}}
"""


def pair(world, name, workspace, words, runs, options=()):
    """Bare and caged in turn; the row of the report."""
    series = world.interleave([("bare", workspace, words),
                               ("caged", workspace, world.governed(words, workspace, options))],
                              runs, 1)
    bare, caged = (stats.median(series[side][0]) / 1e6 for side in ("bare", "caged"))
    return {"name": name, "runs": runs, "bare_ms": bare, "caged_ms": caged, "speed": bare / caged,
            "added_ms": caged - bare}


def compile_files(world, runs, files):
    workspace = world.folder("workspace-compile")
    for number in range(files):
        with open(os.path.join(workspace, f"file{number}.c"), "w", encoding="ascii") as file:
            file.write(SOURCE.format(n=number))
    objects = " ".join(f"file{number}.o" for number in range(files))
    with open(os.path.join(workspace, "Makefile"), "w", encoding="ascii") as file:
        file.write(f"all: {objects}\n%.o: %.c\n\tgcc -O1 -c -o $@ $<\n")
    words = [world.peer("make"), "-s", "-B", f"-j{os.cpu_count()}"]
    row = pair(world, f"compile of {files} C files", workspace, words, runs)
    row["target"] = stats.at_least(f"compile of {files} files, speed to bare", row["speed"], 0.97)
    return [row, *events(world, workspace, words, runs)]


def events(world, workspace, words, runs):
    """What hearing of refused calls costs: the same caged work where the kernel refuses the
    cage a listener, where it has one, and where opened files are told, too. All three stand
    beneath the same filter that allows everything, so that it costs each the same."""
    def beneath(kind, *options):
        return [world.program("beneath"), kind, *world.governed(words, workspace, options)]

    sides = {"unheard": ("none", beneath("listener")), "heard": ("own", beneath("plain")),
             "observed": ("own", beneath("plain", "--observe"))}
    for name, (listener, command) in sides.items():
        at = command.index("--workspace")
        said = world.attempt([*command[:at], "--json", *command[at:]]).stderr
        report = json.loads(said[said.rfind('{"end":'):])
        found = report["evidence"]["details"]["events"]
        if found["listener"] != listener or found["files"] != (name == "observed"):
            raise CannotMeasure(f"the {name} cage says of its listener: {found}")
    series = world.interleave([(name, workspace, command) for name, (_, command) in sides.items()],
                              runs, 1)
    rows = []
    for name, title in (("heard", "refused calls, connects, starts"), ("observed", "and --observe")):
        # Round by round: a slow second hits all that was started in it.
        ratio = stats.median([mine / other for mine, other in
                              zip(series[name][0], series["unheard"][0])])
        rows.append({"name": title, "runs": runs, "ratio": ratio,
                     "unheard_ms": stats.median(series["unheard"][0]) / 1e6,
                     "heard_ms": stats.median(series[name][0]) / 1e6})
    rows[0]["target"] = stats.at_most("compile with events, to the same without", rows[0]["ratio"],
                                      1.01)
    return rows


def git_status(world, runs, files):
    workspace = world.folder("workspace-git")
    for folder in range(0, files // 100):
        path = os.path.join(workspace, f"d{folder // 50}", f"e{folder}")
        os.makedirs(path)
        for number in range(100):
            name = os.path.join(path, f"f{number}")
            with open(name, "w", encoding="ascii") as file:
                file.write(f"{folder} {number}\n")
            # Older than the index, or every status would read the contents again.
            os.utime(name, (1_600_000_000, 1_600_000_000))
    git = world.peer("git")
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0"]
    world.run([git, *who, "init", "-q", workspace])
    world.run([git, *who, "-C", workspace, "add", "-A"])
    world.run([git, *who, "-C", workspace, "commit", "-q", "-m", "files"])
    # The first status settles the index, so that every timed one only looks.
    world.run([git, "-C", workspace, "status", "--porcelain"])
    row = pair(world, f"git status on {files:,} files", workspace,
               [git, "--no-optional-locks", "status", "--porcelain"], runs)
    row["target"] = stats.at_least(f"git status on {files:,} files, speed to bare", row["speed"],
                                   0.90)
    return row


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def rates(text):
    rows = csv.reader(io.StringIO(text))
    return {row[0]: float(row[1]) for row in rows if len(row) > 1 and row[0] in ("SET", "GET")}


def redis(world, runs, requests):
    workspace = world.folder("workspace-redis")
    load = world.place("redis_load", workspace)
    words = [load, world.peer("redis-server"), world.peer("redis-benchmark"), str(free_port()),
             str(requests)]
    seen = {"bare": {"SET": [], "GET": []}, "caged": {"SET": [], "GET": []}}
    for run in range(runs):
        sides = ["bare", "caged"] if run % 2 == 0 else ["caged", "bare"]
        for side in sides:
            command = words if side == "bare" else world.governed(words, workspace)
            got = rates(world.run(command, cwd=workspace))
            if len(got) != 2:
                raise CannotMeasure(f"redis-benchmark gave no SET and GET rate ({side})")
            for name, rate in got.items():
                seen[side][name].append(rate)
    rows = []
    for name in ("SET", "GET"):
        bare, caged = stats.median(seen["bare"][name]), stats.median(seen["caged"][name])
        rows.append({"name": f"redis {name}", "runs": runs, "bare_per_s": bare,
                     "caged_per_s": caged, "speed": caged / bare,
                     "target": stats.at_least(f"redis {name} inside, speed to bare", caged / bare,
                                              0.90)})
    return rows
