"""A place without user namespaces, as a container's: made by the kernel, never by a switch of
the product. A user namespace in which none may be made, with a pid namespace of its own, so that
witnesses stand beside the cage in it and a kill that goes too far goes no further than that.

Root is root of that namespace, as in a rootless container; an ordinary user is nobody special."""

import atexit
import os
import shutil
import subprocess
import tempfile

# What a policy accepts there (spec/cage-without-namespaces.md).
LOST = [f"namespace.{kind}" for kind in
        ("user", "mount", "pid", "net", "ipc", "uts", "cgroup", "time")] + ["root", "proc"]
FORBID = "echo 0 > /proc/sys/user/max_user_namespaces && "
MAPPED = ["--map-root-user"] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
BECOME = "" if os.geteuid() == 0 else "setpriv --ambient-caps=-all --inh-caps=-all -- "
# The shell stays, as the namespace's first process: it takes in what is orphaned.
ENTER = ["unshare", "--user", *MAPPED, "--pid", "--fork", "--mount", "--mount-proc", "--kill-child",
         "sh", "-c", FORBID + BECOME + '"$@"; exit $?', "sh"]


def is_made():
    if subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False).returncode:
        return True  # the machine is so by itself
    with open("/proc/sys/user/max_user_namespaces", encoding="ascii") as file:
        return file.read().strip() == "0"


def make_and_run(command):
    return subprocess.run([*ENTER, *command], check=False).returncode


def own_programs(bin_dir):
    """Bailey's programs as our own: whoever is not mapped here is nobody, also their owner."""
    place = tempfile.mkdtemp(prefix="bailey-programs.")
    atexit.register(shutil.rmtree, place, True)
    for name in os.listdir(bin_dir):
        path = os.path.join(bin_dir, name)
        if name.startswith("bailey") and os.path.isfile(path):
            shutil.copy(path, place)
    os.chmod(place, 0o755)
    return place
