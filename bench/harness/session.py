"""One session of measurements, as whoever runs it; prints one JSON object.

  session.py --product DIR --programs DIR --parts NAME,... [--quick]

bench/run starts it once as an ordinary user and once as root.
"""
import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import layers  # noqa: E402
import loads  # noqa: E402
import memory  # noqa: E402
import start  # noqa: E402
from world import CannotMeasure, World  # noqa: E402

# Runs: of the headline, of the layers, then repetitions of the loads.
FULL = {"start": 1000, "layers": 300, "compile": 21, "git": 41, "redis": 9, "warmups": 20,
        "files": 50_000, "sources": 200, "requests": 200_000}
QUICK = {"start": 20, "layers": 20, "compile": 2, "git": 5, "redis": 2, "warmups": 3,
         "files": 5_000, "sources": 20, "requests": 20_000}


def parts_of(world, size):
    return {
        "start": lambda: start.measure(world, size["start"], size["warmups"]),
        "layers": lambda: layers.measure(world, size["layers"], size["warmups"]),
        "memory": lambda: memory.measure(world),
        "compile": lambda: loads.compile_files(world, size["compile"], size["sources"]),
        "git": lambda: loads.git_status(world, size["git"], size["files"]),
        "redis": lambda: loads.redis(world, size["redis"], size["requests"]),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--product", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--parts", required=True)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    top = tempfile.mkdtemp(prefix="bench.", dir=os.environ.get("TMPDIR", "/tmp"))
    os.chmod(top, 0o755)
    result = {"uid": os.getuid(), "quick": options.quick, "parts": {}, "not_measured": {}}
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            result["load_before"] = float(file.read().split()[0])
        world = World(os.path.realpath(options.product), os.path.realpath(options.programs), top)
        parts = parts_of(world, QUICK if options.quick else FULL)
        for name in options.parts.split(","):
            print(f"  {name} (uid {os.getuid()}) ...", file=sys.stderr, flush=True)
            try:
                result["parts"][name] = parts[name]()
            except CannotMeasure as error:
                result["not_measured"][name] = str(error)
            except Exception:  # A fault of the harness is no measurement either.
                result["not_measured"][name] = traceback.format_exc()
    except CannotMeasure as error:
        result["not_measured"]["all"] = str(error)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
