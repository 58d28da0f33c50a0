"""Sessions and benches as tables a person can read."""
import os
import platform

TITLES = {"bare": "bare (posix_spawn)", "unshare": "unshare, all namespaces",
          "bwrap": "bwrap --unshare-all, same mounts", "cage": "bailey, the cage alone",
          "governed": "bailey run, the whole governed run"}


def machine():
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    flags = "a virtual machine" if _is_virtual() else "bare metal, as far as it says"
    return {"kernel": platform.release().split("-")[0], "cpu": model, "cpus": os.cpu_count(),
            "kind": flags}


def _is_virtual():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        return any(line.startswith("flags") and " hypervisor" in line for line in file)


def who(uid):
    return "root" if uid == 0 else "ordinary user"


def target_line(target):
    unit = target["unit"]
    digits = 0 if unit in ("", "KiB") else 2
    text = f"{target['measured']:.{digits}f} {unit}".strip()
    limit = f"{target['limit']:.{digits}f} {unit}".strip()
    verdict = "held  " if target["held"] else "missed"
    return f"  {verdict}  {target['name']}: {text} ({target['relation']} {limit})"


def start_table(session):
    part = session["parts"].get("start")
    if part is None:
        return []
    lines = [f"Start to exit of a static no-op, {who(session['uid'])}"
             f" ({part['rows']['bare']['wall_ms']['runs']} runs of each, in turn)",
             f"  {'':38} {'p50 ms':>8} {'p95':>8} {'p99':>8} {'cpu ms':>8} {'to bwrap':>9}"
             f" {'p99/p50':>8}"]
    for name, row in part["rows"].items():
        wall = row["wall_ms"]
        lines.append(f"  {TITLES.get(name, name):38} {wall['p50']:8.2f} {wall['p95']:8.2f}"
                     f" {wall['p99']:8.2f} {row['cpu_ms']:8.2f} {row['p50_to_bwrap']:8.2f}x"
                     f" {row['p99_to_p50']:8.2f}")
    doctor = part["doctor"]
    lines.append(f"  doctor: {doctor['layers']} layers, not proven:"
                 f" {', '.join(doctor['unproven']) or 'none'};"
                 f" receipts verified: {part['receipts_verified']};"
                 f" home on {part['disk']};"
                 f" left behind: {', '.join(part['left_behind']) or 'nothing'}")
    if part["disk"] in ("tmpfs", "ramfs"):
        lines.append("  Note: the home lay in memory, where durability costs nothing;"
                     " the governed figure is none.")
    return lines


def layers_table(session):
    part = session["parts"].get("layers")
    if part is None:
        return []
    lines = [f"Ours, layer by layer, {who(session['uid'])}"
             f" ({part['rows'][0]['wall_ms']['runs']} runs of each, in turn)",
             f"  {'':38} {'p50 ms':>8} {'p95':>8} {'p99':>8} {'added':>8}"]
    before = None
    for row in part["rows"]:
        wall = row["wall_ms"]
        added = "" if before is None else f"{wall['p50'] - before:+8.2f}"
        before = wall["p50"]
        lines.append(f"  {row['name']:38} {wall['p50']:8.2f} {wall['p95']:8.2f}"
                     f" {wall['p99']:8.2f} {added:>8}")
    return lines


def loads_table(session):
    rows = load_rows(session, lambda row: "speed" in row)
    if not rows:
        return []
    lines = [f"Work inside the cage, {who(session['uid'])} (medians, bare and caged in turn)",
             f"  {'':32} {'runs':>5} {'bare':>12} {'caged':>12} {'speed':>8}"]
    for row in rows:
        sides = ((f"{row['bare_ms']:.1f} ms", f"{row['caged_ms']:.1f} ms") if "bare_ms" in row else
                 (f"{row['bare_per_s']:,.0f}/s", f"{row['caged_per_s']:,.0f}/s"))
        lines.append(f"  {row['name']:32} {row['runs']:>5} {sides[0]:>12} {sides[1]:>12}"
                     f" {100 * row['speed']:7.1f}%")
    return lines


def load_rows(session, wanted):
    rows = []
    for name in ("compile", "git", "redis"):
        part = session["parts"].get(name)
        rows += part if isinstance(part, list) else [part] if part else []
    return [row for row in rows if wanted(row)]


def events_table(session):
    rows = load_rows(session, lambda row: "unheard_ms" in row)
    if not rows:
        return []
    lines = [f"The compile with events, {who(session['uid'])} (medians, in turn; the cost is the"
             " median of the rounds' own)",
             f"  {'heard of':32} {'runs':>5} {'unheard':>12} {'heard':>12} {'cost':>8}"]
    for row in rows:
        lines.append(f"  {row['name']:32} {row['runs']:>5} {row['unheard_ms']:>9.1f} ms"
                     f" {row['heard_ms']:>9.1f} ms {100 * (row['ratio'] - 1):+7.2f}%")
    return lines


def memory_table(session):
    part = session["parts"].get("memory")
    if part is None:
        return []
    lines = [f"Resident memory while a caged program runs, {who(session['uid'])}"]
    for role, size in zip(("signer", "warden", "init"), part["processes"]):
        own = f", proportional {size['pss']} KiB" if "pss" in size else ""
        lines.append(f"  {role:8} {size['vmrss']:>6} KiB resident{own}")
    return lines


def targets_of(session):
    found = []
    for part in session["parts"].values():
        for row in part if isinstance(part, list) else [part]:
            found += row.get("targets", []) + ([row["target"]] if "target" in row else [])
    return found


def session_text(session):
    blocks = [start_table(session), layers_table(session), memory_table(session),
              loads_table(session), events_table(session)]
    targets = targets_of(session)
    if targets:
        blocks.append([f"Figures asked for, {who(session['uid'])}"] + [target_line(t) for t in targets])
    if session["not_measured"]:
        blocks.append([f"Not measured, {who(session['uid'])}"] +
                      [f"  {name}: {why}" for name, why in session["not_measured"].items()])
    return "\n\n".join("\n".join(block) for block in blocks if block)
