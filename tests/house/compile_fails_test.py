"""tools/does-not-compile accepts proofs only."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from fixture import ROOT

BASE = "struct Once {\n  Once() = default;\n  Once(const Once&) = delete;\n};\n"
COPIES = "#ifdef CASE_COPY\n// expect-error: {}\nOnce copy(Once& a) {{ {} }}\n#endif\n"


class DoesNotCompile(unittest.TestCase):
    def prove(self, source):
        with tempfile.TemporaryDirectory(prefix="bailey-cases-") as scratch:
            file = pathlib.Path(scratch, "cases.cc")
            like = pathlib.Path(scratch, "like.cc")
            file.write_text(source)
            like.write_text("")
            pathlib.Path(scratch, "compile_commands.json").write_text(json.dumps([{
                "directory": scratch, "file": str(like),
                "command": f"g++-12 -std=c++23 -o like.o -c {like}"}]))
            # The build folder is the tree here: nothing in it would be looked at otherwise.
            build = pathlib.Path(scratch, "out")
            build.mkdir()
            pathlib.Path(scratch, "compile_commands.json").rename(build / "compile_commands.json")
            run = subprocess.run(
                [sys.executable, "-B", ROOT / "tools/does-not-compile", "--root", scratch, "--build",
                 build, "--like", "like.cc", file], capture_output=True, text=True)
            return run.returncode, run.stdout + run.stderr

    def test_a_proof_is_accepted(self):
        code, output = self.prove(BASE + COPIES.format("use of deleted function", "return a;"))
        self.assertEqual(code, 0, output)
        self.assertIn("ok    CASE_COPY does not compile", output)

    def test_a_case_that_compiles_is_refused(self):
        code, output = self.prove(BASE + COPIES.format("deleted", "return {};"))
        self.assertEqual(code, 1, output)
        self.assertIn("it compiles", output)

    def test_a_failure_of_another_kind_is_refused(self):
        code, output = self.prove(BASE + COPIES.format("deleted", "return missing;"))
        self.assertEqual(code, 1, output)
        self.assertIn("but not with", output)

    def test_a_file_that_never_compiles_proves_nothing(self):
        code, output = self.prove("broken\n" + BASE + COPIES.format("deleted", "return a;"))
        self.assertEqual(code, 1, output)
        self.assertIn("without a case", output)

    def test_a_case_without_expectation_is_refused(self):
        code, output = self.prove(BASE + "#ifdef CASE_X\nint x = ;\n#endif\n")
        self.assertEqual(code, 2, output)

    def test_a_file_without_cases_is_refused(self):
        self.assertEqual(self.prove(BASE)[0], 2)


if __name__ == "__main__":
    unittest.main()
