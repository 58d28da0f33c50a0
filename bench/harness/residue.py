"""What a loop may leave behind: processes, mounts, control groups, temporary files."""
import os
import time


def processes(folder):
    """Processes whose program lies below `folder`: ours, whoever their parent is now."""
    found = set()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            program = os.readlink(f"/proc/{name}/exe")
        except OSError:
            continue
        if program.startswith(folder.rstrip("/") + "/"):
            found.add(f"process {name} ({program})")
    return found


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return {"mount " + line.split(" ")[4] + " of " + line.split(" ")[2] for line in file}


def control_groups():
    """Groups of ours that hold nobody. A group in use belongs to a cage that runs."""
    found = set()
    for folder, _, files in os.walk("/sys/fs/cgroup"):
        if "bailey" not in folder or "cgroup.procs" not in files:
            continue
        try:
            with open(os.path.join(folder, "cgroup.procs"), encoding="ascii") as file:
                if not file.read().strip():
                    found.add("control group " + folder)
        except OSError:
            continue
    return found


def temporary_files():
    found = set()
    for folder in {"/tmp", "/var/tmp", "/dev/shm", f"/run/user/{os.getuid()}",
                   os.environ.get("TMPDIR", "/tmp")}:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            path = os.path.join(folder, name)
            # Folders of tools/as-user belong to whoever tests beside us.
            if name.startswith("bailey-as-user.") or "bailey" not in name:
                continue
            try:
                if os.lstat(path).st_uid == os.getuid():
                    found.add("file " + path)
            except OSError:
                continue
    return found


class Residue:
    def __init__(self, folder):
        self._folder = folder
        self._before = self._look()

    def _look(self):
        return processes(self._folder) | mounts() | control_groups() | temporary_files()

    def left(self):
        """What is there now and was not before. Dying takes a moment, so it may take 2 s."""
        until = time.monotonic() + 2
        while True:
            new = sorted(self._look() - self._before)
            if not new or time.monotonic() > until:
                return new
            time.sleep(0.05)
