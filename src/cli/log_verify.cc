// `bailey log verify` and `bailey log fsck`: is the ledger what it was?
//
// verify reads everything and believes nothing but signatures; what is derived and wrong is
// written anew and said. fsck also looks at a ledger that does not open, changes nothing, and
// with --repair does what opening for writing does: it cuts an end that nobody was told of and
// writes derived files anew. Neither ever changes an entry that was acknowledged.
#include "bailey/verify.h"
#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/key_lines.h"
#include "cli/progress_line.h"
#include "codec/text.h"
#include "ledger/inspect.h"

namespace bailey::cli {
namespace {

using codec::Json;

constexpr std::size_t kMaxReceiptBytes = 4U << 20;
constexpr std::size_t kMaxCheckpointBytes = 1U << 20;
constexpr std::size_t kMaxLogFile = std::size_t{32} << 20;

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return kError;
}

std::vector<std::string> vkeys(const std::vector<KeyLine>& keys) {
  std::vector<std::string> list;
  for (const auto& key : keys) list.push_back(key.verifier.vkey());
  return list;
}

int report_verified(Invocation& in, const verify::Report& report, const std::string& what) {
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("good", report.verdict == verify::Verdict::kGood);
    if (!report.code.empty()) json.set("code", report.code);
    if (!report.message.empty()) json.set("message", codec::valid_utf8(report.message));
    json.set("origin", codec::valid_utf8(report.origin));
    json.set("size", std::to_string(report.size));
    json.set("root", report.root);
    if (report.from > 0) json.set("from", std::to_string(report.from));
    if (!report.leaf_hash.empty()) {
      json.set("index", std::to_string(report.index));
      json.set("leaf_hash", report.leaf_hash);
    }
    in.outside.write(Stream::kOut, json_line(json));
  } else if (report.verdict == verify::Verdict::kGood) {
    in.outside.write(Stream::kOut, what + " is good: " + std::to_string(report.size) +
                                       " entries, root " + report.root + "\n");
  } else {
    tell(in.outside, Error{"log.verify", report.message, report.hint});
  }
  switch (report.verdict) {
    case verify::Verdict::kGood:
      return kDone;
    case verify::Verdict::kFailed:
      return kVerificationFailed;
    case verify::Verdict::kUsage:
      return kUsage;
    case verify::Verdict::kIncomplete:
      return kError;
  }
  return kError;
}

// The journal from its first byte, then what outsiders are served.
int verify_whole(Invocation& in, ledger::Ledger& ledger) {
  const auto whole = [&] {
    ProgressLine progress(in.outside, "verifying");
    return ledger.verify([&](std::uint64_t done, std::uint64_t all) { progress.tell(done, all); });
  }();
  if (!whole) {
    tell(in.outside, whole.error());
    return whole.error().code.starts_with("disk.") ? kError : kVerificationFailed;
  }
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("good", true);
    json.set("size", std::to_string(whole->size));
    json.set("root", codec::to_hex(whole->root));
    json.set("heads", std::to_string(whole->heads));
    json.set("intents", std::to_string(whole->intents));
    json.set("closed", std::to_string(whole->closed));
    json.set("open", std::to_string(whole->open.size()));
    json.set("rewritten", codec::valid_utf8(whole->rewritten));
    in.outside.write(Stream::kOut, json_line(json));
    return kDone;
  }
  std::string text = "the ledger is good: " + std::to_string(whole->size) + " entries under " +
                     std::to_string(whole->heads) + " signed heads, root " +
                     codec::to_hex(whole->root) + "\n" + std::to_string(whole->intents) +
                     " intents, " + std::to_string(whole->closed) + " closed, " +
                     std::to_string(whole->open.size()) + " open\n";
  if (!whole->rewritten.empty())
    text += "published files were written anew: " + codec::for_terminal(whole->rewritten) + "\n";
  in.outside.write(Stream::kOut, text);
  return kDone;
}

// What came after a checkpoint that was kept: by the published files, brought up to date.
int verify_from(Invocation& in, Household& household, ledger::Ledger& ledger,
                const std::string& file) {
  const auto keys = key_lines(household.home(), in.outside.entropy());
  if (!keys) return failed(in, keys.error());
  const auto note = in.outside.read_user_file(file, kMaxCheckpointBytes);
  if (!note) return failed(in, note.error());
  if (const auto published = ledger.publish(); !published) return failed(in, published.error());
  const Dir& dir = ledger.log().dir();
  const auto read = [&](const std::string& path) -> verify::File {
    const auto name = RelPath::create(path);
    auto text = name ? dir.read_file(*name, kMaxLogFile)
                     : Result<std::string>(std::unexpected(name.error()));
    if (text) return {verify::File::State::kRead, *std::move(text)};
    const bool missing = text.error().code == "disk.missing";
    return {missing ? verify::File::State::kMissing : verify::File::State::kUnreadable,
            text.error().message};
  };
  ProgressLine progress(in.outside, "verifying");
  verify::LogQuestion question{
      *note, [&](std::uint64_t done, std::uint64_t all) { progress.tell(done, all); }};
  const auto report = verify::verify_log(vkeys(*keys), read, question);
  return report_verified(in, report, "what came after entry " + std::to_string(report.from));
}

int verify_receipt_file(Invocation& in, const std::string& file) {
  const auto text = in.outside.read_user_file(file, kMaxReceiptBytes);
  if (!text) return failed(in, text.error());
  const auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(in, household.error());
  const auto keys = key_lines((*household)->home(), in.outside.entropy());
  if (!keys) return failed(in, keys.error());
  return report_verified(in, verify::verify_receipt(vkeys(*keys), *text), "the receipt");
}

Json to_json(const ledger::Inspection& found, bool repaired) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("sound", found.findings.empty());
  json.set("repaired", repaired);
  json.set("in_use", found.in_use);
  json.set("size", std::to_string(found.size));
  json.set("root", codec::to_hex(found.root));
  json.set("heads", std::to_string(found.heads));
  Json::Array findings;
  for (const auto& finding : found.findings) {
    Json each{Json::Object{}};
    each.set("kind", finding.kind == ledger::Finding::Kind::kDamage ? "damage" : "mendable");
    each.set("where", codec::valid_utf8(finding.where));
    each.set("what", codec::valid_utf8(finding.what));
    findings.push_back(std::move(each));
  }
  json.set("findings", std::move(findings));
  return json;
}

void print_findings(Invocation& in, const ledger::Inspection& found) {
  std::string text;
  for (const auto& finding : found.findings) {
    text += finding.kind == ledger::Finding::Kind::kDamage ? "DAMAGED   " : "mendable  ";
    text += codec::for_terminal(finding.where) + ": " + codec::for_terminal(finding.what) + "\n";
  }
  if (text.empty()) {
    text = "the ledger is sound: " + std::to_string(found.size) + " entries under " +
           std::to_string(found.heads) + " signed heads, root " + codec::to_hex(found.root) + "\n";
  }
  if (found.in_use)
    text += "it is in use: what lies behind its newest signed head was left alone\n";
  in.outside.write(Stream::kOut, text);
}

Result<ledger::Inspection> look(Invocation& in, const Household& household) {
  const auto keys = BAILEY_TRY(key_lines(household.home(), in.outside.entropy()));
  std::vector<merkle::NoteVerifier> verifiers;
  for (const auto& key : keys) verifiers.push_back(key.verifier);
  auto dir = household.home().dir().open_dir(RelPath::known("ledger"));
  if (!dir) {
    // A home that never wrote an entry has no ledger, and nothing is wrong with it.
    if (dir.error().code == "disk.missing") return ledger::Inspection{};
    return std::unexpected(std::move(dir).error());
  }
  ProgressLine progress(in.outside, "checking");
  return ledger::inspect(*dir, verifiers,
                         [&](std::uint64_t done, std::uint64_t all) { progress.tell(done, all); });
}

// In a household of its own: nobody has the ledger open when it is looked at again.
Status mend(Invocation& in) {
  const auto household = BAILEY_TRY(Household::open(in.outside, Make::kNo));
  auto* const ledger = BAILEY_TRY(household->ledger());
  BAILEY_TRY(ledger->verify());
  return ledger->publish();
}

}  // namespace

int log_verify(Invocation& in) {
  const auto& receipts = in.arguments.positionals();
  const auto from = in.arguments.value("--from");
  if (!receipts.empty() && from) {
    tell(in.outside, Error{"usage", "--from is about the whole ledger, not a receipt", {}});
    return kUsage;
  }
  if (!receipts.empty()) return verify_receipt_file(in, receipts.front());
  const auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(in, household.error());
  const auto ledger = (*household)->ledger();
  if (!ledger) {
    tell(in.outside, ledger.error());
    return ledger.error().code.starts_with("log.") ? kVerificationFailed : kError;
  }
  return from ? verify_from(in, **household, **ledger, *from) : verify_whole(in, **ledger);
}

int log_fsck(Invocation& in) {
  const auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(in, household.error());
  auto found = look(in, **household);
  if (!found) return failed(in, found.error());
  bool repaired = false;
  if (in.arguments.flag("--repair") && !found->findings.empty() && !found->damaged()) {
    // Opening cuts the end that nobody was told of, verifying writes derived files anew; both
    // refuse rather than lose an entry.
    if (const auto mended = mend(in); !mended) {
      tell(in.outside, mended.error());
      return mended.error().code.starts_with("log.") ? kVerificationFailed : kError;
    }
    repaired = true;
    const auto before = std::move(found->findings);
    found = look(in, **household);
    if (!found) return failed(in, found.error());
    if (!in.arguments.flag("--json")) {
      for (const auto& finding : before)
        in.outside.write(Stream::kOut, "mended    " + codec::for_terminal(finding.where) + ": " +
                                           codec::for_terminal(finding.what) + "\n");
    }
  }
  if (in.arguments.flag("--json")) {
    in.outside.write(Stream::kOut, json_line(to_json(*found, repaired)));
  } else {
    print_findings(in, *found);
  }
  if (found->findings.empty()) return kDone;
  if (found->damaged()) {
    tell(in.outside,
         Error{"log.corrupt", "entries that were on disk are damaged; nothing was changed",
               "stop all bailey processes and restore ledger/journal from a copy"});
  } else if (!in.arguments.flag("--repair")) {
    tell(in.outside, Error{"log.mendable", "nothing that was acknowledged is lost",
                           "bailey log fsck --repair"});
  }
  return kVerificationFailed;
}

}  // namespace bailey::cli
