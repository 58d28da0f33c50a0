#include "merkle/tlog_policy.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "codec/text.h"
#include "merkle/note_lines.h"
#include "merkle/receipt.h"

namespace bailey::merkle {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool is_policy_byte(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || c == '\n' || (byte >= 0x20 && byte != 0x7F);
}

class Reader {
 public:
  Status line(std::string_view text) {
    ++number_;
    const auto words = words_of(text);
    if (words.empty() || words[0].starts_with('#')) return {};
    if (words[0] == "log") return log(words);
    if (words[0] == "witness") return witness(words);
    if (words[0] == "group") return group(words);
    if (words[0] == "quorum") return quorum(words);
    return wrong("it begins with none of log, witness, group, quorum");
  }

  Result<TlogPolicy> finish() {
    if (!quorum_seen_) {
      return fail("tlog_policy.syntax", "the policy has no quorum line",
                  "'quorum NAME', or 'quorum none' to ask no witness");
    }
    return std::move(policy_);
  }

 private:
  using Words = std::vector<std::string_view>;

  [[nodiscard]] std::unexpected<Error> wrong(const std::string& why) const {
    return fail("tlog_policy.syntax", "line " + std::to_string(number_) + " of the policy: " + why);
  }
  [[nodiscard]] std::unexpected<Error> too_many(const char* what) const {
    return fail("tlog_policy.limit",
                "line " + std::to_string(number_) + " of the policy: more than 128 " + what);
  }
  static std::string shown(std::string_view name) {
    return "'" + codec::for_terminal(name, 100) + "'";
  }

  Status log(const Words& words) {
    if (words.size() != 2 && words.size() != 3) return wrong("it must be: log VKEY [URL]");
    auto key = NoteVerifier::parse(words[1]);
    if (!key) return wrong(key.error().message);
    if (!log_keys_.insert(key->key().bytes()).second) return wrong("this log's key came before");
    if (policy_.logs.size() == kMaxPolicyItems) return too_many("logs");
    policy_.logs.push_back({*std::move(key), std::string(words.size() == 3 ? words[2] : "")});
    return {};
  }

  Status witness(const Words& words) {
    if (words.size() != 3 && words.size() != 4) {
      return wrong("it must be: witness NAME VKEY [URL]");
    }
    BAILEY_TRY(define(words[1], {PolicyOrder::kWitness, policy_.witnesses.size()}));
    auto key = CosignatureVerifier::parse(words[2]);
    if (!key) return wrong(key.error().message);
    if (!witness_keys_.insert(key->key().bytes()).second) {
      return wrong("this witness's key came before");
    }
    if (policy_.witnesses.size() == kMaxPolicyItems) return too_many("witnesses");
    policy_.witnesses.push_back(
        {std::string(words[1]), *std::move(key), std::string(words.size() == 4 ? words[3] : "")});
    return {};
  }

  Status group(const Words& words) {
    if (words.size() < 4) return wrong("it must be: group NAME K|any|all MEMBER...");
    if (policy_.groups.size() == kMaxPolicyItems) return too_many("groups");
    PolicyGroup group;
    group.name = words[1];
    const std::size_t count = words.size() - 3;
    for (const auto name : std::span(words).subspan(3)) {
      const auto member = find(name);
      if (!member) return wrong(shown(name) + " is not defined on a line before");
      if (!used_.insert(std::string(name)).second) {
        return wrong(shown(name) + " is a member of a group already");
      }
      group.members.push_back(*member);
    }
    const auto threshold = words[2] == "any"   ? std::optional<std::uint64_t>(1)
                           : words[2] == "all" ? std::optional<std::uint64_t>(count)
                                               : decimal_of(words[2]);
    if (!threshold || *threshold < 1 || *threshold > count) {
      return wrong("the threshold is 'any', 'all', or a number from 1 to the number of members");
    }
    group.threshold = static_cast<std::size_t>(*threshold);
    // After its members: a group cannot be in itself.
    BAILEY_TRY(define(words[1], {PolicyOrder::kGroup, policy_.groups.size()}));
    policy_.groups.push_back(std::move(group));
    return {};
  }

  Status quorum(const Words& words) {
    if (words.size() != 2) return wrong("it must be: quorum NAME|none");
    if (quorum_seen_) return wrong("a second quorum line");
    quorum_seen_ = true;
    if (words[1] == "none") return {};
    policy_.quorum = find(words[1]);
    if (!policy_.quorum) return wrong(shown(words[1]) + " is not defined on a line before");
    return {};
  }

  Status define(std::string_view name, PolicyMember what) {
    if (name == "none") return wrong("'none' is not a name to give");
    if (!names_.emplace(std::string(name), what).second) {
      return wrong(shown(name) + " was defined before");
    }
    return {};
  }

  [[nodiscard]] std::optional<PolicyMember> find(std::string_view name) const {
    const auto found = names_.find(name);
    if (found == names_.end()) return std::nullopt;
    return found->second;
  }

  std::size_t number_ = 0;
  bool quorum_seen_ = false;
  TlogPolicy policy_;
  std::map<std::string, PolicyMember, std::less<>> names_;
  std::set<std::string, std::less<>> used_;  // as a member
  std::set<std::array<std::uint8_t, 32>> log_keys_;
  std::set<std::array<std::uint8_t, 32>> witness_keys_;
};

// Groups refer to earlier ones only, so one pass in order decides all of them.
bool is_met(const TlogPolicy& policy, const std::vector<bool>& cosigned) {
  std::vector<bool> met;
  const auto holds = [&](const PolicyMember& member) {
    return member.what == PolicyOrder::kWitness ? cosigned[member.at] : met[member.at];
  };
  for (const auto& group : policy.groups) {
    const auto count = std::ranges::count_if(group.members, holds);
    met.push_back(static_cast<std::size_t>(count) >= group.threshold);
  }
  return holds(*policy.quorum);
}

}  // namespace

Result<TlogPolicy> parse_tlog_policy(std::string_view text) {
  if (text.size() > kMaxPolicyBytes) {
    return fail("tlog_policy.limit", "a policy of witnesses has at most 256 KiB");
  }
  if (!std::ranges::all_of(text, is_policy_byte)) {
    return fail("tlog_policy.syntax", "the policy holds a control character");
  }
  Reader reader;
  while (!text.empty()) {
    const auto line = take_line(text);
    if (!line) return fail("tlog_policy.syntax", "the last line of the policy does not end");
    BAILEY_TRY(reader.line(*line));
  }
  return reader.finish();
}

Result<QuorumReport> count_cosignatures(const Note& note, const TlogPolicy& policy) {
  QuorumReport report;
  std::vector<bool> cosigned(policy.witnesses.size());
  for (std::size_t i = 0; i < policy.witnesses.size(); ++i) {
    const auto time = BAILEY_TRY(cosigned_at(note, policy.witnesses[i].key));
    if (!time) continue;
    cosigned[i] = true;
    report.by.push_back({i, *time});
  }
  if (!policy.quorum) {
    report.quorum = Quorum::kNoneAsked;
  } else if (is_met(policy, cosigned)) {
    report.quorum = Quorum::kMet;
  }
  return report;
}

Result<PolicyVerdict> verify_by_policy(std::string_view checkpoint, const TlogPolicy& policy) {
  std::vector<NoteVerifier> logs;
  for (const auto& log : policy.logs) logs.push_back(log.key);
  auto verified = verify_checkpoint(checkpoint, logs);
  if (!verified) {
    const Error& error = verified.error();
    if (error.code != "note.signature") return std::unexpected(error);
    return fail("tlog_policy.log", "not signed by a log of the policy: " + error.message,
                error.hint);
  }
  const Note note = BAILEY_TRY(parse_note(checkpoint));
  auto witnessed = BAILEY_TRY(count_cosignatures(note, policy));
  PolicyVerdict verdict{*std::move(verified), std::move(witnessed)};
  if (verdict.witnessed.quorum == Quorum::kNotMet) {
    return fail("tlog_policy.quorum",
                "the checkpoint of " + std::to_string(verdict.checkpoint.size) +
                    " entries is cosigned by " + std::to_string(verdict.witnessed.by.size()) +
                    " of " + std::to_string(policy.witnesses.size()) +
                    " witnesses, which is not the quorum",
                "ask for a newer checkpoint, or one with more cosignatures");
  }
  return verdict;
}

Result<PolicyVerdict> verify_tlog_proof(const TlogProof& proof, const Hash& leaf,
                                        const TlogPolicy& policy) {
  auto verdict = BAILEY_TRY(verify_by_policy(proof.checkpoint, policy));
  BAILEY_TRY(verify_inclusion(proof.index, verdict.checkpoint.size, leaf, proof.path,
                              verdict.checkpoint.root));
  return verdict;
}

}  // namespace bailey::merkle
