#include "app/verify_print.h"

#include <time.h>
#include <unistd.h>

#include <cstdio>

#include "codec/json.h"
#include "codec/text.h"

namespace bailey::app {
namespace {

using codec::for_terminal;
using codec::Json;
using verify::Report;
using verify::Verdict;

constexpr std::int64_t kPatienceMs = 1000;
constexpr std::int64_t kEveryMs = 200;

Json parsed(const std::string& text) {
  const auto value = codec::parse_json(text);
  return value ? *value : Json();
}

Json number(std::uint64_t value) { return Json(std::to_string(value)); }

void set_result(Json& out, const VerifyOptions& options, const Report& report) {
  const auto text = [](const std::string& value) { return Json(codec::valid_utf8(value)); };
  out.set("origin", text(report.origin)).set("size", number(report.size));
  out.set("root", Json(report.root));
  if (options.policy) {
    out.set("quorum", Json(report.quorum_met ? "met" : "none_asked"));
    Json::Array witnesses;
    for (const auto& witness : report.witnesses) {
      Json each;
      each.set("name", text(witness.name)).set("time", number(witness.time));
      witnesses.push_back(std::move(each));
    }
    out.set("witnesses", Json(std::move(witnesses)));
  }
  if (options.command == "receipt" || options.command == "proof") {
    out.set("index", number(report.index)).set("leaf_hash", Json(report.leaf_hash));
    if (!report.leaf.empty()) out.set("leaf", parsed(report.leaf));
    if (!report.intent.empty()) out.set("intent", parsed(report.intent));
  } else if (options.command == "log") {
    out.set("from", number(report.from));
    out.set("intents", number(report.intents)).set("closed", number(report.closed));
    out.set("open", number(report.open));
    Json::Array indices;
    for (const auto index : report.open_indices) indices.push_back(number(index));
    out.set("open_indices", Json(std::move(indices)));
  }
  if (options.newer || options.remember) out.set("older_size", number(report.older_size));
}

void print_json(const VerifyOptions& options, const std::string& what, const Report& report) {
  Json out;
  out.set("version", Json(1));
  out.set("verified", Json(options.command));
  const char* const kNames[] = {"good", "failed", "usage", "incomplete"};
  out.set("result", Json(kNames[static_cast<int>(report.verdict)]));
  if (options.operands.size() > 1) out.set("file", Json(codec::valid_utf8(what)));
  if (report.verdict == Verdict::kGood) {
    set_result(out, options, report);
  } else {
    out.set("code", Json(codec::valid_utf8(report.code)));
    out.set("message", Json(codec::valid_utf8(report.message)));
    if (!report.hint.empty()) out.set("hint", Json(codec::valid_utf8(report.hint)));
  }
  std::printf("%s\n", codec::canonical_json(out).c_str());
}

std::string who_vouched(const VerifyOptions& options, const Report& report) {
  if (!options.policy) return {};
  if (!report.quorum_met) return "  the policy asks no witness\n";
  std::string names;
  for (const auto& witness : report.witnesses) {
    if (!names.empty()) names += ", ";
    names += for_terminal(witness.name);
  }
  return "  cosigned by " + names + "\n";
}

std::string good_line(const VerifyOptions& options, const Report& report) {
  const std::string log = for_terminal(report.origin);
  const std::string size = std::to_string(report.size);
  if (options.command == "receipt" || options.command == "proof") {
    const Json leaf = parsed(report.leaf);
    const auto member = [&](const char* name) {
      const auto* value = leaf.find(name);
      return value != nullptr && value->is_string() ? for_terminal(value->as_string())
                                                    : std::string();
    };
    const std::string place =
        "entry " + std::to_string(report.index) + " of " + size + " in " + log;
    if (report.leaf.empty()) return place + ", hash " + report.leaf_hash;
    return member("type") + ", " + place + ", " + member("time");
  }
  if (options.command == "log") {
    std::string line = size + " entries in " + log + ", root " + report.root + "\n  ";
    if (report.from > 0) line += "read from entry " + std::to_string(report.from) + ": ";
    return line + std::to_string(report.intents) + " intents, " + std::to_string(report.closed) +
           " closed, " + std::to_string(report.open) + " open";
  }
  if (options.newer) {
    return log + " grew from " + std::to_string(report.older_size) + " to " + size +
           " entries, nothing was rewritten";
  }
  return log + ", " + size + " entries, root " + report.root;
}

void print_text(const VerifyOptions& options, const std::string& what, const Report& report) {
  const std::string name = options.operands.size() > 1 ? for_terminal(what) + ": " : std::string();
  if (report.verdict == Verdict::kGood) {
    std::string text = "good: " + name + good_line(options, report) + "\n";
    if (options.remember && report.older_size > 0) {
      text += "  extends the " + std::to_string(report.older_size) + " entries seen before\n";
    }
    text += who_vouched(options, report);
    std::fputs(text.c_str(), stdout);
    return;
  }
  std::fprintf(stderr, "bailey-verify: %s%s: %s [%s]\n", name.c_str(),
               report.verdict == Verdict::kFailed ? "FAILED" : "error",
               for_terminal(report.message).c_str(), report.code.c_str());
  if (!report.hint.empty()) std::fprintf(stderr, "  %s\n", for_terminal(report.hint).c_str());
}

std::int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

void print_report(const VerifyOptions& options, const std::string& what, const Report& report) {
  if (options.json) {
    print_json(options, what, report);
  } else {
    print_text(options, what, report);
  }
}

ProgressLine::ProgressLine()
    : terminal_(::isatty(STDERR_FILENO) == 1), next_ms_(now_ms() + kPatienceMs) {}

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::tell(std::uint64_t done, std::uint64_t all) {
  if (!terminal_ || all == 0) return;
  const std::int64_t now = now_ms();
  if (now < next_ms_) return;
  next_ms_ = now + kEveryMs;
  shown_ = true;
  std::fprintf(stderr, "\rverifying %llu of %llu entries, %d%%\x1b[K",
               static_cast<unsigned long long>(done), static_cast<unsigned long long>(all),
               static_cast<int>(static_cast<double>(done) / static_cast<double>(all) * 100));
}

}  // namespace bailey::app
