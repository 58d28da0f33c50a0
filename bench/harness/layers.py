"""Our cage with its layers switched on one by one, by a program of the bench's own."""
import os

import stats
from start import milliseconds, see_cage, write_plan


def measure(world, runs, warmups):
    workspace = world.folder("workspace-layers")
    noop = world.place("noop", workspace)
    plan = write_plan(world, see_cage(world, workspace), "layers")
    program = world.program("layers")
    names = world.run([program, "--list"]).splitlines()
    commands = [("0", workspace, [noop])]
    commands += [(str(number), workspace, [program, str(number), plan, workspace, noop])
                 for number in range(1, len(names) + 1)]
    # The whole cage of the product: with its warden, its canaries and its limits.
    commands.append(("cage", workspace, [world.program("cage_alone"), world.product, plan,
                                         workspace, noop]))
    series = world.interleave(commands, runs, warmups)
    titles = ["bare", *names, "the product's cage: warden, canaries"]
    rows = [{"name": title, "wall_ms": milliseconds(walls), "cpu_ms": stats.median(cpus) / 1000}
            for title, (walls, cpus) in zip(titles, series.values())]
    return {"rows": rows}
