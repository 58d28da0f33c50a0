#include <algorithm>

#include "bailey/verify.h"
#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/key_lines.h"
#include "codec/text.h"
#include "policy/units.h"
#include "report/leaf_view.h"

namespace bailey::cli {
namespace {

using codec::Json;

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return kError;
}

struct Opened {
  std::unique_ptr<Household> household;
  ledger::Ledger* ledger = nullptr;
};

Result<Opened> open_ledger(Invocation& in) {
  Opened opened;
  opened.household = BAILEY_TRY(Household::open(in.outside, Make::kNo));
  opened.ledger = BAILEY_TRY(opened.household->ledger());
  return opened;
}

Result<std::uint64_t> number(const std::string& text, std::string_view what) {
  if (text == "0") return std::uint64_t{0};
  const auto value = policy::parse_count(text);
  if (!value) return fail("usage", std::string(what) + " is a whole number");
  return *value;
}

// Prints entries [first, last) as lines or as JSON Lines.
Status print(Invocation& in, ledger::Ledger& ledger, std::uint64_t first, std::uint64_t last) {
  const bool json = in.arguments.flag("--json");
  return ledger.read(
      first, last,
      [&](std::uint64_t, const merkle::LeafEnvelope& leaf, const merkle::Hash& hash) -> Status {
        in.outside.write(Stream::kOut, json ? json_line(report::leaf_json(leaf, hash))
                                            : report::leaf_line(leaf) + "\n");
        return {};
      });
}

// Follows the ledger until a signal ends the program.
Status follow(Invocation& in, ledger::Ledger& ledger, std::uint64_t from) {
  for (;;) {
    const auto size = BAILEY_TRY(ledger.size());
    if (size > from) {
      BAILEY_TRY(print(in, ledger, from, size));
      from = size;
    }
    if (in.outside.pause_ms(200)) return {};
  }
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
int verify_whole(Invocation& in, Opened& opened) {
  const auto whole = opened.ledger->verify();
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

}  // namespace

int log_tail(Invocation& in) {
  const auto count = number(in.arguments.value("--count").value_or("20"), "--count");
  if (!count) {
    tell(in.outside, count.error());
    return kUsage;
  }
  auto opened = open_ledger(in);
  if (!opened) return failed(in, opened.error());
  const auto size = opened->ledger->size();
  if (!size) return failed(in, size.error());
  auto printed = print(in, *opened->ledger, *size - std::min(*count, *size), *size);
  if (printed && in.arguments.flag("--follow")) printed = follow(in, *opened->ledger, *size);
  return printed ? kDone : failed(in, printed.error());
}

int log_show(Invocation& in) {
  const auto index = number(in.arguments.positionals().front(), "INDEX");
  if (!index) {
    tell(in.outside, index.error());
    return kUsage;
  }
  auto opened = open_ledger(in);
  if (!opened) return failed(in, opened.error());
  const auto size = opened->ledger->size();
  if (!size) return failed(in, size.error());
  if (*index >= *size)
    return failed(in, Error{"log.no_entry", "the ledger has " + std::to_string(*size) + " entries",
                            "bailey log tail shows the newest"});
  const auto shown = opened->ledger->read(
      *index, *index + 1,
      [&](std::uint64_t, const merkle::LeafEnvelope& leaf, const merkle::Hash& hash) -> Status {
        in.outside.write(Stream::kOut, in.arguments.flag("--json")
                                           ? json_line(report::leaf_json(leaf, hash))
                                           : report::leaf_page(leaf, hash));
        return {};
      });
  return shown ? kDone : failed(in, shown.error());
}

int log_verify(Invocation& in) {
  if (in.arguments.positionals().empty()) {
    auto opened = open_ledger(in);
    if (!opened) {
      tell(in.outside, opened.error());
      return opened.error().code.starts_with("log.") ? kVerificationFailed : kError;
    }
    return verify_whole(in, *opened);
  }
  const auto text = in.outside.read_user_file(in.arguments.positionals().front(), 4U << 20);
  if (!text) return failed(in, text.error());
  const auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(in, household.error());
  const auto keys = key_lines((*household)->home(), in.outside.entropy());
  if (!keys) return failed(in, keys.error());
  return report_verified(in, verify::verify_receipt(vkeys(*keys), *text), "the receipt");
}

int log_prove(Invocation& in) {
  const auto index = number(in.arguments.positionals().front(), "INDEX");
  if (!index) {
    tell(in.outside, index.error());
    return kUsage;
  }
  auto opened = open_ledger(in);
  if (!opened) return failed(in, opened.error());
  const auto proof = opened->ledger->tlog_proof(*index);
  if (!proof) return failed(in, proof.error());
  const auto written =
      in.outside.write_user_file(in.arguments.value("--receipt").value_or("-"), *proof);
  return written ? kDone : failed(in, written.error());
}

int log_checkpoint(Invocation& in) {
  auto opened = open_ledger(in);
  if (!opened) return failed(in, opened.error());
  if (const auto published = opened->ledger->publish(); !published)
    return failed(in, published.error());
  const auto note = opened->ledger->checkpoint();
  if (!note) return failed(in, note.error());
  in.outside.write(Stream::kOut, *note);
  return kDone;
}

}  // namespace bailey::cli
