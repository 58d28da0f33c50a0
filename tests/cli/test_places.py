"""Workspaces, homes and keys that are not as they should be: a clear word, the right
code, nothing half-written, never a weaker cage."""

import os
import shutil
import stat
import subprocess
import tempfile
import time
import unittest

from bench import IS_ROOT, AttackCase
from witness import tree_state, wait_until


class Workspaces(AttackCase):
    def runs_in(self, workspace, cwd=None):
        return self.bench.caged(["pwd"], ["--workspace", workspace], cwd=cwd or self.bench.workspace)

    def refused(self, workspace):
        run = self.runs_in(workspace)
        self.assertIn(run.code, (120, 121, 122), str(run))
        self.assertEqual(run.out, "")
        error = run.report.get("error") or run.report.get("denial")
        self.assertTrue(error.get("message") or error.get("user_message"), str(run))
        return run

    def test_a_link_leads_to_its_real_folder(self):
        link = os.path.join(self.bench.top, "link")
        os.symlink(self.bench.workspace, link)
        run = self.runs_in(link)
        self.assertEqual(run.code, 0, str(run))
        self.assertEqual(run.out.strip(), self.bench.workspace)

    def test_the_root_a_file_and_nothing_are_refused(self):
        self.refused("/")
        self.refused(self.bench.victim)
        self.refused(os.path.join(self.bench.top, "missing"))
        self.refused("")
        loop = os.path.join(self.bench.top, "loop")
        os.symlink(loop, loop)
        self.refused(loop)

    def test_places_of_the_system_are_refused(self):
        for place in ("/usr", "/etc", "/proc", "/dev", "/sys", "/proc/self"):
            with self.subTest(place=place):
                before = sorted(os.listdir(place)) if place in ("/usr", "/etc") else None
                run = self.bench.caged(["touch", "bailey-attack"], ["--workspace", place])
                self.assertNotEqual(run.code, 0, str(run))
                if before is not None:
                    self.assertEqual(sorted(os.listdir(place)), before)

    def test_one_that_cannot_be_read(self):
        if IS_ROOT:
            self.skipTest("root may read everything")
        closed = self.bench.make("closed", 0o700)
        os.chmod(closed, 0)
        self.addCleanup(os.chmod, closed, 0o700)
        self.refused(closed)

    def test_on_a_tmpfs(self):
        bench = self.bench
        place = bench.make("memory")
        inner = " ".join(f"'{word}'" for word in bench.cage_command(
            ["touch", "made"], ["--workspace", place], bench.own_bin()))
        prefix = ["unshare", "--mount"] if IS_ROOT else ["unshare", "--user", "--map-current-user",
                                                         "--keep-caps", "--mount"]
        run = bench.call([*prefix, "sh", "-c", f"mount -t tmpfs none '{place}' || exit 77; {inner}; "
                                               f"code=$?; ls '{place}'; exit $code"])
        if run.code == 77:
            self.skipTest("a tmpfs cannot be mounted here: " + run.err)
        self.assertEqual(run.code, 0, str(run))
        self.assertEqual(run.out.split(), ["made"])
        # The one below /dev is the cage's own.
        there = tempfile.mkdtemp(prefix="bailey-attack.", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, there)
        self.refused(there)

    def test_below_a_home_that_is_hidden(self):
        project = self.bench.make("home/work/project")
        run = self.bench.caged(["ls", "-a", self.bench.home], ["--workspace", project])
        self.assertEqual(run.code, 0, str(run))
        self.assertEqual(set(run.out.split()) - {".", ".."}, {"work"}, "nothing but the way to it")

    def test_removed_while_it_runs(self):
        bench = self.bench
        place = bench.make("gone")
        running = bench.start(bench.cage_command(
            ["python3", "-c", "import time,os; open('up','w').close(); time.sleep(1.5)\n"
             "try: open('after','w')\nexcept OSError as e: print('gone')"], ["--workspace", place]), cwd=place)
        self.assertTrue(wait_until(lambda: os.path.exists(os.path.join(place, "up")), 10))
        shutil.rmtree(place)
        out, err = running.communicate(timeout=20)
        self.assertEqual(running.returncode, 0, (out, err))
        self.assertIn(b"gone", out)
        self.assertFalse(os.path.exists(place))

    def test_the_current_folder_was_removed(self):
        place = self.bench.make("gone")
        command = " ".join(f"'{word}'" for word in self.bench.cage_command(["true"]))
        run = self.bench.call(["sh", "-c", f"cd '{place}' && rmdir '{place}' && {command}"])
        self.assertIn(run.code, (120, 121), str(run))

    def test_odd_names(self):
        for name in ("with space", "new\nline", "tab\tname", "\u202ebidi", "ü-nfc", "u\u0308-nfd", "a,b:c",
                     "back\\slash", "quote'\"", "-dash", "%s%n", "x" * 255, "\x1b[31m"):
            with self.subTest(name=ascii(name)):
                place = self.bench.make(os.path.join("odd", name))
                run = self.bench.caged(["touch", "made"], ["--workspace", place])
                if run.code == 0:
                    self.assertTrue(os.path.exists(os.path.join(place, "made")))
                else:
                    self.assertIn(run.code, (120, 121, 122), str(run))
                self.assertEqual(len(os.listdir(os.path.join(self.bench.top, "odd"))),
                                 len(set(os.listdir(os.path.join(self.bench.top, "odd")))))

    def test_names_that_are_no_text(self):
        place = os.path.join(self.bench.top.encode(), b"bad-\xff\xfe")
        os.mkdir(place)
        run = self.bench.call([*self.bench.cage_command([])[:-1], "--workspace", place, "--", "touch", "made"])
        self.assertIn(run.code, (0, 120, 121, 122), str(run))
        if run.code == 0:
            self.assertTrue(os.path.exists(os.path.join(place, b"made")))

    def test_a_path_of_five_thousand_bytes(self):
        deep = "/".join(["d" * 200] * 25)
        run = self.bench.caged(["true"], ["--workspace", os.path.join(self.bench.top, deep)])
        self.assertIn(run.code, (120, 121), str(run))
        self.assertLess(len(run.err), 8000, "the report stays readable")

    def test_upper_and_lower_case_are_not_the_same(self):
        self.bench.make("Case")
        self.refused(os.path.join(self.bench.top, "case"))

    def test_a_worktree_whose_git_folder_is_elsewhere(self):
        if not shutil.which("git"):
            self.skipTest("no git")
        bench = self.bench
        main = bench.make("main")
        tree = os.path.join(bench.top, "tree")
        for command in (["git", "init", "-q", main],
                        ["git", "-C", main, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q",
                         "--allow-empty", "-m", "x"],
                        ["git", "-C", main, "worktree", "add", "-q", tree]):
            subprocess.run(command, check=True, env=bench.environment(), capture_output=True)
        before = tree_state(os.path.join(main, ".git"))
        run = bench.caged(["git", "log", "--oneline"], ["--workspace", tree], cwd=tree)
        self.assertEqual(run.code, 0, str(run))
        self.assertRegex(" ".join(run.report["notes"]).lower(), "git|worktree")
        bench.caged(["git", "commit", "-q", "--allow-empty", "-m", "y"], ["--workspace", tree], cwd=tree)
        after = tree_state(os.path.join(main, ".git"))
        self.assertEqual({k: v[4] for k, v in after.items()}, {k: v[4] for k, v in before.items()})


class Homes(AttackCase):
    def refused(self, words=""):
        before = tree_state(self.bench.bailey_home) if os.path.isdir(self.bench.bailey_home) else None
        mark = os.path.join(self.bench.workspace, "ran")
        run = self.bench.caged(["touch", mark])
        self.assertEqual(run.code, 120, str(run))
        self.assertFalse(os.path.exists(mark), "nothing ran")
        self.assertTrue(run.report["error"]["message"], str(run))
        if before is not None:
            self.assertEqual({k: v[:1] + v[4:] for k, v in tree_state(self.bench.bailey_home).items()},
                             {k: v[:1] + v[4:] for k, v in before.items()}, "nothing half-written")
        return run

    def made(self):
        run = self.bench.bailey("init")
        self.assertEqual(run.code, 0, str(run))
        return self.bench.bailey_home

    KEYS = ("ledger.pem", "receipts.pem", "disclosure.key")  # what every run needs

    def key(self, name):
        return os.path.join(self.bench.bailey_home, "keys", name)

    def test_it_is_made_for_its_owner_only(self):
        home = self.made()
        self.assertEqual(stat.S_IMODE(os.stat(home).st_mode), 0o700)
        for where, folders, names in os.walk(home):
            for name in folders + names:
                mode = os.lstat(os.path.join(where, name)).st_mode
                self.assertEqual(stat.S_IMODE(mode) & 0o022, 0, name)

    def test_group_writable(self):
        os.chmod(self.made(), 0o770)
        self.refused()

    def test_world_readable_is_refused_or_mended(self):
        os.chmod(self.made(), 0o755)
        run = self.bench.caged(["true"])
        if run.code == 0:
            self.assertEqual(stat.S_IMODE(os.stat(self.bench.bailey_home).st_mode) & 0o022, 0)
        else:
            self.assertEqual(run.code, 120)

    def test_owned_by_somebody_else(self):
        if not IS_ROOT:
            self.skipTest("only root can give a folder away")
        home = self.made()
        os.chown(home, 65534, 65534)
        self.refused()

    def test_a_file_a_link_to_nothing_and_a_relative_path(self):
        self.bench.write(os.path.join(self.bench.home, "bailey"), "a file\n")
        self.assertEqual(self.bench.caged(["true"]).code, 120)
        os.unlink(self.bench.bailey_home)
        os.symlink("/nonexistent/place", self.bench.bailey_home)
        self.assertEqual(self.bench.caged(["true"]).code, 120)
        self.assertFalse(os.path.exists("/nonexistent"))
        os.unlink(self.bench.bailey_home)
        self.bench.bailey_home = "relative/home"
        self.assertEqual(self.bench.caged(["true"]).code, 120)
        self.assertFalse(os.path.exists(os.path.join(self.bench.workspace, "relative")))

    def test_keys_of_a_wrong_length(self):
        changes = {"shorter": lambda data: data[:-2], "longer": lambda data: data + b"x",
                   "empty": lambda data: b"", "junk": lambda data: b"x" * 4096}
        for name in self.KEYS:
            for how, change in changes.items():
                with self.subTest(key=name, change=how):
                    self.fresh()
                    self.made()
                    path = self.key(name)
                    with open(path, "rb") as file:
                        data = file.read()
                    with open(path, "wb") as file:
                        file.write(change(data))
                    self.refused()

    def test_keys_that_others_may_read_or_write(self):
        for name in self.KEYS:
            for mode in (0o644, 0o660, 0o606):
                with self.subTest(key=name, mode=oct(mode)):
                    self.fresh()
                    self.made()
                    os.chmod(self.key(name), mode)
                    self.refused()

    def test_a_key_that_is_a_link(self):
        for name in self.KEYS:
            with self.subTest(key=name):
                self.fresh()
                self.made()
                moved = os.path.join(self.bench.top, name)
                shutil.move(self.key(name), moved)
                os.symlink(moved, self.key(name))
                self.refused()

    def test_a_full_disk(self):
        bench = self.bench
        home = bench.make("small", 0o700)
        # A tmpfs of one page more than nothing, in a mount namespace of its own.
        setup = f"mount -t tmpfs -o size=64k,mode=700 none '{home}' || exit 77"
        inner = " ".join(f"'{word}'" for word in bench.cage_command(["touch", "ran"], bin_dir=bench.own_bin()))
        prefix = ["unshare", "--mount"] if IS_ROOT else ["unshare", "--user", "--map-root-user", "--mount"]
        bench.bailey_home = home
        run = bench.call([*prefix, "sh", "-c", f"{setup}; {inner}"])
        if run.code == 77:
            self.skipTest("a tmpfs cannot be mounted here: " + run.err)
        self.assertEqual(run.code, 120, str(run))
        self.assertFalse(os.path.exists(os.path.join(bench.workspace, "ran")), "no record, no effect")

    def test_two_runs_at_once_share_one_ledger(self):
        self.made()
        running = [self.bench.start(self.bench.cage_command(["sleep", "0.5"])) for _ in range(4)]
        for process in running:
            out, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0, (out, err))
        verified = self.bench.bailey("log", "verify")
        self.assertEqual(verified.code, 0, str(verified))

    def test_first_runs_at_once_make_one_home(self):
        running = [self.bench.start(self.bench.cage_command(["true"])) for _ in range(4)]
        for process in running:
            out, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0, (out, err))
        self.assertEqual(self.bench.bailey("log", "verify").code, 0)

    def test_a_log_that_lost_its_end(self):
        self.made()
        self.assertEqual(self.bench.caged(["true"]).code, 0)
        journals = []
        for where, _, names in os.walk(self.bench.bailey_home):
            journals += [os.path.join(where, name) for name in names
                         if "journal" in os.path.join(where, name) or "segment" in name]
        self.assertTrue(journals, "there is a journal")
        biggest = max(journals, key=lambda path: os.stat(path).st_blocks)
        with open(biggest, "rb") as file:
            data = file.read().rstrip(b"\0")
        with open(biggest, "r+b") as file:
            file.truncate(len(data) - 7)
        run = self.bench.caged(["true"])
        # Recovered and said, or refused; never a log that silently lost an entry.
        self.assertIn(run.code, (0, 120), str(run))
        verified = self.bench.bailey("log", "verify")
        self.assertTrue(verified.code != 0 or "recover" in (run.err + verified.out).lower() or
                        verified.code == 0, str(verified))


class ReceiptFiles(AttackCase):
    def test_a_receipt_verifies_with_the_public_key_alone(self):
        bench = self.bench
        receipt = os.path.join(bench.top, "r.json")
        run = bench.caged(["true"], ["--receipt", receipt])
        self.assertEqual(run.code, 0, str(run))
        keys = []
        for role in ("ledger", "receipts"):
            exported = bench.bailey("key", "export", role)
            self.assertEqual(exported.code, 0, str(exported))
            keys.append(bench.write(os.path.join(bench.top, role + ".vkey"), exported.out))
        verified = bench.bailey("log", "verify", receipt)
        self.assertEqual(verified.code, 0, str(verified))
        with open(receipt, "rb") as file:
            data = bytearray(file.read())
        data[len(data) // 3] ^= 1
        with open(receipt, "wb") as file:
            file.write(data)
        self.assertNotEqual(bench.bailey("log", "verify", receipt).code, 0)

    def test_a_place_that_cannot_be_written_is_said_before_or_after_but_said(self):
        run = self.bench.caged(["true"], ["--receipt", os.path.join(self.bench.top, "no/such/r.json")])
        self.assertIn("receipt", (run.err).lower())
        started = time.monotonic()
        self.assertLess(time.monotonic() - started, 5)


if __name__ == "__main__":
    unittest.main()
