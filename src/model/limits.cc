#include "model/limits.h"

namespace bailey::model {

std::string_view name(LimitKind kind) noexcept {
  switch (kind) {
    case LimitKind::kWall:
      return "wall";
    case LimitKind::kCpuTime:
      return "cpu_time";
    case LimitKind::kMemory:
      return "memory";
    case LimitKind::kCpus:
      return "cpus";
    case LimitKind::kProcesses:
      return "processes";
    case LimitKind::kOpenFiles:
      return "open_files";
    case LimitKind::kDisk:
      return "disk";
    case LimitKind::kOutput:
      return "output";
  }
  return "unknown";
}

std::string_view name(LimitClass limit_class) noexcept {
  switch (limit_class) {
    case LimitClass::kNone:
      return "none";
    case LimitClass::kGroup:
      return "group";
    case LimitClass::kProcess:
      return "process";
    case LimitClass::kPolled:
      return "polled";
    case LimitClass::kWarden:
      return "warden";
  }
  return "none";
}

codec::Json to_json(const LimitReport& report) {
  // Decimal strings: a byte count may exceed what a JSON number holds exactly.
  codec::Json json{codec::Json::Object{}};
  json.set("name", name(report.kind));
  json.set("requested", std::to_string(report.requested));
  json.set("effective", std::to_string(report.effective));
  json.set("class", name(report.limit_class));
  json.set("mechanism", report.mechanism);
  if (report.used_known) json.set("used", std::to_string(report.used));
  json.set("hit", report.hit);
  if (report.limit_class == LimitClass::kPolled) {
    json.set("interval_ns", std::to_string(report.interval_ns));
    if (report.hit) json.set("overshoot", std::to_string(report.overshoot));
  }
  return json;
}

}  // namespace bailey::model
