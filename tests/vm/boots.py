"""The boots: which kernel, what is taken away from it, and what runs there.

`missing` names what a boot takes away; tests/attack/test_modes.py reads it and expects that
a run is refused, or that it says what it runs without, and never anything else."""

from dataclasses import dataclass, field

REACHING = ("test_files", "test_processes", "test_privilege", "test_calls", "test_network")
ALL = REACHING + ("test_load", "test_evidence", "test_events")


@dataclass(frozen=True)
class Suite:
    name: str
    kind: str                # attack, platform or doctor
    user: bool               # False: root
    shape: str = "delegated"  # of the cgroup it runs in: guest/main.py
    modules: tuple = ()
    options: tuple = ()
    filter: str = ""
    seconds: int = 225       # each, before slowness


@dataclass(frozen=True)
class Boot:
    name: str
    kernel: str
    about: str
    suites: tuple
    missing: tuple = ()
    append: str = ""         # to the kernel's command line
    cgroups: str = "v2"      # or none: no hierarchy is mounted
    sysctl: dict = field(default_factory=dict)
    seconds: int = 600       # the whole boot, before slowness

    @property
    def as_json(self):
        return {"name": self.name, "missing": self.missing, "cgroups": self.cgroups,
                "sysctl": self.sysctl,
                "suites": [dict(vars(suite)) for suite in self.suites]}


DOCTORS = (Suite("doctor.user", "doctor", True), Suite("doctor.root", "doctor", False))
MODES = (Suite("modes.user", "attack", True, modules=("test_modes",)),
         Suite("modes.root", "attack", False, modules=("test_modes",)))
WHOLE = DOCTORS + MODES + (
    Suite("attack.user", "attack", True, modules=ALL),
    Suite("attack.root", "attack", False, modules=ALL),
    Suite("platform.user", "platform", True),
    Suite("platform.root", "platform", False),
    Suite("service.user", "attack", True, shape="service", modules=("test_modes", "test_load")),
)
ACCEPTED = ("--accept landlock",)
# A cage of one wall needs Landlock's scopes, which 6.1 has not.
WALL = tuple(Suite(f"wall.{who}", "attack", who == "user", options=("--without-user-namespaces",),
                   modules=("test_files", "test_processes", "test_bare"))
             for who in ("user", "root"))
NO_LANDLOCK = "lsm=lockdown,yama,loadpin,safesetid,integrity,apparmor,bpf"


def _for_kernel(kernel):
    return (
        Boot(f"{kernel}-cgroup2", kernel, "as it comes, cgroup v2 delegated", WHOLE),
        Boot(f"{kernel}-no-userns", kernel, "user.max_user_namespaces=0",
             DOCTORS + MODES + (WALL if kernel != "6.1" else ()),
             missing=("user-namespaces",), sysctl={"user.max_user_namespaces": "0"}),
        Boot(f"{kernel}-no-landlock", kernel, "lsm= without landlock", DOCTORS + MODES + (
            Suite("attack.user", "attack", True, modules=REACHING, options=ACCEPTED),
            Suite("attack.root", "attack", False, modules=REACHING, options=ACCEPTED)),
             missing=("landlock",), append=NO_LANDLOCK),
        Boot(f"{kernel}-no-cgroups", kernel, "no hierarchy mounted, memory disabled",
             DOCTORS + MODES + (
                 Suite("limits.user", "attack", True, modules=("test_load",)),
                 Suite("limits.root", "attack", False, modules=("test_load",)),
                 Suite("platform.user", "platform", True, filter="Limit.*"),
                 Suite("platform.root", "platform", False, filter="Limit.*")),
             missing=("cgroups",), cgroups="none", append="cgroup_disable=memory"),
        Boot(f"{kernel}-foreign-cgroup", kernel, "cgroup v2 that belongs to somebody else",
             (Suite("doctor.user", "doctor", True, shape="foreign"),
              Suite("modes.user", "attack", True, shape="foreign", modules=("test_modes",)),
              Suite("limits.user", "attack", True, shape="foreign", modules=("test_load",))),
             missing=("cgroups",)),
    )


BOOTS = {boot.name: boot for kernel in ("6.1", "6.12") for boot in _for_kernel(kernel)}
