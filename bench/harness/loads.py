"""Work inside the cage against the same work bare: a compile, git status, Redis.

Each pair is repeated in turn, bare and caged; speed is bare time / caged time (for Redis
caged rate / bare rate) of the medians. A caged time holds the whole governed run.
"""
import csv
import io
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
    return row


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
