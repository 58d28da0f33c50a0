#include "app/verify_bundle.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "app/verify_files.h"
#include "bailey/verify_evidence.h"
#include "base/fd.h"
#include "codec/json.h"
#include "codec/text.h"

namespace bailey::app {
namespace {

using codec::for_terminal;
using codec::Json;
using verify::Report;
using verify::Verdict;

Json number(std::uint64_t value) { return Json(std::to_string(value)); }

Json good_json(const char* what, const Report& report) {
  Json out;
  out.set("version", 1).set("verified", what).set("result", "good");
  out.set("origin", codec::valid_utf8(report.origin)).set("size", number(report.size));
  out.set("root", report.root);
  return out;
}

int finish(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return 0;
  std::fprintf(stderr, "bailey-verify: cannot write the result: %s\n", std::strerror(errno));
  return static_cast<int>(Verdict::kIncomplete);
}

Report unreadable(const std::string& folder, const std::string& why) {
  Report report;
  report.verdict = Verdict::kIncomplete;
  report.code = "verify.read";
  report.message = folder + ": " + why;
  return report;
}

}  // namespace

int print_failure(std::string_view what, const Report& report, Output output) {
  const bool failed = report.verdict == Verdict::kFailed;
  if (output == Output::kJson) {
    Json out;
    out.set("version", 1).set("verified", what);
    out.set("result", failed                              ? "failed"
                      : report.verdict == Verdict::kUsage ? "usage"
                                                          : "incomplete");
    out.set("code", codec::valid_utf8(report.code));
    out.set("message", codec::valid_utf8(report.message));
    if (!report.hint.empty()) out.set("hint", codec::valid_utf8(report.hint));
    std::printf("%s\n", codec::canonical_json(out).c_str());
  } else {
    std::fprintf(stderr, "bailey-verify: %s: %s [%s]\n", failed ? "FAILED" : "error",
                 for_terminal(report.message).c_str(), report.code.c_str());
    if (!report.hint.empty()) std::fprintf(stderr, "  %s\n", for_terminal(report.hint).c_str());
  }
  return static_cast<int>(report.verdict);
}

int verify_evidence_folder(const std::vector<std::string>& vkeys, const std::string& folder,
                           Output output) {
  const Fd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return print_failure("evidence", unreadable(folder, std::strerror(errno)), output);
  std::vector<std::string> there;
  std::error_code error;
  const std::filesystem::path top(folder);
  for (std::filesystem::recursive_directory_iterator each(top, error), end; !error && each != end;
       each.increment(error)) {
    if (!each->is_directory() || each->is_symlink()) {
      there.push_back(each->path().lexically_relative(top).string());
    }
  }
  if (error) return print_failure("evidence", unreadable(folder, error.message()), output);
  const auto found = verify::verify_evidence(
      vkeys, [&](const std::string& path) { return read_at(fd.get(), path); }, there);
  if (found.report.verdict != Verdict::kGood) {
    return print_failure("evidence", found.report, output);
  }
  if (output == Output::kJson) {
    Json out = good_json("evidence", found.report);
    out.set("first", number(found.first)).set("last", number(found.last));
    out.set("session", codec::valid_utf8(found.session)).set("whole", found.whole);
    out.set("receipts", number(found.receipts)).set("actions", number(found.actions));
    return finish(codec::canonical_json(out) + "\n");
  }
  std::string text = "good: " + std::to_string(found.receipts) + " receipts and " +
                     std::to_string(found.actions) + " attested actions, entries " +
                     std::to_string(found.first) + " to " + std::to_string(found.last) + " of " +
                     std::to_string(found.report.size) + " in " + for_terminal(found.report.origin);
  if (!found.session.empty()) text += ", only session " + for_terminal(found.session);
  text += found.whole ? "\n  the whole log is there\n"
                      : "\n  a selection: what was left out of it does not show\n";
  return finish(text);
}

int verify_bundle(const std::vector<std::string>& vkeys, std::string_view bundle, Output output) {
  const auto found = verify::verify_attestations(vkeys, bundle);
  if (found.report.verdict != Verdict::kGood) {
    return print_failure("attestations", found.report, output);
  }
  if (output == Output::kJson) {
    Json out = good_json("attestations", found.report);
    out.set("actions", number(found.actions)).set("sessions", number(found.sessions));
    out.set("ignored", number(found.ignored));
    return finish(codec::canonical_json(out) + "\n");
  }
  return finish("good: " + std::to_string(found.actions) + " actions in " +
                for_terminal(found.report.origin) + "\n  " + std::to_string(found.sessions) +
                " sessions are whole, " + std::to_string(found.ignored) + " lines ignored\n");
}

}  // namespace bailey::app
