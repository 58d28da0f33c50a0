"""No include climbs or crosses a floor, and each library is seen by its own folder only.

The floors are read from src/CMakeLists.txt, the one place that states them; CMake refuses
a wrong dependency there (cmake/layers.cmake), this refuses a wrong include. Test programs
obey the floor of their folder and may also use tests/support.
"""
import re

from house.tree import CannotCheck

LAYER = re.compile(r"^\s*bailey_layer\(([^)]*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
KEYWORDS = {"FLOOR", "DEPENDS", "LINK", "EXCLUDE"}
TOP = "app"

# A folder of its own wall: the programs beside and inside the cage see almost nothing.
WALLED = {
    "src/platform/cage": ("base/", "effect/process/", "platform/cage/", "platform/warden/"),
    "src/platform/warden": ("base/", "effect/process/", "platform/cage/", "platform/warden/"),
    "src/platform/token": ("base/", "platform/token/"),
}
# Constants that the build makes (the seccomp programs).
GENERATED = re.compile(r"^[a-z0-9_]+\.inc$")
# The offline verifier is floors 0 to 2 and nothing above.
VERIFIER = re.compile(r"^(include/bailey/|src/app/(bailey_)?verify)")
VERIFIER_FLOOR = 2
VERIFIER_HOME = "merkle"  # where what include/bailey declares is implemented

# Library header -> the only folders that may include it.
LIBRARIES = [
    # The warden digests streams, and links nothing of ours above base to do so.
    (re.compile(r"^openssl/sha\.h$"), ("src/crypto/", "src/platform/warden/digest")),
    (re.compile(r"^openssl/"), ("src/crypto/",)),
    (re.compile(r"^sodium"), ("src/crypto/",)),
    (re.compile(r"^p11-kit/"), ("src/platform/token/",)),
    (re.compile(r"^boost/crc"), ("src/ledger/",)),
    (re.compile(r"^boost/(asio|beast|system)"), ("src/net/",)),
    (re.compile(r"^boost/"), ("src/codec/",)),
    (re.compile(r"^yaml-cpp/"), ("src/codec/",)),
    (re.compile(r"^CLI/"), ("src/cli/", "src/app/")),
    (re.compile(r"^seccomp\.h$"), ("src/platform/",)),
    (re.compile(r"^sqlite3\.h$"), ("src/store/",)),
]


def read_floors(tree):
    """Layer -> (floor, declared dependencies)."""
    name = "src/CMakeLists.txt"
    if name not in tree.files:
        raise CannotCheck(f"{name} is missing")
    floors = {}
    text = re.sub(r"#.*", "", tree.text(name))
    for arguments in LAYER.findall(text):
        words = arguments.split()
        layer, key, values = words[0], None, {}
        for word in words[1:]:
            if word in KEYWORDS:
                key = word
                values[key] = []
            elif key:
                values[key].append(word)
        if len(values.get("FLOOR", [])) != 1:
            raise CannotCheck(f"{name}: layer {layer} states no floor")
        floors[layer] = (int(values["FLOOR"][0]), set(values.get("DEPENDS", [])))
    if not floors:
        raise CannotCheck(f"{name}: no bailey_layer found")
    return floors


def judge(name, target, floors, support):
    """What is wrong with this quoted include of this file, or None."""
    if target in support and (name.endswith("_test.cc") or name.startswith("tests/")):
        return None
    first = target.split("/")[0]
    for wall, allowed in WALLED.items():
        if name.startswith(wall + "/") and not name.endswith("_test.cc"):
            if not target.startswith(allowed) and not GENERATED.match(target):
                return f"{wall} may include only {' '.join(allowed)}"
    if VERIFIER.match(name):
        if first == "bailey" or (first in floors and floors[first][0] <= VERIFIER_FLOOR):
            return None
        if VERIFIER.match("src/" + target):  # another file of the verifier's own
            return None
        return f"the offline verifier is floors 0-{VERIFIER_FLOOR} only, {target} is above"
    if not name.startswith("src/"):
        return None
    own = name.split("/")[1]
    if own == TOP or (own == "platform" and GENERATED.match(target)):
        return None
    if "/" not in target:
        return f'"{target}": includes are written from src/'
    if first == TOP:
        return f"nothing includes {TOP}/: it joins what the others declare"
    if own not in floors:
        return f"src/{own} is no layer of src/CMakeLists.txt"
    if first == "bailey":
        first = VERIFIER_HOME
    if first not in floors:
        return f'"{target}" belongs to no layer'
    if first == own:
        return None
    own_floor, declared = floors[own]
    if floors[first][0] >= own_floor:
        return f"{own} (floor {own_floor}) may not include {first} (floor {floors[first][0]})"
    if first not in declared:
        return f"{own} includes {first} but does not declare it in src/CMakeLists.txt"
    return None


def check(tree):
    floors = read_floors(tree)
    support = {f.removeprefix("tests/support/") for f in tree.cxx("tests")
               if f.startswith("tests/support/")}
    findings, count = [], 0
    for name in tree.cxx("src", "include", "tests", "fuzz", "bench"):
        text = tree.text(name) or ""
        for match in INCLUDE.finditer(text):
            count += 1
            line = text.count("\n", 0, match.start(1)) + 1
            target = match[2]
            if ".." in target.split("/"):
                findings.append(f"{name}:{line}: layers: includes are written from src/")
            elif match[1] == '"':
                wrong = judge(name, target, floors, support)
                if wrong:
                    findings.append(f"{name}:{line}: layers: {wrong}")
            for pattern, homes in LIBRARIES:
                if pattern.match(target):
                    if name.startswith("src/") and not name.startswith(homes):
                        findings.append(f"{name}:{line}: layers: <{target}> is seen only by "
                                        f"{' '.join(homes)}")
                    break
    return f"{count} includes, {len(floors)} layers", findings
