#include "cli/run_report.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/blocked.h"
#include "cli/exit_codes.h"
#include "cli/grants_report.h"
#include "codec/text.h"
#include "policy/units.h"

namespace bailey::cli {
namespace {

using codec::Json;
using model::LimitClass;
using model::LimitKind;
using model::OutcomeStatus;

std::string line(std::string_view text) { return "bailey: " + codec::for_terminal(text) + "\n"; }

// Rounded for reading: the exact figure is in the JSON form and the receipt.
std::string span_of_time(std::uint64_t ns) {
  const auto ms = ns / 1'000'000;
  if (ms < 1000) return std::to_string(ms) + " ms";
  if (ms < 120'000) return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
  const auto minutes = ms / 60'000;
  if (minutes < 120) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h";
}

std::string amount(LimitKind kind, std::uint64_t value) {
  switch (kind) {
    case LimitKind::kWall:
    case LimitKind::kCpuTime:
      return span_of_time(value);
    case LimitKind::kMemory:
    case LimitKind::kDisk:
    case LimitKind::kOutput: {
      for (const auto& [unit, size] :
           {std::pair{'G', 1ULL << 30}, {'M', 1ULL << 20}, {'K', 1ULL << 10}})
        if (value >= size * 10 || (value >= size && value % size == 0))
          return std::to_string(value / size) + unit;
      return std::to_string(value) + " bytes";
    }
    case LimitKind::kCpus:
      return policy::format_cpus(value);
    case LimitKind::kProcesses:
    case LimitKind::kOpenFiles:
      return std::to_string(value);
  }
  return std::to_string(value);
}

std::string_view words(LimitKind kind) {
  switch (kind) {
    case LimitKind::kWall:
      return "wall time";
    case LimitKind::kCpuTime:
      return "CPU time";
    case LimitKind::kMemory:
      return "memory";
    case LimitKind::kCpus:
      return "CPUs";
    case LimitKind::kProcesses:
      return "processes";
    case LimitKind::kOpenFiles:
      return "open files";
    case LimitKind::kDisk:
      return "disk writes";
    case LimitKind::kOutput:
      return "output";
  }
  return "a limit";
}

std::string seconds(const model::Evidence& evidence) {
  return span_of_time(evidence.ended_mono_ns - evidence.started_mono_ns);
}

std::string how_it_ended(const RunReport& report) {
  const auto& evidence = report.evidence;
  switch (*report.status) {
    case OutcomeStatus::kDone:
      if (evidence.signal != 0) {
        const char* name = sigabbrev_np(evidence.signal);
        return report.command + " was ended by signal " +
               (name != nullptr ? "SIG" + std::string(name) : std::to_string(evidence.signal));
      }
      return report.command + " ended with code " + std::to_string(evidence.exit_code);
    case OutcomeStatus::kLimit: {
      for (const auto& limit : evidence.limits)
        if (limit.hit)
          return report.command + " was ended: " + std::string(words(limit.kind)) + " over " +
                 amount(limit.kind, limit.effective);
      return report.command + " was ended by a limit (" + report.reason_code + ")";
    }
    case OutcomeStatus::kHalted:
      return report.command + " was ended by the kill switch";
    case OutcomeStatus::kStopped:
      return report.command + " was stopped";
    case OutcomeStatus::kFailed:
      return report.command + " did not run";
  }
  return report.command;
}

std::string used_line(const RunReport& report) {
  std::string used;
  for (const auto& limit : report.evidence.limits) {
    if (!limit.used_known || limit.kind == LimitKind::kOpenFiles) continue;
    if (!used.empty()) used += ", ";
    used += std::string(words(limit.kind)) + " " + amount(limit.kind, limit.used) + " of " +
            amount(limit.kind, limit.effective);
  }
  return used;
}

std::string polled_line(const RunReport& report) {
  std::string polled;
  for (const auto& limit : report.evidence.limits)
    if (limit.limit_class == LimitClass::kPolled)
      polled += (polled.empty() ? "" : ", ") + std::string(words(limit.kind));
  return polled;
}

std::string layers_line(const RunReport& report) {
  std::size_t proven = 0;
  for (const auto& layer : report.evidence.layers)
    if (layer.state == model::LayerState::kProven) ++proven;
  std::string text = std::to_string(proven) + " of " +
                     std::to_string(report.evidence.layers.size()) + " layers proven";
  const auto& missing = report.evidence.degradations;
  const bool one_wall =
      std::find(missing.begin(), missing.end(), "namespace.user") != missing.end();
  if (one_wall) text += ", one wall: without namespaces, a root and a /proc of its own";
  for (const std::string& name : missing) {
    const bool said = name.starts_with("namespace.") || name == "root" || name == "proc";
    if (!one_wall || !said) text += ", without " + name;
  }
  return text;
}

std::string denial_text(const RunReport& report) {
  const auto& denial = *report.denial;
  std::string text = line((report.end == RunEnd::kWaiting ? "needs approval: " : "denied: ") +
                          denial.user_message);
  text +=
      line("  reason " + denial.reason_code + (denial.rule.empty() ? "" : ", rule " + denial.rule) +
           (denial.terminal ? "; trying again will not help" : ""));
  if (!report.ask_id.empty())
    text += line("  " + std::string(report.other_answers ? "somebody else answers" : "answer") +
                 " with: bailey approve grant " + report.ask_id +
                 " (or deny); then run the command again");
  if (!denial.remediation_hint.empty()) text += line("  try: " + denial.remediation_hint);
  return text;
}

int exec_errno(const RunReport& report) {
  const Json* error = report.evidence.extra.find("exec_errno");
  return error != nullptr && error->is_int() ? static_cast<int>(error->as_int()) : 0;
}

// Why the program did not start, as the effect wrote it into its evidence.
std::string failure_text(const RunReport& report) {
  if (*report.status != OutcomeStatus::kFailed) return {};
  const auto text = [&](std::string_view member) {
    const Json* value = report.evidence.extra.find(member);
    return value != nullptr && value->is_string() ? value->as_string() : std::string();
  };
  std::string lines;
  if (const auto message = text("message"); !message.empty()) lines += line("  " + message);
  if (const auto hint = text("hint"); !hint.empty()) lines += line("  try: " + hint);
  if (report.reason_code == "run.not_runnable")
    lines +=
        line("  the kernel would not start it: " + std::string(std::strerror(exec_errno(report))));
  return lines;
}

std::string ran_text(const RunReport& report) {
  const bool started = report.evidence.started_mono_ns != 0;
  std::string text =
      line(how_it_ended(report) + (started ? ", " + seconds(report.evidence) : std::string()));
  text += failure_text(report);
  if (const auto used = used_line(report); !used.empty()) text += line("  used " + used);
  if (!report.evidence.layers.empty()) text += line("  cage: " + layers_line(report));
  text += grants_text(report.evidence);
  text += blocked_text(report.events, report.evidence.extra);
  if (const auto polled = polled_line(report); !polled.empty())
    text += line("  looked at from time to time only, so it may go a little over: " + polled);
  if (const auto left = report.evidence.leftover_processes; left > 0)
    text += line("  " + std::to_string(left) + (left == 1 ? " process was" : " processes were") +
                 " left over and ended with the cage");
  return text;
}

Json strings(const std::vector<std::string>& list) {
  Json::Array array;
  for (const auto& text : list) array.emplace_back(codec::valid_utf8(text));
  return array;
}

Json evidence_json(const model::Evidence& evidence) {
  Json json{Json::Object{}};
  json.set("exit_code", evidence.exit_code);
  json.set("signal", evidence.signal);
  json.set("duration_ns", std::to_string(evidence.ended_mono_ns - evidence.started_mono_ns));
  json.set("leftover_processes", std::to_string(evidence.leftover_processes));
  Json::Array layers;
  for (const auto& layer : evidence.layers) {
    Json entry{Json::Object{}};
    entry.set("name", layer.name);
    entry.set("state", model::name(layer.state));
    entry.set("detail", codec::valid_utf8(layer.detail));
    layers.push_back(std::move(entry));
  }
  json.set("layers", std::move(layers));
  Json::Array limits;
  for (const auto& limit : evidence.limits) limits.push_back(model::to_json(limit));
  json.set("limits", std::move(limits));
  Json::Array streams;
  for (const auto& stream : evidence.streams) {
    Json entry{Json::Object{}};
    entry.set("name", stream.name);
    entry.set("bytes", std::to_string(stream.bytes));
    streams.push_back(std::move(entry));
  }
  json.set("streams", std::move(streams));
  json.set("degradations", strings(evidence.degradations));
  json.set("details", evidence.extra);
  return json;
}

std::string_view name(RunEnd end) {
  switch (end) {
    case RunEnd::kRan:
      return "ran";
    case RunEnd::kRefused:
      return "denied";
    case RunEnd::kWaiting:
      return "needs_approval";
    case RunEnd::kFailed:
      return "error";
  }
  return "error";
}

int code_of_failure(const RunReport& report) {
  if (report.reason_code == "run.not_runnable")
    return exec_errno(report) == ENOENT ? kRunNotFound : kRunNotExecutable;
  return kRunError;
}

}  // namespace

int exit_code(const RunReport& report) {
  switch (report.end) {
    case RunEnd::kRefused:
      return report.denial && report.denial->reason_code.starts_with("kill.") ? kRunHalted
                                                                              : kRunDenied;
    case RunEnd::kWaiting:
      return kRunNeedsApproval;
    case RunEnd::kFailed:
      if (!report.error) return kRunError;
      if (report.error->code == "run.not_found" || report.error->code == "run.hidden")
        return kRunNotFound;
      if (report.error->code == "run.not_executable") return kRunNotExecutable;
      if (report.error->code == "usage") return kRunUsage;
      return kRunError;
    case RunEnd::kRan:
      break;
  }
  switch (*report.status) {
    case OutcomeStatus::kDone:
      return report.evidence.signal != 0 ? 128 + report.evidence.signal : report.evidence.exit_code;
    case OutcomeStatus::kLimit:
      return kRunLimit;
    case OutcomeStatus::kHalted:
      return kRunHalted;
    case OutcomeStatus::kStopped:
      return kRunError;
    case OutcomeStatus::kFailed:
      return code_of_failure(report);
  }
  return kRunError;
}

codec::Json to_json(const RunReport& report) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("end", name(report.end));
  json.set("exit_code", exit_code(report));
  json.set("session_id", report.session);
  json.set("level", report.level);
  json.set("policy", codec::valid_utf8(report.policy));
  if (report.denial) json.set("denial", model::to_json(*report.denial));
  if (!report.ask_id.empty()) json.set("ask", report.ask_id);
  if (report.error) {
    Json error{Json::Object{}};
    error.set("code", report.error->code);
    error.set("message", codec::valid_utf8(report.error->message));
    error.set("hint", codec::valid_utf8(report.error->hint));
    json.set("error", std::move(error));
  }
  if (report.status) {
    json.set("status", model::name(*report.status));
    json.set("reason_code", report.reason_code);
    json.set("evidence", evidence_json(report.evidence));
    json.set("events", blocked_json(report.events));
    json.set("grants", grants_json(report.evidence));
  }
  json.set("notes", strings(report.notes));
  if (report.receipt_index) {
    Json receipt{Json::Object{}};
    receipt.set("index", std::to_string(*report.receipt_index));
    receipt.set("leaf_hash", report.receipt_leaf_hash);
    if (!report.receipt_file.empty()) receipt.set("file", codec::valid_utf8(report.receipt_file));
    json.set("receipt", std::move(receipt));
  }
  return json;
}

std::string to_text(const RunReport& report) {
  std::string text;
  if (report.denial) text += denial_text(report);
  if (report.status) text += ran_text(report);
  if (report.error) {
    text += line(report.error->message);
    if (!report.error->hint.empty()) text += line("  try: " + report.error->hint);
  }
  for (const auto& note : report.notes) text += line("  note: " + note);
  for (const auto& hint : report.hidden_hint) text += line("  " + hint);
  if (report.receipt_index)
    text += line("  receipt: entry " + std::to_string(*report.receipt_index) + " of the ledger" +
                 (report.receipt_file.empty() ? "" : ", written to " + report.receipt_file) +
                 " (bailey log show " + std::to_string(*report.receipt_index) + ")");
  return text;
}

}  // namespace bailey::cli
