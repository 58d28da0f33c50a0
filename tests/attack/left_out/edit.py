#!/usr/bin/env python3
"""Makes one edited copy of a source for a left-out build (layers.py).

  edit.py --list                     one line a build: LAYER BUILD FILE...
  edit.py ROOT LAYER BUILD FILE OUT  the copy

Fails when the text of an edit is not in the file exactly once: then the source has moved
on, and layers.py must follow."""

import os
import sys

from layers import BY_NAME, LAYERS, builds, edits


def main():
    if sys.argv[1:] == ["--list"]:
        for layer in LAYERS:
            for build in builds(layer):
                files = sorted({edit.file for edit in edits(layer, build)})
                print(layer.name, build, *files)
        return 0
    root, name, build, file, out = sys.argv[1:]
    with open(os.path.join(root, file), encoding="utf-8") as source:
        text = source.read()
    for edit in edits(BY_NAME[name], build):
        if edit.file != file:
            continue
        if text.count(edit.old) != 1:
            print(f"edit.py: {file} has this {text.count(edit.old)} times, not once "
                  f"({name}, {build}):\n{edit.old}", file=sys.stderr)
            return 1
        text = text.replace(edit.old, edit.new)
    with open(out, "w", encoding="utf-8") as target:
        target.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
