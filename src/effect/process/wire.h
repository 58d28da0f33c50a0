// wire: what signer, warden and init say to each other: one struct of one size.
//
// Every message is exactly kMessageBytes on a SOCK_SEQPACKET socket, in both
// directions. A short or long message, an unknown type or an unknown version means
// that the peer is dead, and the cage dies with it. Numbers only: names of layers,
// steps and limits live in tables here, so that what the caged side could influence
// is a number and never text. Freestanding: included by programs without a libc.
// Does not protect: against a signer that lies; it is the authority.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bailey::effect::process {

inline constexpr std::uint32_t kWireVersion = 1;
inline constexpr std::size_t kMessageBytes = 256;

enum class MessageType : std::uint32_t {
  kPlan = 1,      // signer -> warden -> init: the sealed memfd holds `a` bytes of plan
  kGo = 2,        // signer -> warden -> init: let the program go; `a`: wall budget in ns, 0 none
  kSignal = 3,    // signer -> warden -> init: deliver signal `a` to the program's group
  kKill = 4,      // signer -> warden: the cage dies now
  kBeat = 5,      // warden -> init and warden -> signer: still alive; `a` 1: answer kUsage
  kBaseline = 6,  // warden -> init: what it sees outside, in body.bytes
  kJoin = 7,      // warden -> init: the tasks file of a cgroup travels along; init joins it
  kGive = 8,      // signer -> warden: the call `a` gets the file that travels along, or goes on
  kHush = 9,      // signer -> warden: `a` 1: the streams stand still from now on; 0: go on; `b`:
                  // the number of this word
  kHold = 10,     // warden -> init: groups are joined; `b`: rlimits to set, by bit of LimitKind;
                  // `c`: 1 to hand out proc
  kBuilt = 16,    // init -> warden: body.built; only the needs are still to be proven. `b`: the
                  // errno by which the kernel refused a listener, 0 when there is one; `c`: the
                  // pid of the guard, 0 when the cage has a pid namespace
  kLimit = 17,    // warden -> signer: body.limit, one a message
  kReady = 18,    // warden -> signer: everything stands and is proven; body.built.layers, `b`
  kFailed = 19,   // setup failed: step `a`, errno `b`, item `c` (a view's or limit's number)
  kStopped = 21,  // the program stopped by signal `a`
  kContinued = 22,
  kExited = 23,  // `a`: wait status, `b`: mono ns, `c`: processes killed with the cage
  kHand = 25,    // init -> warden: a descriptor travels along; `a`: 0 terminal, 1 proc, 2 scratch,
                 // 3 SysV, 4 the filter's listener
  kUsage = 28,   // init -> warden: `a` bytes written by what init reaped
  kStream = 26,  // warden -> signer: body.stream
  kEnd = 27,     // warden -> signer, last: body.end
  kEvent = 29,   // warden -> signer: body.event; the program's file may travel along
  kWish = 30,    // warden -> signer: the call `a` waits; body.wish, at `b` of a path of `c` bytes
  kGiven = 31,   // warden -> signer: the call `a` has its file, or not because of errno `b`
  kWithdrawn = 32,  // warden -> signer: nobody waits in the call `a` any more
  kHushed = 33,     // warden -> signer: the streams stand still, as word `b` said
};

// Layers in the order in which they come to be. The order is part of the wire.
enum class Layer : std::uint8_t {
  kUser,
  kMount,
  kPid,
  kNet,
  kIpc,
  kUts,
  kCgroup,
  kTime,
  kRoot,
  kProc,
  kHidden,
  kKeyring,
  kDescriptors,
  kRlimits,
  kCapabilities,
  kNoNewPrivileges,
  kLandlock,
  kSeccomp,
  kNesting,
  kNeeds,
};
inline constexpr std::size_t kLayers = 20;
inline constexpr std::string_view kLayerNames[kLayers] = {
    "namespace.user",
    "namespace.mount",
    "namespace.pid",
    "namespace.net",
    "namespace.ipc",
    "namespace.uts",
    "namespace.cgroup",
    "namespace.time",
    "root",
    "proc",
    "hidden",
    "keyring",
    "descriptors",
    "rlimits",
    "capabilities",
    "no_new_privs",
    "landlock",
    "seccomp",
    "nested_namespaces",
    "needs",
};

// What a cage has not where the kernel refuses user namespaces; a policy accepts each by name
// or no cage stands (spec/cage-without-namespaces.md).
inline constexpr std::uint32_t kLostWithoutNamespaces =
    (1U << static_cast<unsigned>(Layer::kUser)) | (1U << static_cast<unsigned>(Layer::kMount)) |
    (1U << static_cast<unsigned>(Layer::kPid)) | (1U << static_cast<unsigned>(Layer::kNet)) |
    (1U << static_cast<unsigned>(Layer::kIpc)) | (1U << static_cast<unsigned>(Layer::kUts)) |
    (1U << static_cast<unsigned>(Layer::kCgroup)) | (1U << static_cast<unsigned>(Layer::kTime)) |
    (1U << static_cast<unsigned>(Layer::kRoot)) | (1U << static_cast<unsigned>(Layer::kProc));
// The least Landlock that holds alone: scopes of signals and abstract sockets (Linux 6.12).
inline constexpr unsigned kLandlockAlone = 6;
// Items of a failure of Step::kNamespaces: 1 + a layer of the above that the policy does not
// accept beside namespace.user, or kLandlockTooOld + the kernel's ABI.
inline constexpr std::uint64_t kLandlockTooOld = 100;

// `before` and `after` are what the layer's canary act returned: 0, or a negative errno.
struct LayerResult {
  std::uint8_t layer = 0;
  std::uint8_t state = 0;  // model::LayerState
  std::int16_t before = 0;
  std::int16_t after = 0;
  std::uint16_t value = 0;  // a layer's own number: Landlock ABI, limits read back, ...
};
static_assert(sizeof(LayerResult) == 8);

struct LayersBody {
  std::uint32_t count = 0;
  LayerResult results[kLayers];
};

// Limits that the kernel keeps for init and the program, read back; 0: not set.
enum class Rlimit : std::uint8_t { kCpuTime, kMemory, kProcesses, kOpenFiles, kDisk };
inline constexpr std::size_t kRlimits = 5;

struct BuiltBody {
  LayersBody layers;
  std::uint64_t rlimits[kRlimits] = {};
};

struct LimitBody {
  std::uint32_t kind = 0;  // model::LimitKind
  std::uint32_t limit_class = 0;
  std::uint32_t mechanism = 0;  // Mechanism
  std::uint32_t flags = 0;      // LimitFlag
  std::uint64_t requested = 0;
  std::uint64_t effective = 0;
  std::uint64_t used = 0;
  std::uint64_t interval_ns = 0;
  std::uint64_t overshoot = 0;
};
inline constexpr std::uint32_t kLimitUsedKnown = 1;
inline constexpr std::uint32_t kLimitHit = 2;

enum class Mechanism : std::uint32_t {
  kNone,
  kClock,
  kCgroupV1,
  kCgroupV2,
  kRlimit,
  kAffinity,
  kPolledProc,
  kPolledCgroup,
  kCounted,
};

struct StreamBody {
  std::uint32_t stream = 0;  // 0 stdin, 1 stdout, 2 stderr, 3 terminal input, 4 terminal output
  std::uint32_t reserved = 0;
  std::uint64_t bytes = 0;
  std::uint8_t digest[32] = {};
};

struct EndBody {
  std::uint32_t end = 0;  // End
  std::int32_t exit_code = 0;
  std::int32_t signal = 0;
  std::int32_t exec_errno = 0;
  std::uint32_t limit = 0;
  std::uint32_t hints = 0;
  std::uint64_t leftover = 0;
  std::uint64_t started_ns = 0;
  std::uint64_t ended_ns = 0;
  std::uint64_t events_kept = 0;
  std::uint64_t events_repeated = 0;
  std::uint64_t events_dropped = 0;
};

// One act that was refused or watched. See spec/events.md. By number as model::EventKind.
enum class EventKind : std::uint32_t { kSyscall, kConnect, kBind, kExec, kOpen };
inline constexpr std::size_t kObjectBytes = 144;
struct EventBody {
  std::uint32_t kind = 0;    // EventKind
  std::uint32_t number = 0;  // of the system call
  std::uint32_t pid = 0;     // as the warden sees it
  std::int32_t error = 0;    // errno of the answer, 0 when the call went on
  std::uint64_t mono_ns = 0;
  std::uint64_t device = 0;  // of the program's file, with the next two: which program it was
  std::uint64_t inode = 0;
  std::uint64_t version = 0;  // its size and the time of its last change
  std::uint16_t family = 0;   // of the address in `object`: AF_UNIX, AF_INET, AF_INET6, else 0
  std::uint16_t port = 0;     // host order
  std::uint16_t object_size = 0;
  std::uint16_t flags = 0;
  char program[16] = {};
  char object[kObjectBytes] = {};  // a path's bytes, or those of an address
};
inline constexpr std::uint16_t kEventCut = 1;
inline constexpr std::uint16_t kEventWrites = 2;    // of kOpen and `error` 0: for changing
inline constexpr std::uint16_t kEventUse = 4;       // nothing was refused; `object` is absolute
inline constexpr std::uint16_t kEventLandlock = 8;  // it is Landlock that refuses
inline constexpr std::uint32_t kHintMissing = 1;
inline constexpr std::uint32_t kHintPermission = 2;
inline constexpr std::uint32_t kHintReadOnly = 4;
inline constexpr std::uint32_t kHintNetwork = 8;

// A part of a wish: the path in order, and who wants it (spec/live-grants.md).
inline constexpr std::size_t kWishPart = 192;
inline constexpr std::size_t kWishPath = 1023;
struct WishBody {
  std::uint32_t pid = 0;  // as the warden sees it
  std::uint32_t size = 0;
  char program[16] = {};
  char path[kWishPart] = {};
};

struct Message {
  MessageType type{};
  std::uint32_t version = kWireVersion;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
  union Body {
    BuiltBody built;
    LimitBody limit;
    StreamBody stream;
    EndBody end;
    EventBody event;
    WishBody wish;
    std::uint8_t bytes[kMessageBytes - 32];
    constexpr Body() : bytes{} {}
  } body;
};
static_assert(sizeof(Message) == kMessageBytes);
static_assert(alignof(Message) == 8);
static_assert(sizeof(BuiltBody) <= kMessageBytes - 32);
static_assert(sizeof(EventBody) <= kMessageBytes - 32);
static_assert(sizeof(EndBody) <= kMessageBytes - 32);
static_assert(sizeof(WishBody) <= kMessageBytes - 32);

[[nodiscard]] constexpr bool is_known(MessageType type) noexcept {
  const auto number = static_cast<std::uint32_t>(type);
  return (number >= 1 && number <= 10) || (number >= 16 && number <= 33);
}
[[nodiscard]] inline bool is_sound(const Message& message, std::size_t received) noexcept {
  return received == kMessageBytes && message.version == kWireVersion && is_known(message.type);
}

// The steps of setup, in order; a failure names its step by number.
enum class Step : std::uint32_t {
  kSpawn,
  kNamespaces,
  kIdentity,
  kPropagation,
  kPlan,
  kRoot,
  kSources,
  kMounts,
  kProc,
  kDevices,
  kScratch,
  kHidden,
  kPivot,
  kNetwork,
  kHostname,
  kTime,
  kNesting,
  kTerminal,
  kCgroup,
  kLimits,
  kKeyring,
  kDescriptors,
  kCapabilities,
  kNoNewPrivileges,
  kLandlock,
  kSeccomp,
  kProgram,
  kNeeds,
  kCanary,
};
inline constexpr std::string_view kStepNames[] = {
    "spawn",    "namespaces", "identity", "propagation", "plan",         "root",
    "sources",  "mounts",     "proc",     "devices",     "scratch",      "hidden",
    "pivot",    "network",    "hostname", "time",        "nesting",      "terminal",
    "cgroup",   "limits",     "keyring",  "descriptors", "capabilities", "no_new_privs",
    "landlock", "seccomp",    "program",  "needs",       "canary",
};
inline constexpr std::size_t kSteps = sizeof(kStepNames) / sizeof(kStepNames[0]);
static_assert(kSteps == static_cast<std::size_t>(Step::kCanary) + 1);

}  // namespace bailey::effect::process
