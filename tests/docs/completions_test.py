"""The completions that are checked in offer what the program takes."""
import pathlib
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from manual import completions, table  # noqa: E402

BIN = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None
FOLDER = ROOT / "packaging/completions"


def offered(*words):
    """What bash offers for the last of these words."""
    script = (f'source "{FOLDER}/bailey.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_bailey; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=20, check=True)
    return done.stdout.split()


class Completions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = table.read(BIN / "bailey")

    def test_bash_offers_every_noun_verb_and_option(self):
        by_noun = completions.nouns(self.commands)
        self.assertEqual(offered("bailey", ""), [*by_noun, "--help", "--version"])
        for noun, verbs in by_noun.items():
            if verbs:
                self.assertEqual(offered("bailey", noun, ""), [*verbs, "--help"])
        for command in self.commands:
            self.assertLessEqual({option.name for option in command.options},
                                 set(offered("bailey", *command.path.split(" "), "--")))

    def test_bash_offers_the_values_of_an_option(self):
        self.assertEqual(offered("bailey", "run", "--profile", ""),
                         ["strict", "balanced", "permissive"])
        self.assertEqual(offered("bailey", "run", "--policy", "/etc/hostnam"), ["/etc/hostname"])
        self.assertEqual(offered("bailey", "run", "--time", ""), [])

    def test_bash_completes_the_program_after_the_dashes(self):
        self.assertIn("bash", offered("bailey", "run", "--", "bas"))
        self.assertEqual(offered("bailey", "run", "--", "cat", "/etc/hostnam"), ["/etc/hostname"])
        self.assertNotIn("--policy", offered("bailey", "run", "--", "cat", "--"))

    def test_each_shell_can_read_its_file(self):
        read = 0
        for shell, name in (("bash", "bailey.bash"), ("zsh", "_bailey"), ("fish", "bailey.fish")):
            if shutil.which(shell):
                read += 1
                subprocess.run([shell, "-n", FOLDER / name], check=True, timeout=20)
        self.assertGreaterEqual(read, 1)


if __name__ == "__main__":
    unittest.main()
