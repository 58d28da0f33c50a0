#include "platform/cage_words.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace bailey::platform::words {

namespace process = effect::process;
using process::Layer;
using process::Step;

namespace {

std::string syscall_name(std::uint32_t number) {
  static constexpr struct {
    std::uint32_t number;
    const char* name;
  } kNames[] = {
#include "syscall_names.inc"
  };
  for (const auto& entry : kNames)
    if (entry.number == number) return entry.name;
  return "call " + std::to_string(number);
}

// "192.0.2.1:443", "[2001:db8::1]:443", "/run/socket", "@abstract", or a path.
std::string object_text(const process::EventBody& body) {
  const std::size_t size = std::min<std::size_t>(body.object_size, sizeof body.object);
  char text[INET6_ADDRSTRLEN] = {};
  if (body.family == AF_INET && size == 4 &&
      inet_ntop(AF_INET, body.object, text, sizeof text) != nullptr)
    return std::string(text) + ":" + std::to_string(body.port);
  if (body.family == AF_INET6 && size == 16 &&
      inet_ntop(AF_INET6, body.object, text, sizeof text) != nullptr)
    return "[" + std::string(text) + "]:" + std::to_string(body.port);
  std::string path(body.object, size);
  if (body.family == AF_UNIX && !path.empty() && path[0] == '\0') {
    path[0] = '@';
    return path;
  }
  return path.substr(0, path.find('\0'));
}

std::string layer_of(model::EventKind kind, std::uint16_t family, int error, std::uint16_t flags) {
  if ((flags & process::kEventLandlock) != 0) return "landlock";
  switch (kind) {
    case model::EventKind::kSyscall:
      return "seccomp";
    case model::EventKind::kConnect:
    case model::EventKind::kBind:
      return family == AF_UNIX ? "namespace.mount" : "namespace.net";
    case model::EventKind::kExec:
      return "permissions";
    case model::EventKind::kOpen:
      return error == EACCES ? "permissions" : "namespace.mount";
  }
  return "seccomp";
}

std::string error_name(int error) {
  const char* name = strerrorname_np(error);
  return name == nullptr ? std::to_string(error) : name;
}

// What the act of a layer's canary was, for the receipt.
std::string_view act(Layer layer) {
  switch (layer) {
    case Layer::kUser:
      return "an outside user id";
    case Layer::kMount:
      return "a host path";
    case Layer::kPid:
      return "signalling an outside process";
    case Layer::kNet:
      return "an outside abstract socket";
    case Layer::kIpc:
      return "an outside SysV segment";
    case Layer::kUts:
      return "the host name";
    case Layer::kCgroup:
      return "the outside cgroup path";
    case Layer::kTime:
      return "the host's uptime";
    case Layer::kRoot:
      return "making a directory in the root";
    case Layer::kProc:
      return "writing a sysctl";
    case Layer::kHidden:
      return "hidden paths";
    case Layer::kKeyring:
      return "the caller's session keyring";
    case Layer::kDescriptors:
      return "a sentinel descriptor";
    case Layer::kRlimits:
      return "resource limits read back";
    case Layer::kCapabilities:
      return "setting the host name";
    case Layer::kNoNewPrivileges:
      return "restricting oneself";
    case Layer::kLandlock:
      return "reading a file of the root";
    case Layer::kSeccomp:
      return "unshare";
    case Layer::kNesting:
      return "a nested user namespace";
    case Layer::kNeeds:
      return "pipe, child, file, thread";
  }
  return "";
}

std::string_view bare_act(Layer layer) {
  switch (layer) {
    case Layer::kLandlock:
      return "a file, a signal and a socket outside";
    case Layer::kCapabilities:
      return "setting the root directory";
    case Layer::kSeccomp:
      return "a socket";
    default:
      return act(layer);
  }
}

// What an older kernel's Landlock does not judge; the layers in front hold it alone there.
std::string landlock_abi(unsigned abi) {
  std::string text = ", ABI " + std::to_string(abi);
  constexpr struct {
    unsigned since;
    const char* what;
  } kLater[] = {{2, "moves between folders"},
                {3, "truncation"},
                {5, "ioctls of devices"},
                {6, "signals and abstract sockets"}};
  const char* before = " without ";
  for (const auto& later : kLater) {
    if (abi >= later.since) continue;
    text += before;
    text += later.what;
    before = ", ";
  }
  return text;
}

}  // namespace

std::string lost_without_namespaces() {
  std::string names;
  for (std::size_t i = 0; i < process::kLayers; ++i) {
    if ((process::kLostWithoutNamespaces >> i & 1U) == 0) continue;
    names += (names.empty() ? "" : ", ") + std::string(process::kLayerNames[i]);
  }
  return names;
}

void add_layers(const process::LayersBody& body, std::vector<model::LayerReport>& out) {
  const std::uint32_t count = std::min<std::uint32_t>(body.count, process::kLayers);
  // Without namespaces some acts are others.
  const bool bare = std::any_of(body.results, body.results + count, [](const auto& result) {
    return result.layer == static_cast<std::uint8_t>(Layer::kUser) && result.state == 0;
  });
  for (std::uint32_t i = 0; i < count; ++i) {
    const process::LayerResult& result = body.results[i];
    if (result.layer >= process::kLayers || result.state > 2) continue;
    const auto layer = static_cast<Layer>(result.layer);
    model::LayerReport report;
    report.name = process::kLayerNames[result.layer];
    report.state = static_cast<model::LayerState>(result.state);
    report.detail = bare ? bare_act(layer) : act(layer);
    if (bare && result.state == 0 && result.after == 0)
      report.detail = "the kernel refuses user namespaces";
    if (result.after < 0) {
      report.detail += ": ";
      report.detail += result.before == 0 ? "ok" : error_name(-result.before);
      report.detail += " before, " + error_name(-result.after) + " after";
    }
    if (layer == Layer::kLandlock && report.state != model::LayerState::kMissing)
      report.detail += landlock_abi(result.value);
    if (layer == Layer::kSeccomp) {
      report.detail += ", " + std::to_string(result.value) + " instructions";
    }
    if (layer == Layer::kHidden)
      report.detail += ", " + std::to_string(result.value) + (bare ? " tried" : " masked");
    out.push_back(std::move(report));
  }
}

model::LimitReport limit(const process::LimitBody& body) {
  model::LimitReport report;
  report.kind = static_cast<model::LimitKind>(std::min<std::uint32_t>(body.kind, 7));
  report.limit_class = static_cast<model::LimitClass>(std::min<std::uint32_t>(body.limit_class, 4));
  report.requested = body.requested;
  report.effective = body.effective;
  report.used = body.used;
  report.used_known = (body.flags & process::kLimitUsedKnown) != 0;
  report.hit = (body.flags & process::kLimitHit) != 0;
  report.interval_ns = body.interval_ns;
  report.overshoot = body.overshoot;
  switch (static_cast<process::Mechanism>(body.mechanism)) {
    case process::Mechanism::kNone:
      report.mechanism = "none";
      break;
    case process::Mechanism::kClock:
      report.mechanism = "clock of warden and init";
      break;
    case process::Mechanism::kCgroupV1:
      report.mechanism = "cgroup v1";
      break;
    case process::Mechanism::kCgroupV2:
      report.mechanism = "cgroup v2";
      break;
    case process::Mechanism::kRlimit:
      report.mechanism = "rlimit";
      break;
    case process::Mechanism::kAffinity:
      report.mechanism = "processor affinity";
      break;
    case process::Mechanism::kPolledProc:
      report.mechanism = "polled from /proc";
      break;
    case process::Mechanism::kPolledCgroup:
      report.mechanism = "polled from the cgroup";
      break;
    case process::Mechanism::kCounted:
      report.mechanism = "counted by the warden";
      break;
  }
  return report;
}

model::StreamReport stream(const process::StreamBody& body) {
  constexpr const char* kNames[] = {"stdin", "stdout", "stderr", "terminal_input", "terminal"};
  model::StreamReport report;
  report.name = kNames[std::min<std::uint32_t>(body.stream, 4)];
  report.bytes = body.bytes;
  std::memcpy(report.digest.data(), body.digest, report.digest.size());
  return report;
}

model::Event event(const process::EventBody& body) {
  model::Event event;
  event.kind = static_cast<model::EventKind>(std::min(body.kind, model::kEventKinds - 1));
  event.act = event.kind == model::EventKind::kSyscall ? syscall_name(body.number)
                                                       : model::name(event.kind);
  event.object = object_text(body);
  event.claimed = !event.object.empty();
  event.cut = (body.flags & process::kEventCut) != 0;
  event.use = (body.flags & process::kEventUse) != 0;
  event.writes = (body.flags & process::kEventWrites) != 0;
  if (!event.use) event.layer = layer_of(event.kind, body.family, body.error, body.flags);
  if (body.error > 0 && body.error < 4096) event.error = error_name(body.error);
  event.mono_ns = body.mono_ns;
  event.pid = body.pid;
  event.program.assign(body.program, strnlen(body.program, sizeof body.program));
  return event;
}

std::string deaf_because(int error) {
  if (error == EBUSY || error == EPERM) return "another supervisor above this one listens already";
  return "the kernel refused a listener: " + error_name(error);
}

void finish(const process::EndBody& body, process::CageEnd& end) {
  end.end = static_cast<process::End>(std::min<std::uint32_t>(body.end, 4));
  end.exit_code = body.exit_code;
  end.signal = body.signal;
  end.exec_errno = body.exec_errno;
  end.limit = static_cast<model::LimitKind>(std::min<std::uint32_t>(body.limit, 7));
  end.leftover_processes = body.leftover;
  end.started_mono_ns = body.started_ns;
  end.ended_mono_ns = body.ended_ns;
  end.events.kept = body.events_kept;
  end.events.repeated = body.events_repeated;
  end.events.dropped = body.events_dropped;
  end.hints.missing_file = (body.hints & process::kHintMissing) != 0;
  end.hints.permission = (body.hints & process::kHintPermission) != 0;
  end.hints.read_only = (body.hints & process::kHintReadOnly) != 0;
  end.hints.network = (body.hints & process::kHintNetwork) != 0;
}

Error setup_error(const process::Message& failed, const std::string& place) {
  const auto number = std::min<std::uint64_t>(failed.a, process::kSteps - 1);
  const auto step = static_cast<Step>(number);
  const int error = static_cast<int>(std::min<std::uint64_t>(failed.b, 4095));
  const std::string name(process::kStepNames[number]);
  const std::string why = error_name(error) + " (" + strerror(error) + ")";
  switch (step) {
    case Step::kNamespaces:
      if (failed.c >= process::kLandlockTooOld)
        return {"cage.layer_missing",
                "the kernel refuses new namespaces, and a cage without them needs Landlock ABI " +
                    std::to_string(process::kLandlockAlone) + " (Linux 6.12); here it is " +
                    std::to_string(failed.c - process::kLandlockTooOld),
                "run bailey doctor"};
      if (failed.c > 0 && failed.c <= process::kLayers)
        return {"cage.layer_missing",
                "the kernel refuses new namespaces: " + why +
                    "; the policy accepts a cage without namespace.user, but not without " +
                    std::string(process::kLayerNames[failed.c - 1]) + ", which is lost as well",
                "to accept a cage of one wall: degradations: [" + lost_without_namespaces() +
                    "] in the policy"};
      return {
          "cage.layer_missing", "the kernel refuses new namespaces: " + why,
          "bailey doctor says which setting forbids them, how to change it, and what a policy may "
          "accept instead"};
    case Step::kTime:
      return {"cage.layer_missing", "the layer namespace.time is missing: " + why,
              "run bailey doctor, or accept it by name in the policy"};
    case Step::kLandlock:
      return {"cage.layer_missing", "the layer landlock is missing: " + why,
              "run bailey doctor, or accept it by name in the policy"};
    case Step::kLimits:
    case Step::kCgroup: {
      std::string limit_name =
          failed.c < model::kLimitKinds
              ? std::string(model::name(static_cast<model::LimitKind>(failed.c)))
              : std::string("rlimits");
      return {"cage.limit", "the limit " + limit_name + " cannot be had as asked: " + why,
              "run bailey doctor to see which limits this machine can hold"};
    }
    case Step::kIdentity:
      if (error == EROFS)
        return {"cage.layer_missing",
                "the layer namespace.user is missing: /proc is read-only here, and without writing "
                "to it no user can be mapped: " +
                    why,
                "a container must leave /proc writable (Docker: --security-opt "
                "systempaths=unconfined, Podman: --security-opt unmask=ALL)"};
      return {"cage.setup", "the step " + name + " failed: " + why, "run bailey doctor"};
    case Step::kMounts:
      if (place == "/proc" && error == EPERM)
        return {"cage.layer_missing",
                "the layer proc is missing: the kernel gives no fresh /proc where parts of the old "
                "one are covered, as containers do: " +
                    why,
                "a container must show all of /proc (Docker: --security-opt "
                "systempaths=unconfined, Podman: --security-opt unmask=ALL, Kubernetes: "
                "procMount: Unmasked)"};
      [[fallthrough]];
    case Step::kHidden:
      return {"cage.plan", "the place " + (place.empty() ? "?" : place) + " cannot be made: " + why,
              "a view must be a directory or a regular file that the caller may open"};
    case Step::kSeccomp:
      if (error == EBUSY || error == EPERM)
        return {"cage.unobservable",
                "what is opened cannot be observed: another supervisor above this one listens",
                "run it without --observe, or not beneath the other supervisor"};
      return {"cage.layer_missing", "the layer seccomp is missing: " + why,
              "a kernel with CONFIG_SECCOMP_FILTER, and a container whose own filter allows "
              "seccomp"};
    case Step::kProgram:
      return {"cage.plan", "the working directory cannot be entered: " + why, ""};
    case Step::kNeeds:
      return {"cage.setup",
              "a program could not live in the cage (" + std::to_string(failed.c) +
                  " of 15: pipe 1, thread 2, child 4, file 8): " + why,
              "run bailey doctor"};
    default:
      return {"cage.setup", "the step " + name + " failed: " + why, "run bailey doctor"};
  }
}

}  // namespace bailey::platform::words
