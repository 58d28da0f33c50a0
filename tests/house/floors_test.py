"""cmake/layers.cmake refuses a wrong dependency when configuring."""
import pathlib
import subprocess
import tempfile
import unittest

from fixture import ROOT

PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(floors LANGUAGES NONE)
set(BAILEY_TESTS OFF)
set(BAILEY_FUZZ OFF)
add_library(bailey_flags INTERFACE)
include({layers})
{declared}
"""


class Floors(unittest.TestCase):
    def configure(self, *declared):
        with tempfile.TemporaryDirectory(prefix="bailey-floors-") as scratch:
            pathlib.Path(scratch, "CMakeLists.txt").write_text(PROJECT.format(
                layers=ROOT / "cmake/layers.cmake", declared="\n".join(declared)))
            run = subprocess.run(["cmake", "-S", scratch, "-B", f"{scratch}/out", "-G", "Ninja"],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True)
            return run.returncode, " ".join(run.stderr.split())

    def test_dependencies_downwards_configure(self):
        code, errors = self.configure("bailey_layer(low FLOOR 0)",
                                      "bailey_layer(high FLOOR 1 DEPENDS low)")
        self.assertEqual(code, 0, errors)

    def test_a_dependency_on_the_same_floor_is_refused(self):
        code, errors = self.configure("bailey_layer(gate FLOOR 4)",
                                      "bailey_layer(effect FLOOR 4 DEPENDS gate)")
        self.assertNotEqual(code, 0)
        self.assertIn("'effect' (floor 4) may not depend on 'gate' (floor 4)", errors)

    def test_a_dependency_upwards_is_refused(self):
        code, errors = self.configure("bailey_layer(high FLOOR 5)",
                                      "bailey_layer(low FLOOR 1 DEPENDS high)")
        self.assertNotEqual(code, 0)
        self.assertIn("'low' (floor 1) may not depend on 'high' (floor 5)", errors)

    def test_a_dependency_on_nothing_is_refused(self):
        code, errors = self.configure("bailey_layer(low FLOOR 1 DEPENDS ghost)")
        self.assertNotEqual(code, 0)
        self.assertIn("'ghost', which is not a layer yet", errors)


if __name__ == "__main__":
    unittest.main()
