// bailey-verify: checks receipts, proofs, checkpoints and published logs offline, with
// nothing but public keys. It reads the files named and writes to its own output; with
// --remember also the one file in which it keeps what it saw last.
//
// Exit codes: 0 good, 1 does not verify, 2 usage, 3 could not complete. Of several receipts
// the worst one's: 1 before 3.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "app/verify_bundle.h"
#include "app/verify_files.h"
#include "app/verify_memory.h"
#include "app/verify_options.h"
#include "app/verify_print.h"
#include "bailey/verify.h"
#include "base/fd.h"
#include "codec/text.h"

namespace {

using bailey::Error;
using bailey::Fd;
using bailey::app::read_operand;
using bailey::app::VerifyMemory;
using bailey::app::VerifyOptions;
using bailey::verify::File;
using bailey::verify::Report;
using bailey::verify::Verdict;
using bailey::verify::Verifier;

Report incomplete(const Error& error) {
  Report report;
  report.verdict = Verdict::kIncomplete;
  report.code = error.code;
  report.message = error.message;
  report.hint = error.hint;
  return report;
}

// Its content; or nothing, and why in `report`.
std::optional<std::string> content_of(const std::string& path, Report& report) {
  File file = read_operand(path);
  if (file.state == File::State::kRead) return std::move(file.content);
  report = incomplete(
      {"verify.read",
       path + ": " + (file.state == File::State::kMissing ? "no such file" : file.content),
       {}});
  return std::nullopt;
}

// A key as it is, or the keys in a file: one a line, blank lines and '#' comments apart.
bool collect_keys(const std::string& argument, std::vector<std::string>& keys, Report& report) {
  if (argument.find('+') != std::string::npos && ::access(argument.c_str(), F_OK) != 0) {
    keys.push_back(argument);
    return true;
  }
  const auto content = content_of(argument, report);
  if (!content) return false;
  std::size_t begin = 0;
  while (begin < content->size()) {
    const auto end = std::min(content->find('\n', begin), content->size());
    const auto line = content->substr(begin, end - begin);
    if (!line.empty() && line[0] != '#') keys.push_back(line);
    begin = end + 1;
  }
  return true;
}

std::unique_ptr<Verifier> verifier_for(const VerifyOptions& options, Report& report) {
  bailey::verify::Trust trust;
  for (const auto& key : options.keys) {
    if (!collect_keys(key, trust.vkeys, report)) return nullptr;
  }
  if (options.policy) {
    const auto policy = content_of(*options.policy, report);
    if (!policy) return nullptr;
    if (policy->empty()) {
      report = incomplete({"tlog_policy.syntax", *options.policy + " is empty", {}});
      report.verdict = Verdict::kUsage;
      return nullptr;
    }
    trust.policy = *policy;
  }
  if (options.history) {
    const auto history = content_of(*options.history, report);
    if (!history) return nullptr;
    if (history->empty()) {
      report = incomplete({"key.history_file", *options.history + " is empty", {}});
      report.verdict = Verdict::kUsage;
      return nullptr;
    }
    trust.history = *history;
  }
  return Verifier::create(trust, report);
}

// Compares what was verified with what was seen last, and remembers it only when it extends
// that. `extends` is asked about the note remembered.
template <class Extends>
Report remembered(const VerifyOptions& options, const Verifier& verifier, Report report,
                  const std::string& note, const Extends& extends) {
  const auto memory = VerifyMemory::open(*options.remember);
  if (!memory) return incomplete(memory.error());
  const auto older = memory->recall(report.origin);
  if (!older) return incomplete(older.error());
  if (*older) {
    const Report before = verifier.signature(**older);
    if (before.verdict != Verdict::kGood || before.origin != report.origin) {
      return incomplete(
          {"remember.corrupt",
           "what was seen last of the log does not verify any more: " + before.message,
           "if the log's key was changed, give the old one too; else restore the folder"});
    }
    const Report compared = extends(**older, before.size);
    if (compared.verdict != Verdict::kGood) return compared;
    report.older_size = before.size;
  }
  if (*older != note) {
    if (const auto kept = memory->remember(report.origin, note); !kept) {
      return incomplete(kept.error());
    }
  }
  return report;
}

Report run_log(const VerifyOptions& options, const Verifier& verifier) {
  const std::string& operand = options.operands[0];
  Report report;
  bailey::verify::LogQuestion question;
  if (options.from) {
    question.after = content_of(*options.from, report);
    if (!question.after) return report;
  }
  const Fd folder(::open(operand.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    return incomplete({"verify.read", operand + ": " + std::strerror(errno), {}});
  }
  std::string note;
  const auto read = [&](const std::string& path) {
    auto file = bailey::app::read_at(folder.get(), path);
    if (path == "checkpoint") note = file.content;
    return file;
  };
  {
    bailey::app::ProgressLine progress;
    question.progress = [&](std::uint64_t done, std::uint64_t all) { progress.tell(done, all); };
    report = verifier.log(read, question);
  }
  if (!options.remember || report.verdict != Verdict::kGood) return report;
  return remembered(options, verifier, report, note, [&](const std::string& older, std::uint64_t) {
    return verifier.growth(read, older, note);
  });
}

Report run_checkpoint(const VerifyOptions& options, const Verifier& verifier) {
  Report report;
  const auto note = content_of(options.operands[0], report);
  if (!note) return report;
  std::optional<std::string> proof = std::string();
  if (options.proof) proof = content_of(*options.proof, report);
  if (!proof) return report;
  if (options.newer) {
    const auto newer = content_of(*options.newer, report);
    return newer ? verifier.extension(*note, *newer, *proof) : report;
  }
  report = verifier.checkpoint(*note);
  if (!options.remember || report.verdict != Verdict::kGood) return report;
  const std::uint64_t size = report.size;
  return remembered(
      options, verifier, report, *note, [&](const std::string& older, std::uint64_t before) {
        if (size > before && before > 0 && !options.proof) {
          return incomplete({"remember.proof",
                             "nothing shows that the log's " + std::to_string(size) +
                                 " entries extend the " + std::to_string(before) + " seen before",
                             "give a consistency proof with --proof, or verify the log's folder"});
        }
        return verifier.extension(older, *note, size > before ? *proof : std::string());
      });
}

Report run_one(const VerifyOptions& options, const Verifier& verifier, const std::string& operand) {
  Report report;
  const auto text = content_of(operand, report);
  if (!text) return report;
  if (options.command == "receipt") return verifier.receipt(*text);
  const auto entry = content_of(*options.entry, report);
  return entry ? verifier.proof(*text, *entry) : report;
}

// What `bailey log export` wrote; its results have a shape of their own.
int run_exported(const VerifyOptions& options) {
  using bailey::app::Output;
  const Output output = options.json ? Output::kJson : Output::kText;
  const std::string& operand = options.operands[0];
  Report report;
  std::vector<std::string> keys;
  for (const auto& key : options.keys) {
    if (!collect_keys(key, keys, report)) {
      print_report(options, operand, report);
      return static_cast<int>(report.verdict);
    }
  }
  if (options.command == "evidence") {
    return bailey::app::verify_evidence_folder(keys, operand, output);
  }
  const auto bundle = content_of(operand, report);
  if (bundle) return bailey::app::verify_bundle(keys, *bundle, output);
  print_report(options, operand, report);
  return static_cast<int>(report.verdict);
}

int run(const VerifyOptions& options) {
  if (options.command == "evidence" || options.command == "attestations") {
    return run_exported(options);
  }
  Report report;
  const auto verifier = verifier_for(options, report);
  if (!verifier) {
    print_report(options, options.operands[0], report);
    return static_cast<int>(report.verdict);
  }
  if (options.command == "log" || options.command == "checkpoint") {
    report =
        options.command == "log" ? run_log(options, *verifier) : run_checkpoint(options, *verifier);
    print_report(options, options.operands[0], report);
    return static_cast<int>(report.verdict);
  }
  bool failed = false;
  bool undecided = false;
  for (const auto& operand : options.operands) {
    report = run_one(options, *verifier, operand);
    print_report(options, operand, report);
    failed = failed || report.verdict == Verdict::kFailed;
    undecided = undecided || report.verdict != Verdict::kGood;
  }
  if (failed) return static_cast<int>(Verdict::kFailed);
  return static_cast<int>(undecided ? Verdict::kIncomplete : Verdict::kGood);
}

}  // namespace

int main(int argc, char** argv) {
  using Kind = bailey::app::ParsedCommandLine::Kind;
  // A reader that went away is an error of the write, not the end of the process.
  ::signal(SIGPIPE, SIG_IGN);
  const auto parsed = bailey::app::parse_command_line(argc, argv);
  int code = 0;
  switch (parsed.kind) {
    case Kind::kUsage:
      std::fprintf(stderr, "bailey-verify: %s\nTry 'bailey-verify --help'.\n",
                   bailey::codec::for_terminal(parsed.wrong).c_str());
      return static_cast<int>(Verdict::kUsage);
    case Kind::kHelp:
      std::fputs(bailey::app::usage_text(), stdout);
      break;
    case Kind::kVersion:
      std::puts("bailey-verify " BAILEY_VERSION);
      break;
    case Kind::kRun:
      code = run(parsed.options);
      break;
  }
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "bailey-verify: cannot write the result: %s\n", std::strerror(errno));
    return static_cast<int>(Verdict::kIncomplete);
  }
  return code;
}
