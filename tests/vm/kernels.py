"""Debian's kernel packages: fetched by apt at a pinned version, checked, unpacked, kept.

Nothing is installed: the package is downloaded, its SHA-256 compared, and the kernel with
the few modules that the guests load is unpacked into the cache. What apt verified by the
archive's signature is verified once more by the hash that this file states.
Does not protect: the kernels run in an emulator, beside what the tests give them."""

import hashlib
import json
import lzma
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass


@dataclass(frozen=True)
class Kernel:
    name: str      # what boots are called after
    package: str
    version: str
    sha256: str
    release: str   # uname -r
    suite: str     # where the archive keeps it


# `tests/vm/run --pins` prints this table for what the archive has today.
KERNELS = {kernel.name: kernel for kernel in (
    Kernel("6.1", "linux-image-6.1.0-50-amd64", "6.1.176-1",
           "7b5597492a0a65aee61985a492e6bcc3f2cde830072a0e3b3d8c7e1b90279bd3",
           "6.1.0-50-amd64", "bookworm"),
    Kernel("6.12", "linux-image-6.12.117+deb12-amd64", "6.12.117-1~deb12u1",
           "803d36a7cda13355ae8152122470288b2636f19f1cb58162dd9d8b408af9b1b4",
           "6.12.117+deb12-amd64", "bookworm-security"),
)}
META = {"6.1": "linux-image-amd64", "6.12": "linux-image-6.12-amd64"}

# What the guest's first program loads, in this order with what each depends on. The second
# group is there for the attackers: a socket family that no module serves proves nothing.
NEEDED = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4", "9pnet_virtio", "9p", "overlay",
          "virtio_rng")
FOR_ATTACKERS = ("dummy", "vsock", "vsock_loopback", "af_alg", "algif_hash", "algif_skcipher",
                 "sctp", "tipc", "rds", "smc", "xfrm_user", "nfnetlink", "inet_diag",
                 "unix_diag", "fuse", "loop", "af_packet_diag", "can", "can_raw", "l2tp_core",
                 "ip_tables", "nf_tables")


class Unavailable(Exception):
    """The kernel cannot be had here; the message says why and what would help."""


def cache_folder():
    base = os.environ.get("BAILEY_CACHE")
    if not base:
        home = os.environ.get("HOME") or "/tmp"
        base = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"),
                            "bailey")
    return os.path.join(base, "vm")


def _apt(arguments, cwd, options=()):
    return subprocess.run(["apt-get", "-q", *options, *arguments], cwd=cwd, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, "LC_ALL": "C"}, check=False)


def _private_apt(folder):
    """Options for an apt that reads only Debian's own archive and writes only below `folder`."""
    os.makedirs(os.path.join(folder, "state/lists/partial"))
    os.makedirs(os.path.join(folder, "cache/archives/partial"))
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    with open(os.path.join(folder, "sources.list"), "w", encoding="ascii") as file:
        for place, suite in (("debian", "bookworm"), ("debian", "bookworm-backports"),
                             ("debian-security", "bookworm-security")):
            file.write(f"deb [signed-by={keys}] http://deb.debian.org/{place} {suite} main\n")
    options = []
    for setting in (f"Dir::Etc::sourcelist={folder}/sources.list", "Dir::Etc::sourceparts=-",
                    f"Dir::State={folder}/state", f"Dir::Cache={folder}/cache",
                    "APT::Architecture=amd64", "APT::Sandbox::User="):
        options += ["-o", setting]
    return options


def _download(kernel, folder):
    """The package file, from this machine's sources or else from Debian's named directly."""
    wanted = f"{kernel.package}={kernel.version}"
    said = []
    with tempfile.TemporaryDirectory(prefix="bailey-apt.") as private:
        for options in ((), None):
            if options is None:
                options = _private_apt(private)
                said.append(_apt(["update"], folder, options).stderr.strip())
            done = _apt(["download", wanted], folder, options)
            found = [name for name in os.listdir(folder) if name.endswith(".deb")]
            if done.returncode == 0 and found:
                return os.path.join(folder, found[0])
            said.append(done.stderr.strip())
    reason = next((line for text in reversed(said) for line in text.splitlines()
                   if line.startswith("E:")), "apt-get gave no reason")
    raise Unavailable(
        f"{wanted} cannot be downloaded ({reason}). The archive drops superseded versions: "
        f"'tests/vm/run --pins' prints the line of KERNELS in tests/vm/kernels.py for what it has "
        f"now; or put the package into {os.path.join(cache_folder(), 'packages')}")


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _modules_of(members):
    """Module name -> member, from the paths of the package."""
    return {re.sub(r"\.ko(\.xz)?$", "", os.path.basename(path)).replace("-", "_"): path
            for path in members if re.search(r"\.ko(\.xz)?$", path)}


def _dependencies(module):
    """The names in a module's own `depends=` record."""
    found = re.search(rb"\0depends=([^\0]*)\0", module)
    names = found.group(1).decode() if found else ""
    return [name.replace("-", "_") for name in names.split(",") if name]


def _unpack(package, kernel, folder):
    """vmlinuz and the wanted modules, uncompressed, with the order to load them in."""
    with tempfile.TemporaryDirectory(prefix="bailey-deb.") as scratch:
        subprocess.run(["dpkg-deb", "--extract", package, scratch], check=True)
        shutil.copy(os.path.join(scratch, f"boot/vmlinuz-{kernel.release}"),
                    os.path.join(folder, "vmlinuz"))
        base = os.path.join(scratch, "lib/modules", kernel.release)
        members = [os.path.join(where, name)
                   for where, _, names in os.walk(base) for name in names]
        paths = _modules_of(members)
        order, missing = [], []

        def take(name):
            if name in order:
                return
            path = paths.get(name)
            if path is None:
                missing.append(name)
                return
            with open(path, "rb") as file:
                content = file.read()
            if path.endswith(".xz"):
                content = lzma.decompress(content)
            for other in _dependencies(content):
                take(other)
            with open(os.path.join(folder, "modules", name + ".ko"), "wb") as file:
                file.write(content)
            order.append(name)

        os.makedirs(os.path.join(folder, "modules"))
        for name in NEEDED + FOR_ATTACKERS:
            take(name)
        with open(os.path.join(folder, "modules/order"), "w", encoding="ascii") as file:
            file.write("".join(name + "\n" for name in order))
        # Built in, or not in this kernel: what is needed then fails loudly at boot.
        with open(os.path.join(folder, "kernel.json"), "w", encoding="ascii") as file:
            json.dump({"package": kernel.package, "version": kernel.version,
                       "sha256": kernel.sha256, "not_modules": missing}, file, indent=1)


def fetch(kernel, say=print):
    """The folder with vmlinuz and modules/; raises Unavailable."""
    what = hashlib.sha256(" ".join((kernel.sha256, *NEEDED, *FOR_ATTACKERS)).encode()).hexdigest()
    place = os.path.join(cache_folder(), f"{kernel.name}-{what[:16]}")
    if os.path.exists(os.path.join(place, "kernel.json")):
        return place
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetch.", dir=cache_folder()) as folder:
        package = None
        kept = os.path.join(cache_folder(), "packages")
        for name in sorted(os.listdir(kept)) if os.path.isdir(kept) else ():
            if name.endswith(".deb") and _digest(os.path.join(kept, name)) == kernel.sha256:
                package = os.path.join(kept, name)
        if package is None:
            say(f"fetching {kernel.package} {kernel.version}")
            package = _download(kernel, folder)
            if _digest(package) != kernel.sha256:
                raise Unavailable(f"{kernel.package} {kernel.version} has the SHA-256 "
                                  f"{_digest(package)}, and {kernel.sha256} is pinned")
        made = os.path.join(folder, "made")
        os.mkdir(made)
        _unpack(package, kernel, made)
        shutil.rmtree(place, ignore_errors=True)
        os.rename(made, place)
    return place


def pins():
    """Lines for KERNELS, from what apt can see now."""
    with tempfile.TemporaryDirectory(prefix="bailey-apt.") as private:
        options = _private_apt(private)
        _apt(["update"], private, options)

        def show(package):
            done = subprocess.run(["apt-cache", *options, "show", "--no-all-versions", package],
                                  capture_output=True, text=True, check=False)
            return dict(re.findall(r"^([A-Za-z0-9-]+): (.*)$", done.stdout, re.M))

        for name, meta in META.items():
            package = re.search(r"linux-image-\S+", show(meta).get("Depends", ""))
            if package is None:
                yield f"# {name}: {meta} is not in the archive"
                continue
            found = show(package.group())
            yield (f'    Kernel("{name}", "{package.group()}", "{found["Version"]}",\n'
                   f'           "{found["SHA256"]}",\n'
                   f'           "{package.group().removeprefix("linux-image-")}", '
                   f'"{KERNELS[name].suite}"),')
