"""Small trees to break rules in."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

FLOORS = """\
bailey_layer(base  FLOOR 0)
bailey_layer(codec FLOOR 1 DEPENDS base LINK dep_json)
bailey_layer(gate  FLOOR 4 DEPENDS base)  # codec is on a lower floor, but not declared
bailey_layer(effect FLOOR 4 DEPENDS base codec)
bailey_layer(merkle FLOOR 2 DEPENDS base codec)
bailey_layer(platform FLOOR 5 DEPENDS base merkle effect EXCLUDE /platform/cage/)
"""


class FixtureTree(unittest.TestCase):
    """A tree that passes; each test breaks one thing in it."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="bailey-house-")
        self.addCleanup(scratch.cleanup)
        self.tree = pathlib.Path(scratch.name, "tree")
        self.cache = pathlib.Path(scratch.name, "cache")
        self.build = pathlib.Path(scratch.name, "out")
        self.write("src/CMakeLists.txt", FLOORS)
        self.write("src/base/one.h", "#pragma once\n\nint one();\n")
        self.write("src/base/one.cc", '#include "base/one.h"\n\nint one() { return 1; }\n')
        self.write("src/codec/two.h", '#pragma once\n\n#include "base/one.h"\n\nint two();\n')
        self.write(".clang-format", (ROOT / ".clang-format").read_text())
        self.write(".clang-tidy", (ROOT / ".clang-tidy").read_text())

    def write(self, name, text, mode=0o644):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def check(self, *parts, build=None, fix=False):
        """(exit code, output) of tools/check over the tree."""
        command = [sys.executable, "-B", ROOT / "tools/check", "--root", self.tree]
        command += ["--build", build] if build else []
        command += ["--fix"] if fix else []
        run = subprocess.run([*command, *parts], stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, cwd="/",
                             env={**os.environ, "BAILEY_CHECK_CACHE": str(self.cache)})
        return run.returncode, run.stdout + run.stderr

    def assert_passes(self, part, **options):
        code, output = self.check(part, **options)
        self.assertEqual(code, 0, output)
        self.assertRegex(output, rf"(?m)^ok +{part} ")

    def assert_finds(self, part, expected, **options):
        code, output = self.check(part, **options)
        self.assertEqual(code, 1, output)
        self.assertIn(expected, output)
        self.assertRegex(output, rf"(?m)^FAIL +{part} +1 findings")
