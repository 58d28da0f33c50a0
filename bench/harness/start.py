"""Start to exit of a static no-op: bare, in the peers' cages, in ours, governed."""
import json
import os

import stats
import view as views
from residue import Residue
from world import CannotMeasure

ALL_NAMESPACES = ["--user", "--map-current-user", "--mount", "--pid", "--fork", "--net", "--ipc",
                  "--uts", "--cgroup", "--time"]


def milliseconds(values):
    return {key: value if key == "runs" else value / 1e6
            for key, value in stats.summary(values).items()}


def see_cage(world, workspace):
    """The view and the limits of a real run under the default policy, all layers proven."""
    look = world.place("look", workspace)
    done = world.attempt(world.governed([look], workspace, ["--json"]))
    if done.returncode != 0:
        raise CannotMeasure(f"a governed run ended with {done.returncode}: {done.stderr[-1500:]}")
    seen = views.read_view(done.stdout)
    if not any(target == workspace and access == "rw" for _, target, access in seen.binds):
        raise CannotMeasure("the cage's mounts do not show a writable workspace")
    try:
        evidence = json.loads(done.stderr.splitlines()[-1])["evidence"]
        seen.limits = [(limit["name"], limit["requested"]) for limit in evidence["limits"]
                       if limit["class"] != "none"]
        unproven = [layer["name"] for layer in evidence["layers"] if layer["state"] != "proven"]
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise CannotMeasure(f"no report of the run to read: {done.stderr[-500:]}") from error
    if unproven:
        raise CannotMeasure("layers not proven in a run: " + ", ".join(unproven))
    return seen


def write_plan(world, seen, name):
    path = os.path.join(world.folder("plan"), name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(views.plan_lines(seen))
    return path


def commands_of(world, workspace, noop, seen, receipts):
    plan = write_plan(world, seen, "start")
    bubblewrap = [world.peer("bwrap"), *views.bubblewrap_arguments(seen), "--chdir", workspace,
                  "--", noop]
    governed = world.governed([noop], workspace,
                              ["--receipt", os.path.join(receipts, "@RUN@.receipt")])
    return [("bare", workspace, [noop]),
            ("unshare", workspace, [world.peer("unshare"), *ALL_NAMESPACES, noop]),
            ("bwrap", workspace, bubblewrap),
            ("cage", workspace, [world.program("cage_alone"), world.product, plan, workspace, noop]),
            ("governed", workspace, governed)]


def check_doctor(world):
    """Every layer proven, or the figures are not those of a whole cage."""
    done = world.attempt([world.bailey, "doctor", "--json"])
    try:
        layers = json.loads(done.stdout)["layers"]
    except (ValueError, KeyError, TypeError) as error:
        raise CannotMeasure(f"doctor gave no list of layers: {done.stderr.strip()[-500:]}") from error
    # A limit that no group of this user can hold is no layer of the cage: the run polls it and
    # says so. One that can be held has to be proven like the rest.
    def counts(layer):
        return layer.get("available") is True or not layer["name"].startswith("limit.")
    unproven = [layer["name"] for layer in layers
                if layer.get("proven") is not True and counts(layer)]
    if not layers:
        raise CannotMeasure("doctor knows no layer")
    return {"layers": len(layers), "unproven": unproven}


def verify_receipts(world, receipts, runs):
    """Every receipt of the loop, by the offline verifier and nothing but the public keys."""
    key = os.path.join(world.folder("plan"), "public.vkey")
    with open(key, "w", encoding="utf-8") as file:
        for role in ("ledger", "receipts"):
            file.write(world.run([world.bailey, "key", "export", role]))
    names = sorted(name for name in os.listdir(receipts) if name.endswith(".receipt"))
    kept = [name for name in names if not name.startswith("w")]
    if len(kept) != runs:
        raise CannotMeasure(f"{len(kept)} receipts of {runs} runs")
    for name in names:
        world.run([world.verifier, "receipt", "--key", key, os.path.join(receipts, name)])
    tampered = os.path.join(receipts, "tampered")
    with open(os.path.join(receipts, names[0]), encoding="utf-8") as file:
        text = file.read()
    with open(tampered, "w", encoding="utf-8") as file:
        file.write(text.replace('"process.run"', '"process.ran"', 1) if '"process.run"' in text
                   else text[:len(text) // 2] + text[len(text) // 2 + 1:])
    if world.attempt([world.verifier, "receipt", "--key", key, tampered]).returncode == 0:
        raise CannotMeasure("bailey-verify accepts a receipt that was changed")
    world.run([world.bailey, "log", "verify"])
    return len(names)


def measure(world, runs, warmups):
    workspace = world.folder("workspace-start")
    receipts = world.folder("receipts")
    noop = world.place("noop", workspace)
    world.run([world.bailey, "init"])
    doctor = check_doctor(world)
    seen = see_cage(world, workspace)
    commands = commands_of(world, workspace, noop, seen, receipts)
    residue = Residue(os.path.dirname(world.product))
    series = world.interleave(commands, runs, warmups)
    left = residue.left()
    verified = verify_receipts(world, receipts, runs)

    rows = {name: {"wall_ms": milliseconds(walls), "cpu_ms": stats.median(cpus) / 1000}
            for name, (walls, cpus) in series.items()}
    p50 = {name: row["wall_ms"]["p50"] for name, row in rows.items()}
    tail = {name: row["wall_ms"]["p99"] / row["wall_ms"]["p50"] for name, row in rows.items()}
    for name, row in rows.items():
        row["p50_to_bwrap"] = p50[name] / p50["bwrap"]
        row["p99_to_p50"] = tail[name]
        # The ratio in each quarter of the loop: how far it wanders by itself.
        quarter = max(1, runs // 4)
        row["p50_to_bwrap_by_quarter"] = [
            stats.median(series[name][0][at:at + quarter]) /
            stats.median(series["bwrap"][0][at:at + quarter])
            for at in range(0, quarter * 4, quarter) if at + quarter <= runs]
    targets = [
        stats.at_most("cage alone, p50 to bwrap", rows["cage"]["p50_to_bwrap"], 0.6),
        stats.at_most("governed run, p50 to bwrap", rows["governed"]["p50_to_bwrap"], 1.0),
        stats.at_most("governed run, p99 to its own p50", tail["governed"],
                      max(3.0, tail["bwrap"])),
        stats.at_most("layers that doctor has not proven", len(doctor["unproven"]), 0, ""),
        stats.at_most("left behind by the loop", len(left), 0, ""),
    ]
    return {"rows": rows, "targets": targets, "doctor": doctor, "left_behind": left,
            "receipts_verified": verified, "disk": world.file_system(),
            "mounts_in_cage": seen.mounts,
            "bwrap_arguments": commands[2][2][1:-4]}
