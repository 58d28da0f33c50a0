"""What a cage sees, read from inside it, and the bubblewrap arguments for the same.

`look` runs in a real cage of the product and prints its mounts and root links. From that,
and from nothing that is written down here, come the mounts that bubblewrap gets, so the
two build the same view however the default policy changes.
"""
import os
import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mount:
    device: str
    root: str
    point: str
    options: tuple
    filesystem: str

    @property
    def read_only(self):
        return "ro" in self.options


@dataclass
class View:
    binds: list = field(default_factory=list)   # (source, target, "ro" | "rw"), parents first
    hidden: list = field(default_factory=list)  # masked places inside a bind
    empty: list = field(default_factory=list)   # fresh tmpfs
    links: list = field(default_factory=list)   # (path, text)
    limits: list = field(default_factory=list)  # (name, number) as asked for by the policy
    mounts: int = 0                             # all that the cage has


def unescape(text):
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), text)


def parse_mount(line):
    words = line.split(" ")
    dash = words.index("-")
    return Mount(words[2], unescape(words[3]), unescape(words[4]), tuple(words[5].split(",")),
                 words[dash + 1])


def is_under(path, directory):
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def host_source(mount, host):
    """Where on the host the mounted thing lies; None when the host does not have it."""
    for candidate in host:
        if candidate.device == mount.device and is_under(mount.root, candidate.root):
            inner = os.path.relpath(mount.root, candidate.root)
            path = os.path.normpath(os.path.join(candidate.point, inner))
            if os.path.lexists(path):
                return path
    return None


def host_mounts():
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return [parse_mount(line.rstrip("\n")) for line in file]


def read_view(looked, host=None):
    """`looked`: what `look` printed inside the cage."""
    host = host_mounts() if host is None else host
    view = View()
    mounts = []
    for line in looked.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "mount":
            mounts.append(parse_mount(rest))
        elif kind == "link":
            path, _, text = rest.partition(" ")
            view.links.append((path, text))
    view.mounts = len(mounts)
    for mount in sorted(mounts, key=lambda m: m.point.split("/")):
        # bubblewrap has its own root, /proc and /dev, masked places included.
        if mount.point == "/" or is_under(mount.point, "/proc") or is_under(mount.point, "/dev"):
            continue
        # A device of the host's /dev that covers something is a mask.
        source = None if mount.filesystem == "devtmpfs" else host_source(mount, host)
        inside_bind = any(is_under(mount.point, target) for _, target, _ in view.binds)
        if source is not None:
            view.binds.append((source, mount.point, "ro" if mount.read_only else "rw"))
        elif inside_bind:
            view.hidden.append(mount.point)
        else:
            view.empty.append(mount.point)
    return view


def bubblewrap_arguments(view):
    words = ["--unshare-all", "--proc", "/proc", "--dev", "/dev"]
    for path, text in view.links:
        words += ["--symlink", text, path]
    places = [(target, ["--ro-bind" if access == "ro" else "--bind", source, target])
              for source, target, access in view.binds]
    places += [(path, ["--tmpfs", path]) for path in view.empty]
    for path in view.hidden:
        mask = ["--tmpfs", path] if os.path.isdir(path) else ["--ro-bind", "/dev/null", path]
        places.append((path, mask))
    for _, arguments in sorted(places, key=lambda place: place[0].split("/")):
        words += arguments
    return words


def plan_lines(view):
    """The same view for cage_alone: one place a line, fields parted by tabs."""
    lines = [f"{access}\t{source}\t{target}" for source, target, access in view.binds]
    lines += [f"link\t{path}" for path, _ in view.links]
    lines += [f"limit\t{name}\t{value}" for name, value in view.limits]
    return "\n".join(lines + [f"hide\t{path}" for path in view.hidden]) + "\n"
