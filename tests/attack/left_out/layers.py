"""What each left-out build leaves out, as edits of the warden's own sources, and who must notice.

A layer has up to two builds. In `unapplied` the layer's act is gone and its canary stands: the
run must be refused. In `blind` the canary is gone too, and so is every layer in front that would
refuse the same attack (`front`): the attack must get through, or the attack that guards this
layer is blind as well. The same attack on a build that leaves out only what is in front must
be refused: it is this layer that refuses it.

No switch for this exists in the product: the edits are made on copies (edit.py), and an edit
whose text is not there exactly once stops the build."""

from dataclasses import dataclass

CAGE = "src/platform/cage/"
WARDEN = "src/platform/warden/"


@dataclass(frozen=True)
class Edit:
    file: str
    old: str
    new: str = ""


@dataclass(frozen=True)
class Layer:
    name: str
    unapplied: tuple           # edits
    blind: tuple = ()          # further edits; empty: no attack, and `why` says why
    front: tuple = ()          # layers that refuse the same attack
    attack: str = ""           # a test of the suite, or a probe of attacks.py ("probe:NAME")
    why: str = ""
    root_only: bool = False    # the attack needs a caller who is root
    bare: bool = False         # of a cage without namespaces: tried where there are none



LAYERS = (
    Layer("namespace.user",
          (Edit(WARDEN + "warden.cc", "args.flags = sys::kNewUser | sys::kNewNs", "args.flags = sys::kNewNs"),),
          why="no other namespace can be made without it, by whoever is not root: no cage stands to be attacked"),
    Layer("namespace.mount",
          (Edit(CAGE + "places.cc",
                'if (const long e = sys::call(__NR_pivot_root, ".", "."); e < 0) return e;'),),
          (Edit(CAGE + "places.cc", "if (before != 0 || after != -2) return -1;"),
           Edit(CAGE + "places.cc", "if (sysctl != -30) return -1;"),
           Edit(CAGE + "places.cc", "if (made != -30) return -1;"),
           Edit(CAGE + "places.cc", "let_second_detach();\n  sys::Stat stat;", "sys::Stat stat;"),
           Edit(CAGE + "second.cc",
                "while (const int alive = __atomic_load_n(&second.alive, __ATOMIC_ACQUIRE)) {",
                "let_second_detach();\n"
                "  while (const int alive = __atomic_load_n(&second.alive, __ATOMIC_ACQUIRE)) {"),
           Edit(CAGE + "second.cc", 'sys::call(__NR_umount2, "/", 2)', "0L"),
           Edit(CAGE + "places.cc", "if (root.device != context.root_device || "
                "root.inode != context.root_inode) return -1;"),
           Edit(CAGE + "confine.cc", "  if (after != -13) return -1;\n  // We own the mask",
                "  // We own the mask"),
           Edit(CAGE + "confine.cc",
                'if (sys::call(__NR_fchmodat, sys::kAtFdcwd, "/.hidden", 0400) != -30) return -1;'),
           Edit(CAGE + "landlock.cc", 'constexpr const char* kCanary = "/.bailey";',
                'constexpr const char* kCanary = "/dev/null";')),
          front=("landlock",),
          attack="test_files.F11_ReadASecret.test_the_home_and_run_and_other_peoples_folders_are_not_there"),
    Layer("root",
          (Edit(CAGE + "places.cc",
                'if (const long e = sys::mount_setattr(context.root, "", flags, '
                "{sys::kAttrReadOnly, 0, 0, 0});\n      e < 0) {\n    return e;\n  }"),),
          (Edit(CAGE + "places.cc", "if (made != -30) return -1;"),
           Edit(CAGE + "confine.cc",
                'if (sys::call(__NR_fchmodat, sys::kAtFdcwd, "/.hidden", 0400) != -30) return -1;')),
          front=("landlock",), attack="probe:write_in_the_root"),
    Layer("proc",
          (Edit(CAGE + "places.cc",
                'return sys::mount_setattr(context.proc, "", flags, {sys::kAttrReadOnly, 0, 0, 0});',
                "return 0;"),),
          (Edit(CAGE + "places.cc", "if (sysctl != -30) return -1;"),),
          front=("landlock",), attack="probe:write_in_proc"),
    Layer("hidden",
          (Edit(CAGE + "places.cc",
                "e = mask(context, \"\", static_cast<int>(fd), (stat.mode & kTypeMask) == kDirectory);",
                "e = 0;"),),
          (Edit(CAGE + "places.cc",
                "if (e >= 0) e = looks_masked(context, inside(context.plan.text(place.target)));",
                "(void)looks_masked;"),),
          attack="test_files.F11_ReadASecret.test_what_the_system_keeps_secret_is_hidden_too",
          root_only=True),
    Layer("namespace.pid",
          (Edit(WARDEN + "warden.cc", "sys::kNewNs | sys::kNewPid |", "sys::kNewNs |"),),
          # The kernel gives no fresh /proc without a pid namespace; what is left is the host's.
          # Init must not end its world by kill(-1) then, and may not die before its children.
          (Edit(CAGE + "namespaces.cc", "if (inside != 0 && outside.namespaces[i] != 0 && "
                "inside != outside.namespaces[i]) continue;",
                "if (i == 2 || (inside != 0 && inside != outside.namespaces[i])) continue;"),
           Edit(CAGE + "namespaces.cc", "if (sys::getpid() != 1 || outside.pid_before != 0 || "
                "(pid != -3 && outside.warden_pid != 1)) {\n    return -1;\n  }"),
           Edit(CAGE + "init.cc", "while (sys::kill(-1, 9) == 0) {", "while (left > ~1UL) {"),
           Edit(CAGE + "places.cc",
                'const long proc =\n      new_filesystem("proc", none, sys::kAttrNoSuid | '
                "sys::kAttrNoDev | sys::kAttrNoExec);",
                "(void)none;\n  const long proc = sys::open_tree(context.host_proc, \"\", "
                "sys::kTreeClone | sys::kTreeCloexec | static_cast<unsigned>(sys::kAtEmptyPath) | "
                "static_cast<unsigned>(sys::kAtRecursive));"),
           Edit(CAGE + "places.cc", 'sys::move_mount(context.scratch, sys::kAtFdcwd, "/proc")',
                'sys::move_mount(context.scratch, sys::kAtFdcwd, "/sys")'),
           Edit(CAGE + "places.cc", "if (const long e = mask_proc(context); e < 0) return e;",
                "(void)mask_proc;"),
           Edit(CAGE + "places.cc", "if (sysctl != -30) return -1;")),
          attack="probe:see_processes"),
    Layer("namespace.net",
          (Edit(CAGE + "second.cc",
                "if (const long e = sys::call(__NR_unshare, sys::kNewNet); e < 0) return e;\n"
                "  if (const long e = raise_loopback(); e < 0) return e;", "(void)raise_loopback;"),
           Edit(CAGE + "second.cc",
                "if (const long e = sys::call(__NR_setns, second.network, sys::kNewNet); e < 0) return e;")),
          (Edit(CAGE + "namespaces.cc", "if (inside != 0 && outside.namespaces[i] != 0 && "
                "inside != outside.namespaces[i]) continue;",
                "if (i == 3 || (inside != 0 && inside != outside.namespaces[i])) continue;"),
           Edit(CAGE + "namespaces.cc", "if (outside.net_before != 0 || net != -111) return -1;")),
          attack="test_network.W01_Tcp.test_no_address_is_reached"),
    Layer("namespace.ipc",
          (Edit(WARDEN + "warden.cc", "sys::kNewPid | sys::kNewIpc |", "sys::kNewPid |"),),
          (Edit(CAGE + "namespaces.cc", "if (inside != 0 && outside.namespaces[i] != 0 && "
                "inside != outside.namespaces[i]) continue;",
                "if (i == 4 || (inside != 0 && inside != outside.namespaces[i])) continue;"),
           Edit(CAGE + "namespaces.cc",
                "if (outside.ipc_before != 0 || (ipc != -22 && ipc != -43)) return -1;")),
          attack="test_evidence.E10_NothingShared.test_memory_and_queues_of_the_host_are_not_there"),
    Layer("namespace.uts",
          (Edit(WARDEN + "warden.cc", "sys::kNewUts |\n"), Edit(CAGE + "namespaces.cc",
                'const long e = sys::call(__NR_sethostname, "bailey", 6);\n  if (e < 0) return e;\n'
                '  return sys::call(__NR_setdomainname, "", 0);', "return 0;")),
          (Edit(CAGE + "namespaces.cc", "if (inside != 0 && outside.namespaces[i] != 0 && "
                "inside != outside.namespaces[i]) continue;",
                "if (i == 5 || (inside != 0 && inside != outside.namespaces[i])) continue;"),
           Edit(CAGE + "namespaces.cc", "if (names.nodename[i] != expected[i]) return -1;",
                "(void)expected;"),
           Edit(CAGE + "capabilities.cc", "if (before != 0 || after != -1) return -1;\n"
                "  context.report(Layer::kCapabilities", "context.report(Layer::kCapabilities")),
          attack="test_evidence.E10_NothingShared.test_the_host_is_not_named"),
    Layer("namespace.cgroup",
          (Edit(WARDEN + "warden.cc", "sys::kNewCgroup | sys::kPidfd", "sys::kPidfd"),
           Edit(CAGE + "namespaces.cc", "const long e = sys::call(__NR_unshare, sys::kNewCgroup);",
                "const long e = 0;")),
          (Edit(CAGE + "namespaces.cc", "if (inside != 0 && outside.namespaces[i] != 0 && "
                "inside != outside.namespaces[i]) continue;",
                "if (i == 6 || (inside != 0 && inside != outside.namespaces[i])) continue;"),
           Edit(CAGE + "namespaces.cc", "if (after == 0 || after == before || "
                "after == context.baseline.namespaces[kCgroupKind]) return -1;",
                "(void)before;\n  (void)after;"),
           Edit(CAGE + "namespaces.cc", "if (text[i] == '\\n' && (i < 2 || text[i - 1] != '/' || "
                "text[i - 2] != ':')) return -1;", "(void)text;")),
          attack="test_evidence.E10_NothingShared.test_the_host_is_not_named"),
    Layer("namespace.time",
          (Edit(CAGE + "namespaces.cc", "const long e = sys::call(__NR_unshare, sys::kNewTime);",
                "const long e = context.failure.item != 0 ? -1 : 0;"),
           Edit(CAGE + "namespaces.cc",
                'if (namespace_id(context.host_proc, "time_for_children") ==\n'
                '      namespace_id(context.host_proc, "time")) {\n    return -1;\n  }'),
           Edit(CAGE + "namespaces.cc",
                'if (const long w = write_file(context.host_proc, "self/timens_offsets", text, n); '
                "w < 0)\n      return w;", "(void)n;")),
          (Edit(WARDEN + "warden.cc", "const bool shifted = (needs_ & 16U) != 0;",
                "const bool shifted = needs_ != 0;"),),
          attack="test_evidence.E10_NothingShared.test_the_host_is_not_named"),
    Layer("keyring",
          (Edit(WARDEN + "baseline.cc", 'sys::call(__NR_keyctl, 1, "_bailey_cage")',
                "sys::call(__NR_keyctl, 0, -3, 0)"),
           Edit(WARDEN + "baseline.cc", "if (baseline.session_joined >= 0) {",
                "if (baseline.session_joined == -1000) {")),
          (Edit(CAGE + "confine.cc", "if (outside.session_joined < 0 || now != outside.session_joined ||\n"
                "      now == outside.session_before) {\n    return -1;\n  }"),),
          front=("seccomp",), attack="probe:use_a_key"),
    Layer("descriptors",
          (Edit(CAGE + "confine.cc", "if (const long e = sys::call(__NR_close_range, from, to, 0); "
                "e < 0) return e;", "(void)to;"),),
          # Everything of ours is close-on-exec, and the program closes everything besides.
          (Edit(CAGE + "confine.cc", "if (before < 0 || after != -9) return -1;\n"
                "  context.report(Layer::kDescriptors", "context.report(Layer::kDescriptors"),
           Edit(CAGE + "target.cc", "if (sys::call(__NR_close_range, kLine + 1, ~0U, 0) < 0) sys::exit(121);"),
           Edit(CAGE + "namespaces.cc", '"/proc", 010000000 | 0200000 | 02000000', '"/proc", 0200000')),
          front=("landlock",), attack="test_files.F20_LeftOpen.test_no_descriptor_leads_outside"),
    Layer("rlimits",
          (Edit(CAGE + "confine.cc", "if (const long e = sys::prlimit(0, pairs[i].resource, &set, &now); "
                "e < 0) return e;", "(void)set;"),),
          (Edit(CAGE + "confine.cc", "if (now.soft != value || now.hard != value) return -5;"),),
          attack="probe:open_many_files"),
    Layer("capabilities",
          (Edit(CAGE + "capabilities.cc", "if (const long e = sys::call(__NR_capset, &header, sets); e < 0) return e;"),
           Edit(CAGE + "capabilities.cc", "const long e = sys::prctl(PR_CAPBSET_DROP, cap);",
                "const long e = cap < 41 ? 0 : -22;"),
           Edit(CAGE + "capabilities.cc", "if (const long e = sys::prctl(PR_SET_SECUREBITS, kLocked); e < 0) return e;",
                "(void)kLocked;")),
          (Edit(CAGE + "capabilities.cc", "if ((set.effective | set.permitted | set.inheritable) != 0) return -1;", "(void)set;"),
           Edit(CAGE + "capabilities.cc",
                "if (sys::prctl(PR_GET_SECUREBITS) != static_cast<long>(kLocked)) return -1;"),
           Edit(CAGE + "capabilities.cc",
                "if (sys::prctl(PR_CAPBSET_READ, 0) != 0 || sys::prctl(PR_CAPBSET_READ, 21) != 0) return -1;"),
           Edit(CAGE + "capabilities.cc", "if (before != 0 || after != -1) return -1;\n"
                "  context.report(Layer::kCapabilities", "context.report(Layer::kCapabilities"),
           Edit(CAGE + "confine.cc", "if (after != -22 || !(before == -13 || inherited)) return -1;",
                "(void)inherited;"),
           # Who may override modes opens the mask.
           Edit(CAGE + "confine.cc", "  if (after != -13) return -1;\n  // We own the mask",
                "  // We own the mask")),
          attack="test_privilege.N06_Capabilities.test_all_sets_are_empty"),
    Layer("no_new_privs",
          (Edit(CAGE + "confine.cc", "if (const long e = sys::prctl(PR_SET_NO_NEW_PRIVS, 1); e < 0) return e;"),
           Edit(CAGE + "confine.cc", "if (sys::prctl(PR_GET_NO_NEW_PRIVS) != 1) return -1;")),
          why="Landlock and the filter cannot be entered without it: the kernel refuses them, "
          "and no cage stands to be attacked"),
    Layer("landlock",
          (Edit(CAGE + "landlock.cc",
                "if (const long e = sys::call(__NR_landlock_restrict_self, context.ruleset, 0); e < 0) return e;"),),
          (Edit(CAGE + "landlock.cc", "if (before < 0 || after != -13) return -1;",
                "if (before < 0) return -1;"),),
          attack="probe:read_in_the_root"),
    Layer("seccomp",
          (Edit(CAGE + "confine.cc",
                "long listener = sys::call(__NR_seccomp, SECCOMP_SET_MODE_FILTER,\n"
                "                            SECCOMP_FILTER_FLAG_NEW_LISTENER | kKillableWait, &asking);",
                "long listener = -16;\n  (void)kKillableWait;"),
           Edit(CAGE + "confine.cc", "return sys::call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);\n}"
                "\n\n// To the warden", "return program.len > 0 ? 0 : -1;\n}\n\n// To the warden")),
          (Edit(CAGE + "confine.cc", "const long after = try_what_is_refused(context);\n"
                "  if (before != 0 || after != -1) return -1;", "const long after = -1;\n  (void)before;"),),
          attack="test_calls.S07_PrivilegedCalls.test_the_filter_answers_not_the_kernel"),
    Layer("nested_namespaces",
          (Edit(CAGE + "namespaces.cc", 'const long written = sys::write(static_cast<int>(fd), "0", 1);\n'
                "  sys::close(static_cast<int>(fd));\n  if (written != 1)",
                "const long written = 1;\n  sys::close(static_cast<int>(fd));\n  if (written != 1)"),),
          (Edit(CAGE + "namespaces.cc", "    return -1;\n  }\n  if (after != -28) return after;", "  }"),),
          front=("seccomp",), attack="probe:nest_a_namespace"),
    # Nothing may then be killed by kill(-1), which is held to the cage by what is left out.
    Layer("bare.landlock",
          (Edit(CAGE + "bare.cc", "if (const long e = sys::call(__NR_landlock_restrict_self, "
                "context.ruleset, 0); e < 0) return e;"),),
          (Edit(CAGE + "bare.cc", "  if (after != -13) return -1;\n  if (sys::kill(outside.warden_pid, 0) != -1) "
                "return -1;\n  if (reach_abstract(outside) != -1) return -1;\n"),
           Edit(CAGE + "bare.cc", "    if (fd >= 0) return -1;\n"),
           Edit(CAGE + "guard.cc", "  if (sys::kill(context.baseline.warden_pid, 0) != -1) return -1;\n"),
           Edit(CAGE + "guard.cc", "    sys::kill(-1, 9);\n"),
           Edit(CAGE + "init.cc", "while (sys::kill(-1, 9) == 0) {", "while (left > ~1UL) {")),
          attack="test_files.F11_ReadASecret.test_no_way_of_reading_it_works", bare=True),
    Layer("bare.inner_domain",
          (Edit(CAGE + "bare.cc", "const long e = sys::call(__NR_landlock_restrict_self, fd, 0);",
                "const long e = 0;"),),
          (Edit(CAGE + "bare.cc", "return before == 0 && sys::kill(init, 0) == -1 ? 0 : -1;",
                "return before;"),),
          attack="test_bare.OtherProcesses.test_nobody_takes_a_signal_from_it", bare=True),
    Layer("bare.seccomp",
          (Edit(CAGE + "confine.cc",
                "if (context.bare) return opens == Opens::kHeard ? whole(kBareObserve) : whole(kBare);"),),
          (Edit(CAGE + "bare.cc", "return sys::call(__NR_connect, -1, nullptr, 0) == -1 ? 0 : -1;", "return 0;"),),
          attack="test_bare.SharedWithTheMachine.test_nothing_is_shared_watched_or_served", bare=True),
    Layer("needs",
          (Edit(CAGE + "target.cc", "needs |= has_pipe() ? kPipe : 0U;", "(void)has_pipe;"),),
          why="it refuses no attack; it says that a program can live in the cage"),
)
BY_NAME = {layer.name: layer for layer in LAYERS}


def edits(layer, build):
    """All edits of one build: `unapplied`, `front` (what is in front, blind), or `blind`."""
    found = []
    if build == "unapplied":
        return layer.unapplied
    for name in layer.front:
        found += BY_NAME[name].unapplied + BY_NAME[name].blind
    if build == "blind":
        found += layer.unapplied + layer.blind
    return tuple(found)


def builds(layer):
    yield "unapplied"
    if layer.blind:
        yield "blind"
        if layer.front:
            yield "front"
