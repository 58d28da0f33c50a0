"""tools/install-deps and tools/as-user keep their promises."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from fixture import ROOT

INSTALL = ROOT / "tools/install-deps"
AS_USER = ROOT / "tools/as-user"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, **options)


class InstallDeps(unittest.TestCase):
    def with_programs(self, **programs):
        """A PATH that holds these shell scripts and the few tools the script needs."""
        scratch = tempfile.TemporaryDirectory(prefix="bailey-path-")
        self.addCleanup(scratch.cleanup)
        for name in ("sh", "sed", "grep", "head", "tr", "cat", "env"):
            os.symlink(f"/usr/bin/{name}", f"{scratch.name}/{name}")
        for name, body in programs.items():
            path = pathlib.Path(scratch.name, name.replace("_", "-"))
            path.write_text(f"#!/bin/sh\n{body}\n")
            path.chmod(0o755)
        return {"PATH": scratch.name, "LOG": f"{scratch.name}/log"}

    def test_what_is_there_is_not_installed_again(self):
        found = run(INSTALL, "test")
        self.assertEqual((found.returncode, found.stdout + found.stderr), (0, ""))

    def test_what_is_missing_is_named_and_installed(self):
        environment = self.with_programs(
            id="echo 0",
            dpkg="exit 0",
            dpkg_query='echo "openssl 3.0.1 installed"; echo "softhsm2 2.6.1 installed"; [ ! -e "$LOG" ] || '
                       'echo "strace 6 installed"',
            apt_get='echo "$@" >>"$LOG"')
        found = run(INSTALL, "test", env=environment)
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertIn("installing strace", found.stderr)
        log = pathlib.Path(environment["LOG"]).read_text()
        self.assertRegex(log, r"update\n.*install --no-install-recommends strace\n")

    def test_a_version_that_is_too_old_counts_as_missing(self):
        environment = self.with_programs(
            dpkg="exit 1", dpkg_query='echo "openssl 1.1 installed"; echo "strace 6 installed"')
        found = run(INSTALL, "test", env={**environment, "BAILEY_NO_INSTALL": "1"})
        self.assertEqual(found.returncode, 1)
        self.assertIn("missing: openssl", found.stderr)

    def test_a_failed_installation_fails(self):
        environment = self.with_programs(id="echo 0", dpkg="exit 0", dpkg_query="exit 1",
                                         apt_get="exit 100")
        found = run(INSTALL, "test", env=environment)
        self.assertEqual(found.returncode, 1)
        self.assertIn("could not install: openssl strace", found.stderr)

    def test_without_root_and_sudo_it_says_the_command(self):
        environment = self.with_programs(id="echo 1000", dpkg="exit 0", dpkg_query="exit 1",
                                         apt_get="exit 100")
        found = run(INSTALL, "test", env=environment)
        self.assertEqual(found.returncode, 1)
        self.assertIn("apt-get install --no-install-recommends openssl strace", found.stderr)

    def test_without_dpkg_it_says_what_is_needed(self):
        found = run(INSTALL, "test", env=self.with_programs())
        self.assertEqual(found.returncode, 1)
        self.assertIn("no Debian system", found.stderr)
        self.assertIn("openssl strace", found.stderr)


class AsUser(unittest.TestCase):
    def test_the_command_has_no_privilege_and_a_home_of_its_own(self):
        found = run(AS_USER, "--", "sh", "-c", 'id -u; stat -c %u "$HOME"; grep CapEff '
                    '/proc/self/status; pwd; echo "$HOME"')
        self.assertEqual(found.returncode, 0, found.stderr)
        uid, owner, capabilities, folder, home = found.stdout.split("\n")[:5]
        self.assertNotEqual(uid, "0")
        self.assertEqual(uid, owner)
        self.assertEqual(capabilities.split(), ["CapEff:", "0000000000000000"])
        self.assertEqual(folder, home)
        self.assertFalse(os.path.exists(home), "the home is left behind")

    def test_root_can_read_what_the_user_cannot(self):
        with tempfile.TemporaryDirectory(prefix="bailey-private-") as private:
            secret = pathlib.Path(private, "secret")
            secret.write_text("s")
            secret.chmod(0o600 if os.geteuid() == 0 else 0)
            if os.geteuid() == 0:
                self.assertEqual(secret.read_text(), "s")  # positive control
            self.assertNotEqual(run(AS_USER, "--", "cat", secret).returncode, 0)

    def test_staged_programs_run_from_a_private_folder(self):
        with tempfile.TemporaryDirectory(prefix="bailey-private-") as private:
            program = pathlib.Path(private, "bin", "hello")
            program.parent.mkdir()
            program.write_text("#!/bin/sh\necho hello\n")
            program.chmod(0o700)
            if os.geteuid() == 0:
                self.assertNotEqual(run(AS_USER, "--", program).returncode, 0)
            found = run(AS_USER, "--stage", program.parent, "--", "hello")
            self.assertEqual((found.returncode, found.stdout), (0, "hello\n"), found.stderr)

    def test_the_environment_is_clean(self):
        found = run(AS_USER, "--keep", "KEPT", "--", "env",
                    env={**os.environ, "LOST": "1", "KEPT": "two words"})
        self.assertNotIn("LOST", found.stdout)
        self.assertIn("KEPT=two words\n", found.stdout)

    def test_exit_codes_pass_through(self):
        self.assertEqual(run(AS_USER, "--", "sh", "-c", "exit 7").returncode, 7)
        self.assertEqual(run(AS_USER, "--", "sh", "-c", "kill -9 $$").returncode, 137)
        self.assertEqual(run(AS_USER, "--").returncode, 125)


if __name__ == "__main__":
    unittest.main()
