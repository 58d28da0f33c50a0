// bailey log prune: forgets payloads by age (spec/retention.md). The entries stay.
#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/records.h"
#include "codec/redaction.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "identity/identifier.h"
#include "policy/units.h"
#include "store/denied_actions.h"

namespace bailey::cli {
namespace {

using codec::Json;
using Kept = store::DeniedActions::Kept;

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return error.code == "usage" ? kUsage : kError;
}

// Those whose entry was written before `cutoff`. What is not of this ledger stays.
Result<std::vector<Kept>> older_than(ledger::Ledger& ledger, const store::DeniedActions& denied,
                                     WallTime cutoff) {
  std::vector<Kept> old;
  const std::uint64_t size = BAILEY_TRY(ledger.size());
  for (auto& kept : BAILEY_TRY(denied.list())) {
    if (kept.index >= size) continue;
    const Bytes bytes = BAILEY_TRY(ledger.leaf(kept.index));
    if (codec::to_hex(merkle::leaf_hash(bytes)) != kept.leaf_hash) continue;
    const auto leaf = BAILEY_TRY(merkle::parse_leaf(bytes));
    if (leaf.time.unix_ns < cutoff.unix_ns) old.push_back(std::move(kept));
  }
  return old;
}

// Who, what and which: the digest is over the leaf hashes, 32 bytes each, in the log's order.
Json record_of(const std::vector<Kept>& old, WallTime cutoff, const std::string& reason) {
  Json body = control_body(
      {"prune", identity::LocalUser::of_this_process().principal(), reason, {}, {}, std::nullopt});
  crypto::Sha256 digest;
  for (const auto& kept : old) digest.update(*codec::digest_from_hex(kept.leaf_hash));
  Json pruned{Json::Object{}};
  pruned.set("payloads", "denials");
  pruned.set("before", rfc3339(cutoff));
  pruned.set("first", std::to_string(old.front().index));
  pruned.set("last", std::to_string(old.back().index));
  pruned.set("count", std::to_string(old.size()));
  pruned.set("leaves", codec::to_hex(digest.finish()));
  body.set("pruned", std::move(pruned));
  return body;
}

Result<std::size_t> prune(Invocation& in, std::int64_t age_ns) {
  const auto household = BAILEY_TRY(Household::open(in.outside, Make::kNo));
  auto* ledger = BAILEY_TRY(household->ledger());
  const auto* key = BAILEY_TRY(household->disclosure());
  const auto denied =
      BAILEY_TRY(store::DeniedActions::open(household->home(), *key, in.outside.entropy()));
  const WallTime cutoff{in.outside.clock().wall().unix_ns - age_ns};
  const auto old = BAILEY_TRY(older_than(*ledger, denied, cutoff));
  if (old.empty() || in.arguments.flag("--dry-run")) return old.size();
  // Recorded first: what is gone without a word would look like a loss.
  const std::string reason = codec::redacted(in.arguments.value("--reason").value_or(""));
  BAILEY_TRY(ledger->note(merkle::LeafType::kControl, record_of(old, cutoff, reason)));
  for (const auto& kept : old) BAILEY_TRY(denied.remove(kept));
  return old.size();
}

}  // namespace

int log_prune(Invocation& in) {
  const auto older = in.arguments.value("--older-than");
  if (!older) {
    return failed(in, Error{"usage", "nothing is forgotten without an age",
                            "--older-than 90d names one; --dry-run tells how many it would be"});
  }
  const auto age = policy::parse_duration(*older);
  if (!age) return failed(in, Error{"usage", "--older-than: " + age.error().message, "90d, 12h"});
  const auto count = prune(in, *age);
  if (!count) return failed(in, count.error());
  const bool dry = in.arguments.flag("--dry-run");
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("payloads", "denials");
    json.set("count", std::to_string(*count));
    json.set("dry_run", dry);
    in.outside.write(Stream::kOut, json_line(json));
  } else {
    in.outside.write(Stream::kOut, std::string(dry ? "would forget" : "forgot") +
                                       " what was asked for in " + std::to_string(*count) +
                                       " denials; the entries themselves stay\n");
  }
  return kDone;
}

}  // namespace bailey::cli
