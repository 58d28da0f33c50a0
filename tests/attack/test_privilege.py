"""N01-N07, N11, N12, N16: namespaces, mounts and privileges."""

import os
import shutil
import stat
import unittest

import bench as bench_module
from bench import IS_ROOT, AttackCase, bare_excuse


class N01_Namespaces(AttackCase):
    def test_none_can_be_made_and_clone3_does_not_exist(self):
        run = self.attack("N01", lambda bench: {}, without={
            "unshare-high-bits": "the kernel refuses unknown bits",
            **bare_excuse("(unshare|clone|clone3)-.*"),
            **({} if IS_ROOT else {"unshare-alone-.*": "needs a capability"})})
        for name, (_, why) in run.probes.items():
            if name.startswith("clone3-"):
                self.assertEqual(why, "ENOSYS", name)


class N02_Mounts(AttackCase):
    def test_no_call_of_the_mount_family_works(self):
        self.attack("N02", lambda bench: {}, without={
            "mount-bind": "a bind of what holds locked mounts may be refused",
            "move-mount": "the source is no mount", "fspick": "", "pivot-root": "shared parent",
            **bare_excuse(".*")})

    def test_nothing_can_be_unmounted_inside(self):
        run = self.bench.caged([self.bench.victim, "N02-umount"])
        self.caged_probes(run, None)


class N03_EnteringNamespaces(AttackCase):
    def test_none_can_be_entered(self):
        self.attack("N03", lambda bench: {}, without={
            "setns-(mnt|pid|cgroup|time)": "one's own cannot be entered again everywhere",
            **bare_excuse(".*")})


class N04_Remounting(AttackCase):
    def test_what_is_read_only_stays_so(self):
        self.addCleanup(lambda: [os.unlink(path) for path in ("/usr/bailey-attack", "/etc/bailey-attack")
                                 if os.path.exists(path)])
        self.attack("N04", lambda bench: {}, without={
            "remount-(/|/usr|/etc|/proc)": "no mount point here, or not ours to remount",
            **bare_excuse("remount-.*"),
            **({} if IS_ROOT else {"write-.*": "belongs to root"})})


class N05_GainingByExec(AttackCase):
    def test_set_user_id_programs_gain_nothing(self):
        def planted(bench):
            if not IS_ROOT or bench_module.BARE:  # there is nobody else there
                return {}
            path = os.path.join(bench.workspace, "gain")
            shutil.copy("/usr/bin/id", path)
            os.chown(path, 65534, 65534)
            os.chmod(path, 0o6755)
            return {"setuid": path}
        self.attack("N05", planted)

    def test_a_set_user_id_file_cannot_be_left_behind(self):
        for caged in (False, True):
            with self.subTest(caged=caged):
                bench = self.fresh()
                command = ["chmod", "6755", "victim"]
                run = bench.caged(command) if caged else bench.call(command)
                bits = os.stat(bench.victim).st_mode & (stat.S_ISUID | stat.S_ISGID)
                if caged:
                    self.assertEqual(bits, 0, str(run))
                else:
                    self.assertNotEqual(bits, 0)


class N06_Capabilities(AttackCase):
    def test_all_sets_are_empty(self):
        self.attack("N06", lambda bench: {}, without={
            "Cap(Inh|Amb)": "empty on a plain login",
            "raise-ambient": "not inheritable", "setuid-0": "is root already, or may not",
            "capset": "may only drop", **bare_excuse("setgroups"),
            **({} if IS_ROOT else {"Cap.*": "an ordinary user", "setgroups": "needs a capability"})},
            allowed={"CapBnd": "may not be emptied by an ordinary user; no_new_privs keeps it from giving"}
            if bench_module.BARE and not IS_ROOT else None)

    def test_the_caller_is_nobody_special_inside(self):
        run = self.bench.caged(["id", "-G"])
        self.assertEqual(run.code, 0, str(run))
        self.assertLessEqual(len(run.out.split()), 1 + len(os.getgroups()), str(run))


class N07_Maps(AttackCase):
    def test_no_user_can_be_mapped(self):
        self.attack("N07", lambda bench: {}, without=bare_excuse(".*"))


class N11_WorkingFolderByDescriptor(AttackCase):
    def test_a_workspace_named_by_a_descriptor_is_its_real_path_or_refused(self):
        bench = self.bench
        fd = os.open(bench.outside, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, fd)
        run = bench.caged(["pwd"], ["--workspace", f"/proc/self/fd/{fd}"], pass_fds=[fd])
        if run.code == 0:
            self.assertEqual(run.out.strip(), bench.outside, str(run))
        else:
            self.assertIn(run.code, (120, 121), str(run))


class N12_Personality(AttackCase):
    def test_the_process_cannot_be_made_weaker(self):
        self.attack("N12", lambda bench: {}, without={
            "securebits": "needs a capability", "set-mm": "needs a capability",
            "core-dump": "switched off here"})


class N16_Scheduling(AttackCase):
    def test_no_priority_above_the_rest(self):
        self.attack("N16", lambda bench: {}, without={
            ".*": "needs a capability or a limit that this login does not have"})


if __name__ == "__main__":
    unittest.main()
