// `bailey log witness ...`: whom this log asks for cosignatures, and what they say.
#include <algorithm>

#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/witness_round.h"
#include "cli/words.h"
#include "codec/text.h"
#include "net/http_url.h"

namespace bailey::cli {
namespace {

using codec::Json;

constexpr int kWaits = 300;
constexpr int kWaitMs = 100;

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return kError;
}

int misused(Invocation& in, const std::string& how) {
  tell(in.outside, Error{"usage", "that is not how it is called", "bailey log witness " + how});
  return kUsage;
}

std::string_view name_of(merkle::Quorum quorum) {
  switch (quorum) {
    case merkle::Quorum::kMet:
      return "met";
    case merkle::Quorum::kNotMet:
      return "not_met";
    case merkle::Quorum::kNoneAsked:
      break;
  }
  return "none";
}

std::string when(std::int64_t seconds) {
  return seconds == 0 ? "never" : to_the_second({seconds * 1'000'000'000});
}

// A name of the policy is bytes without spaces; ours are plainer.
bool is_plain(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name != "none" && name != "witnesses" &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

// "witness.example/w1" -> "witness.example-w1".
std::string plain_name(std::string name) {
  for (char& c : name) {
    if (!is_plain(std::string(1, c))) c = '-';
  }
  return name.substr(0, 64);
}

int add(Invocation& in, Household& household) {
  const auto& words = in.arguments.positionals();
  if (words.size() != 3) return misused(in, "add URL VKEY");
  const auto url = net::parse_http_url(words[1]);
  if (!url) return failed(in, url.error());
  const auto key = merkle::CosignatureVerifier::parse(words[2]);
  if (!key) return failed(in, key.error());
  const std::string name = in.arguments.value("--name").value_or(plain_name(key->name()));
  if (!is_plain(name)) {
    return failed(in, Error{"witness.name",
                            "a name has up to 64 letters, digits, dots, hyphens or underscores",
                            "choose one with --name"});
  }
  const auto folder = WitnessFolder::make(household.home().dir());
  if (!folder) return failed(in, folder.error());
  auto text = folder->policy_text();
  if (!text) return failed(in, text.error());
  if (!*text) {
    auto ledger = household.ledger();
    if (!ledger) return failed(in, ledger.error());
    *text = "# Whom this log asks for cosignatures (C2SP tlog-policy); bailey log witness\nlog " +
            (*ledger)->log().signing().front().vkey() + "\nquorum none\n";
  }
  const auto changed =
      add_witness(**text, name, words[2], words[1], in.arguments.value("--quorum"));
  if (!changed) return failed(in, changed.error());
  if (const auto written = folder->write_policy(*changed); !written)
    return failed(in, written.error());
  in.outside.write(Stream::kOut, "added the witness " + name + "\n");
  const auto policy = merkle::parse_tlog_policy(*changed);
  const bool counted = policy && std::ranges::any_of(policy->groups, [&](const auto& group) {
                         return std::ranges::any_of(group.members, [&](const auto& member) {
                           return member.what == merkle::PolicyOrder::kWitness &&
                                  policy->witnesses[member.at].name == name;
                         });
                       });
  if (!counted) {
    in.outside.write(Stream::kErr,
                     "bailey: the quorum is one of your own and does not count it: edit "
                     "witness/policy in the home\n");
  }
  return kDone;
}

int remove(Invocation& in, const WitnessFolder& folder) {
  const auto& words = in.arguments.positionals();
  if (words.size() != 2) return misused(in, "remove NAME");
  const auto text = folder.policy_text();
  if (!text) return failed(in, text.error());
  const auto changed = remove_witness(text->value_or("quorum none\n"), words[1]);
  if (!changed) return failed(in, changed.error());
  if (const auto written = folder.write_policy(*changed); !written)
    return failed(in, written.error());
  in.outside.write(Stream::kOut, "removed the witness " + words[1] + "\n");
  return kDone;
}

int list(Invocation& in, const WitnessFolder& folder) {
  const auto policy = folder.policy();
  if (!policy) return failed(in, policy.error());
  std::string text;
  Json::Array items;
  for (const auto& witness : policy->witnesses) {
    Json item{Json::Object{}};
    item.set("name", codec::valid_utf8(witness.name));
    item.set("vkey", witness.key.vkey());
    item.set("url", codec::valid_utf8(witness.url));
    items.push_back(std::move(item));
    text += codec::for_terminal(witness.name) + "  " + codec::for_terminal(witness.url) + "  " +
            witness.key.vkey() + "\n";
  }
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("witnesses", std::move(items));
  in.outside.write(Stream::kOut, in.arguments.flag("--json") ? json_line(json) : text);
  return kDone;
}

// The cosigned checkpoint as it lies there, judged by the policy.
struct Cosigned {
  std::uint64_t size = 0;
  merkle::Quorum quorum = merkle::Quorum::kNotMet;
};

Cosigned look_at_cosigned(const Dir& ledger, const merkle::TlogPolicy& policy) {
  Cosigned out;
  const auto text = ledger.read_file(RelPath::known(kCosignedFile), std::size_t{1} << 20);
  const auto note = text ? merkle::parse_note(*text) : fail("disk.missing", "none");
  if (!note) return out;
  const auto checkpoint = merkle::parse_checkpoint_text(note->text);
  const auto counted = merkle::count_cosignatures(*note, policy);
  if (!checkpoint || !counted) return out;
  return {checkpoint->size, counted->quorum};
}

int status(Invocation& in, Household& household, const WitnessFolder& folder) {
  const auto policy = folder.policy();
  if (!policy) return failed(in, policy.error());
  auto ledger = household.ledger();
  if (!ledger) return failed(in, ledger.error());
  const auto size = (*ledger)->size();
  if (!size) return failed(in, size.error());
  const auto statuses = folder.statuses();
  const auto cosigned = look_at_cosigned((*ledger)->log().dir(), *policy);
  const auto fault = (*ledger)->log().fence_fault();

  Json::Array items;
  std::string text;
  for (const auto& witness : policy->witnesses) {
    const auto found = statuses.find(witness.name);
    const bool known = found != statuses.end() && found->second.vkey == witness.key.vkey();
    const WitnessStatus seen = known ? found->second : WitnessStatus{};
    Json item{Json::Object{}};
    item.set("name", codec::valid_utf8(witness.name));
    item.set("size", std::to_string(seen.size));
    if (seen.asked != 0) item.set("asked", when(seen.asked));
    if (seen.answered != 0) item.set("answered", when(seen.answered));
    if (!seen.code.empty()) {
      item.set("code", seen.code);
      item.set("message", codec::valid_utf8(seen.message));
    }
    items.push_back(std::move(item));
    text += codec::for_terminal(witness.name) + "  " + std::to_string(seen.size) + " of " +
            std::to_string(*size) + " entries, last cosigned " + when(seen.answered) + ", asked " +
            when(seen.asked);
    if (!seen.code.empty())
      text += ": " + codec::for_terminal(seen.message, 300) + " (" + seen.code + ")";
    text += "\n";
  }
  text += "quorum " + std::string(name_of(cosigned.quorum)) + " at " +
          std::to_string(cosigned.size) + " entries\n";
  if (fault) text += "STOPPED: " + fault->message + " (" + std::string(fault->code) + ")\n";
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("size", std::to_string(*size));
  json.set("witnesses", std::move(items));
  json.set("cosigned", std::to_string(cosigned.size));
  json.set("quorum", std::string(name_of(cosigned.quorum)));
  if (fault) json.set("stopped", std::string(fault->code));
  in.outside.write(Stream::kOut, in.arguments.flag("--json") ? json_line(json) : text);
  return fault ? kVerificationFailed : kDone;
}

int submit(Invocation& in, Household& household, const WitnessFolder& folder) {
  if (in.arguments.flag("--due") && !is_round_due(folder, in.outside.clock())) return kDone;
  auto ledger = household.ledger();
  if (!ledger) return failed(in, ledger.error());
  auto round = ask_witnesses(folder, **ledger, in.outside.clock());
  // Whoever asks by hand waits for the one that a run left behind.
  for (int i = 0; i < kWaits && !round && round.error().code == "witness.busy"; ++i) {
    if (in.arguments.flag("--due") || in.outside.pause_ms(kWaitMs)) break;
    round = ask_witnesses(folder, **ledger, in.outside.clock());
  }
  if (!round) {
    const bool fenced = round.error().code.starts_with("ledger.");
    tell(in.outside, round.error());
    return fenced ? kVerificationFailed : kError;
  }
  return tell_round(in, *round);
}

}  // namespace

int tell_round(Invocation& in, const RoundResult& round) {
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("size", std::to_string(round.size));
    json.set("quorum", std::string(name_of(round.quorum)));
    Json::Array cosigned;
    for (const auto& name : round.cosigned) cosigned.emplace_back(codec::valid_utf8(name));
    json.set("cosigned", std::move(cosigned));
    Json::Array failures;
    for (const auto& line : round.failed) failures.emplace_back(codec::valid_utf8(line));
    json.set("failed", std::move(failures));
    if (!round.stopped.empty()) json.set("stopped", codec::valid_utf8(round.stopped));
    in.outside.write(Stream::kOut, json_line(json));
  } else {
    for (const auto& name : round.cosigned) {
      in.outside.write(Stream::kOut, codec::for_terminal(name) + " cosigned " +
                                         std::to_string(round.size) + " entries\n");
    }
    for (const auto& line : round.failed)
      in.outside.write(Stream::kErr, "bailey: " + codec::for_terminal(line, 500) + "\n");
    if (!round.stopped.empty())
      in.outside.write(Stream::kErr, "bailey: nothing is signed any more: " +
                                         codec::for_terminal(round.stopped, 500) + "\n");
  }
  if (!round.stopped.empty()) return kVerificationFailed;
  return round.quorum == merkle::Quorum::kNotMet ? kError : kDone;
}

int log_witness(Invocation& in) {
  const auto& words = in.arguments.positionals();
  const std::string& act = words.front();
  auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(in, household.error());
  if (act == "add") return add(in, **household);
  const auto folder = WitnessFolder::find((*household)->home().dir());
  if (!folder) return failed(in, folder.error());
  if (!*folder) {
    return failed(
        in, Error{"witness.none", "this home asks no witness", "bailey log witness add URL VKEY"});
  }
  if (act == "remove") return remove(in, **folder);
  if (words.size() != 1) return misused(in, "add|list|status|remove|submit");
  if (act == "list") return list(in, **folder);
  if (act == "status") return status(in, **household, **folder);
  if (act == "submit") return submit(in, **household, **folder);
  return misused(in, "add|list|status|remove|submit");
}

}  // namespace bailey::cli
