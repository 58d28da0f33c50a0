// bailey-verify: checks receipts, checkpoints and published logs offline, with
// nothing but public keys. It reads the files named and writes to its own output.
//
// Exit codes: 0 good, 1 does not verify, 2 usage, 3 could not complete.
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "app/verify_bundle.h"
#include "bailey/verify.h"
#include "base/fd.h"
#include "codec/json.h"
#include "codec/text.h"

namespace {

using bailey::Fd;
using bailey::codec::for_terminal;
using bailey::codec::Json;
using bailey::verify::File;
using bailey::verify::Report;
using bailey::verify::Verdict;

constexpr std::size_t kMaxBytes = std::size_t{32} << 20;  // of any one file

constexpr const char* kUsage =
    "usage: bailey-verify receipt    --key KEY... [--json] FILE|-\n"
    "       bailey-verify log        --key KEY... [--json] DIRECTORY\n"
    "       bailey-verify checkpoint --key KEY... [--json] FILE [--newer FILE --proof FILE]\n"
    "       bailey-verify evidence   --key KEY... [--json] DIRECTORY\n"
    "       bailey-verify attestations --key KEY... [--json] FILE|-\n"
    "\n"
    "Checks offline what a Bailey ledger says. Trust comes from the keys given alone.\n"
    "\n"
    "  receipt     one action's receipt: its signature, its place in the log, its intent\n"
    "  log         a published or exported log: every entry, tile and reference\n"
    "  checkpoint  a signed checkpoint; with --newer, that the newer one extends it\n"
    "  evidence    a folder of 'bailey log export --format evidence': every file of it\n"
    "  attestations  a bundle of in-toto attestations (.intoto.jsonl)\n"
    "\n"
    "  --key KEY   a public key (NAME+ID+BASE64), or a file with one on each line; repeat it\n"
    "  --newer F   the later checkpoint of the same log\n"
    "  --proof F   the consistency proof between the two, one base64 hash a line\n"
    "  --json      the result as one JSON object on standard output\n"
    "  --version, --help\n"
    "\n"
    "Exit codes: 0 good, 1 does not verify, 2 usage, 3 could not complete.\n"
    "Example: bailey-verify receipt --key ledger.vkey receipt.json\n";

struct Options {
  std::string command;
  std::vector<std::string> keys;
  std::string newer;
  std::string proof;
  bool json = false;
  std::vector<std::string> operands;
};

// Reads to the end, at most kMaxBytes. False with errno set when it cannot.
bool read_all(int fd, std::string& out) {
  std::vector<char> buffer(std::size_t{1} << 16);
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    out.append(buffer.data(), static_cast<std::size_t>(got));
    if (out.size() > kMaxBytes) {
      errno = EFBIG;
      return false;
    }
  }
}

File read_at(int folder, const std::string& path) {
  if (path.find('\0') != std::string::npos) return {File::State::kUnreadable, "a NUL in its name"};
  const Fd fd(::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  File file;
  if (!fd) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return {missing ? File::State::kMissing : File::State::kUnreadable, std::strerror(errno)};
  }
  if (!read_all(fd.get(), file.content)) return {File::State::kUnreadable, std::strerror(errno)};
  file.state = File::State::kRead;
  return file;
}

File read_operand(const std::string& path) {
  if (path != "-") return read_at(AT_FDCWD, path);
  File file;
  if (!read_all(STDIN_FILENO, file.content)) {
    return {File::State::kUnreadable, std::strerror(errno)};
  }
  file.state = File::State::kRead;
  return file;
}

int usage_error(const std::string& what) {
  std::fprintf(stderr, "bailey-verify: %s\nTry 'bailey-verify --help'.\n",
               for_terminal(what).c_str());
  return static_cast<int>(Verdict::kUsage);
}

Report not_complete(const std::string& path, const File& file) {
  Report report;
  report.verdict = Verdict::kIncomplete;
  report.code = "verify.read";
  report.message =
      path + ": " + (file.state == File::State::kMissing ? "no such file" : file.content);
  return report;
}

// A key as it is, or the keys in a file: one a line, blank lines and '#' comments apart.
bool collect_keys(const std::string& argument, std::vector<std::string>& keys, Report& report) {
  if (argument.find('+') != std::string::npos && ::access(argument.c_str(), F_OK) != 0) {
    keys.push_back(argument);
    return true;
  }
  const File file = read_operand(argument);
  if (file.state != File::State::kRead) {
    report = not_complete(argument, file);
    return false;
  }
  std::size_t begin = 0;
  while (begin < file.content.size()) {
    const auto end = std::min(file.content.find('\n', begin), file.content.size());
    const auto line = file.content.substr(begin, end - begin);
    if (!line.empty() && line[0] != '#') keys.push_back(line);
    begin = end + 1;
  }
  return true;
}

Report run(const Options& options) {
  Report report;
  std::vector<std::string> keys;
  for (const auto& key : options.keys) {
    if (!collect_keys(key, keys, report)) return report;
  }
  const std::string& operand = options.operands[0];
  if (options.command == "log") {
    const Fd folder(::open(operand.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) {
      return not_complete(operand,
                          {errno == ENOENT ? File::State::kMissing : File::State::kUnreadable,
                           std::strerror(errno)});
    }
    return bailey::verify::verify_log(
        keys, [&](const std::string& path) { return read_at(folder.get(), path); });
  }
  const File file = read_operand(operand);
  if (file.state != File::State::kRead) return not_complete(operand, file);
  if (options.command == "receipt") return bailey::verify::verify_receipt(keys, file.content);
  if (options.newer.empty()) return bailey::verify::verify_checkpoint(keys, file.content);
  const File newer = read_operand(options.newer);
  if (newer.state != File::State::kRead) return not_complete(options.newer, newer);
  File proof;
  if (!options.proof.empty()) {
    proof = read_operand(options.proof);
    if (proof.state != File::State::kRead) return not_complete(options.proof, proof);
  }
  return bailey::verify::verify_extension(keys, file.content, newer.content, proof.content);
}

// Commands with a result of their own shape; nothing when it is another command.
std::optional<int> run_bundle(const Options& options) {
  using bailey::app::Output;
  const Output output = options.json ? Output::kJson : Output::kText;
  const bool evidence = options.command == "evidence";
  if (!evidence && options.command != "attestations") return std::nullopt;
  Report report;
  std::vector<std::string> keys;
  const auto refuse = [&] {
    std::fprintf(stderr, "bailey-verify: error: %s [%s]\n", for_terminal(report.message).c_str(),
                 report.code.c_str());
    return static_cast<int>(report.verdict);
  };
  for (const auto& key : options.keys) {
    if (!collect_keys(key, keys, report)) return refuse();
  }
  const std::string& operand = options.operands[0];
  if (evidence) return bailey::app::verify_evidence_folder(keys, operand, read_at, output);
  const File file = read_operand(operand);
  if (file.state != File::State::kRead) {
    report = not_complete(operand, file);
    return refuse();
  }
  return bailey::app::verify_bundle(keys, file.content, output);
}

Json parsed(const std::string& text) {
  const auto value = bailey::codec::parse_json(text);
  return value ? *value : Json();
}

Json number(std::uint64_t value) { return Json(std::to_string(value)); }

void print_json(const Options& options, const Report& report) {
  Json out;
  out.set("version", Json(1));
  out.set("verified", Json(options.command));
  const bool good = report.verdict == Verdict::kGood;
  const char* const kNames[] = {"good", "failed", "usage", "incomplete"};
  out.set("result", Json(kNames[static_cast<int>(report.verdict)]));
  const auto text = [](const std::string& value) { return Json(bailey::codec::valid_utf8(value)); };
  if (!good) {
    out.set("code", text(report.code)).set("message", text(report.message));
    if (!report.hint.empty()) out.set("hint", text(report.hint));
  } else {
    out.set("origin", text(report.origin)).set("size", number(report.size));
    out.set("root", Json(report.root));
    if (options.command == "receipt") {
      out.set("index", number(report.index)).set("leaf_hash", Json(report.leaf_hash));
      out.set("leaf", parsed(report.leaf));
      if (!report.intent.empty()) out.set("intent", parsed(report.intent));
    } else if (options.command == "log") {
      out.set("intents", number(report.intents)).set("closed", number(report.closed));
      out.set("open", number(report.open));
      Json::Array indices;
      for (const auto index : report.open_indices) indices.push_back(number(index));
      out.set("open_indices", Json(std::move(indices)));
    } else if (!options.newer.empty()) {
      out.set("older_size", number(report.older_size));
    }
  }
  std::printf("%s\n", bailey::codec::canonical_json(out).c_str());
}

void print_text(const Options& options, const Report& report) {
  if (report.verdict != Verdict::kGood) {
    std::fprintf(stderr, "bailey-verify: %s: %s [%s]\n",
                 report.verdict == Verdict::kFailed ? "FAILED" : "error",
                 for_terminal(report.message).c_str(), report.code.c_str());
    if (!report.hint.empty()) std::fprintf(stderr, "  %s\n", for_terminal(report.hint).c_str());
    return;
  }
  const std::string log = for_terminal(report.origin);
  if (options.command == "receipt") {
    const Json leaf = parsed(report.leaf);
    const auto member = [&](const char* name) {
      const auto* value = leaf.find(name);
      return value != nullptr && value->is_string() ? for_terminal(value->as_string())
                                                    : std::string();
    };
    std::printf("good: %s, entry %llu of %llu in %s, %s\n", member("type").c_str(),
                static_cast<unsigned long long>(report.index),
                static_cast<unsigned long long>(report.size), log.c_str(), member("time").c_str());
  } else if (options.command == "log") {
    std::printf("good: %llu entries in %s, root %s\n", static_cast<unsigned long long>(report.size),
                log.c_str(), report.root.c_str());
    std::printf("  %llu intents, %llu closed, %llu open\n",
                static_cast<unsigned long long>(report.intents),
                static_cast<unsigned long long>(report.closed),
                static_cast<unsigned long long>(report.open));
  } else if (!options.newer.empty()) {
    std::printf("good: %s grew from %llu to %llu entries, nothing was rewritten\n", log.c_str(),
                static_cast<unsigned long long>(report.older_size),
                static_cast<unsigned long long>(report.size));
  } else {
    std::printf("good: %s, %llu entries, root %s\n", log.c_str(),
                static_cast<unsigned long long>(report.size), report.root.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  enum : int { kKey = 256, kNewer, kProof, kJson, kHelp, kVersion };
  static const option kOptions[] = {{"key", required_argument, nullptr, kKey},
                                    {"newer", required_argument, nullptr, kNewer},
                                    {"proof", required_argument, nullptr, kProof},
                                    {"json", no_argument, nullptr, kJson},
                                    {"help", no_argument, nullptr, kHelp},
                                    {"version", no_argument, nullptr, kVersion},
                                    {nullptr, 0, nullptr, 0}};
  Options options;
  opterr = 0;
  for (;;) {
    const int found = ::getopt_long(argc, argv, "", kOptions, nullptr);
    if (found == -1) break;
    switch (found) {
      case kKey:
        options.keys.emplace_back(optarg);
        break;
      case kNewer:
        options.newer = optarg;
        break;
      case kProof:
        options.proof = optarg;
        break;
      case kJson:
        options.json = true;
        break;
      case kHelp:
        std::fputs(kUsage, stdout);
        return 0;
      case kVersion:
        std::puts("bailey-verify " BAILEY_VERSION);
        return 0;
      default:
        return usage_error(std::string("'") + argv[optind - 1] +
                           "' is no option, or lacks its value");
    }
  }
  for (int i = optind; i < argc; ++i) options.operands.emplace_back(argv[i]);
  if (options.operands.empty())
    return usage_error("say what to verify: receipt, log, checkpoint, evidence or attestations");
  options.command = options.operands.front();
  options.operands.erase(options.operands.begin());
  const bool checkpoint = options.command == "checkpoint";
  const bool bundle = options.command == "evidence" || options.command == "attestations";
  if (options.command != "receipt" && options.command != "log" && !checkpoint && !bundle) {
    return usage_error("'" + options.command +
                       "' is none of receipt, log, checkpoint, evidence, attestations");
  }
  if (options.operands.size() != 1) return usage_error("give exactly one thing to verify");
  if (options.keys.empty())
    return usage_error("a --key is needed: without one nothing is verified");
  if (!checkpoint && (!options.newer.empty() || !options.proof.empty())) {
    return usage_error("--newer and --proof belong to 'checkpoint'");
  }
  if (options.newer.empty() && !options.proof.empty()) {
    return usage_error("--proof needs --newer");
  }
  if (const auto done = run_bundle(options)) return *done;
  const Report report = run(options);
  if (options.json) {
    print_json(options, report);
  } else {
    print_text(options, report);
  }
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "bailey-verify: cannot write the result: %s\n", std::strerror(errno));
    return static_cast<int>(Verdict::kIncomplete);
  }
  return static_cast<int>(report.verdict);
}
