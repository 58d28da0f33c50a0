#include "app/verify_options.h"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace bailey::app {
namespace {

constexpr const char* kUsage =
    "usage: bailey-verify receipt    --key KEY... [OPTION...] FILE...|-\n"
    "       bailey-verify proof      --key KEY... --entry FILE [OPTION...] FILE|-\n"
    "       bailey-verify checkpoint --key KEY... [OPTION...] FILE [--newer FILE --proof FILE]\n"
    "       bailey-verify log        --key KEY... [OPTION...] DIRECTORY\n"
    "       bailey-verify evidence   --key KEY... [--json] DIRECTORY\n"
    "       bailey-verify attestations --key KEY... [--json] FILE|-\n"
    "\n"
    "Checks offline what a Bailey ledger says. Trust comes from the keys given, and from the\n"
    "policy of witnesses if there is one; from nothing else.\n"
    "\n"
    "  receipt     actions' receipts: signature, place in the log, intent\n"
    "  proof       that an entry is in the log, by a proof (c2sp.org/tlog-proof)\n"
    "  checkpoint  a signed checkpoint; with --newer, that the newer one extends it\n"
    "  log         a published or exported log: every entry, tile and reference\n"
    "  evidence    a folder of 'bailey log export --format evidence': every file of it\n"
    "  attestations  a bundle of in-toto attestations (.intoto.jsonl)\n"
    "\n"
    "  --key KEY       a public key (NAME+ID+BASE64), or a file with one on each line; repeat it\n"
    "  --policy FILE   the witnesses who must have cosigned the checkpoint "
    "(c2sp.org/tlog-policy);\n"
    "                  its logs are keys too\n"
    "  --history FILE  the key history of the log, to follow its keys from those given\n"
    "  --entry FILE    the entry that the proof is of, byte for byte\n"
    "  --newer FILE    the later checkpoint of the same log\n"
    "  --proof FILE    the consistency proof between the two, one base64 hash a line\n"
    "  --from FILE     read only what came after this signed checkpoint, and that the log extends "
    "it\n"
    "  --remember DIR  refuse a log that is shorter than, or forked from, what was seen last "
    "time;\n"
    "                  then remember this one there. Make the folder first\n"
    "  --json          each result as one JSON object on standard output\n"
    "  --version, --help\n"
    "\n"
    "Exit codes: 0 good, 1 does not verify, 2 usage, 3 could not complete.\n"
    "Example: bailey-verify receipt --key ledger.vkey receipt.json\n"
    "         bailey-verify log --key ledger.vkey --policy witnesses --remember ~/.seen ledger/\n";

constexpr std::array<std::string_view, 6> kCommands = {"receipt", "proof",    "checkpoint",
                                                       "log",     "evidence", "attestations"};

// What is wrong with options that were read, or nothing.
std::string complaint(const VerifyOptions& options) {
  const bool checkpoint = options.command == "checkpoint";
  const bool log = options.command == "log";
  if (std::find(kCommands.begin(), kCommands.end(), options.command) == kCommands.end()) {
    return "'" + options.command +
           "' is none of receipt, proof, checkpoint, log, evidence, attestations";
  }
  if (options.operands.empty()) return "give what to verify";
  if (options.operands.size() > 1 && options.command != "receipt") {
    return "give exactly one thing to verify";
  }
  if (options.keys.empty() && !options.policy) {
    return "a --key or a --policy is needed: without one nothing is verified";
  }
  if (!checkpoint && (options.newer || options.proof)) {
    return "--newer and --proof belong to 'checkpoint'";
  }
  if (options.proof && !options.newer && !options.remember) {
    return "--proof needs --newer or --remember";
  }
  if (options.newer && options.remember) return "--remember takes the place of --newer";
  const bool exported = options.command == "evidence" || options.command == "attestations";
  if (exported && (options.policy || options.history)) {
    return "--policy and --history do not belong to '" + options.command + "'";
  }
  if (options.entry.has_value() != (options.command == "proof")) {
    return "'proof' needs --entry, and nothing else takes it";
  }
  if (options.from && !log) return "--from belongs to 'log'";
  if (options.remember && !log && !checkpoint) {
    return "--remember belongs to 'log' and 'checkpoint'";
  }
  return {};
}

}  // namespace

const char* usage_text() { return kUsage; }

ParsedCommandLine parse_command_line(int argc, char** argv) {
  enum : int {
    kKey = 256,
    kPolicy,
    kHistory,
    kEntry,
    kNewer,
    kProof,
    kFrom,
    kRemember,
    kJson,
    kHelp,
    kVersion
  };
  static const option kOptions[] = {{"key", required_argument, nullptr, kKey},
                                    {"policy", required_argument, nullptr, kPolicy},
                                    {"history", required_argument, nullptr, kHistory},
                                    {"entry", required_argument, nullptr, kEntry},
                                    {"newer", required_argument, nullptr, kNewer},
                                    {"proof", required_argument, nullptr, kProof},
                                    {"from", required_argument, nullptr, kFrom},
                                    {"remember", required_argument, nullptr, kRemember},
                                    {"json", no_argument, nullptr, kJson},
                                    {"help", no_argument, nullptr, kHelp},
                                    {"version", no_argument, nullptr, kVersion},
                                    {nullptr, 0, nullptr, 0}};
  ParsedCommandLine parsed;
  VerifyOptions& options = parsed.options;
  // An option that counts once: twice could only be a mistake.
  const auto once = [&](std::optional<std::string>& value, const char* name) {
    if (value) parsed.wrong = std::string(name) + " was given twice";
    value = optarg;
  };
  opterr = 0;
  for (;;) {
    const int found = ::getopt_long(argc, argv, "", kOptions, nullptr);
    if (found == -1) break;
    switch (found) {
      case kKey:
        options.keys.emplace_back(optarg);
        break;
      case kPolicy:
        once(options.policy, "--policy");
        break;
      case kHistory:
        once(options.history, "--history");
        break;
      case kEntry:
        once(options.entry, "--entry");
        break;
      case kNewer:
        once(options.newer, "--newer");
        break;
      case kProof:
        once(options.proof, "--proof");
        break;
      case kFrom:
        once(options.from, "--from");
        break;
      case kRemember:
        once(options.remember, "--remember");
        break;
      case kJson:
        options.json = true;
        break;
      case kHelp:
        parsed.kind = ParsedCommandLine::Kind::kHelp;
        return parsed;
      case kVersion:
        parsed.kind = ParsedCommandLine::Kind::kVersion;
        return parsed;
      default:
        parsed.wrong = std::string("'") + argv[optind - 1] + "' is no option, or lacks its value";
        return parsed;
    }
  }
  for (int i = optind; i < argc; ++i) options.operands.emplace_back(argv[i]);
  if (options.operands.empty()) {
    parsed.wrong = "say what to verify: receipt, proof, checkpoint, log, evidence or attestations";
    return parsed;
  }
  options.command = options.operands.front();
  options.operands.erase(options.operands.begin());
  if (parsed.wrong.empty()) parsed.wrong = complaint(options);
  if (parsed.wrong.empty()) parsed.kind = ParsedCommandLine::Kind::kRun;
  return parsed;
}

}  // namespace bailey::app
