// `bailey policy diff`: what changed from one policy to another, and which way.
//
// Exit codes are those of diff(1): 0 no difference, 1 some, 2 trouble.
#include <array>

#include "cli/commands.h"
#include "cli/json_line.h"
#include "cli/policy_input.h"
#include "codec/text.h"
#include "policy/difference.h"

namespace bailey::cli {
namespace {

using codec::Json;
using policy::Difference;
using policy::Effect;

constexpr int kSame = 0;
constexpr int kDifferent = 1;
constexpr int kTrouble = 2;

Result<policy::CompiledPolicy> compiled(const PolicyInput& input) {
  return policy::CompiledPolicy::from_chain(input.source(), std::nullopt, policy::read_uncached);
}

std::string_view name(Difference::Kind kind) {
  return kind == Difference::Kind::kAdded     ? "added"
         : kind == Difference::Kind::kRemoved ? "removed"
                                              : "changed";
}

std::string_view sign(Effect effect) {
  switch (effect) {
    case Effect::kWidens:
      return "widens ";
    case Effect::kNarrows:
      return "narrows";
    case Effect::kNothing:
      return "neither";
    case Effect::kIncomparable:
      break;
  }
  return "unclear";
}

// Values of variables may be secrets; that they changed is enough.
bool is_private(const Difference& one) { return one.section == "environment.set"; }

std::string line_of(const Difference& one, const policy::Policy& old, const policy::Policy& now) {
  std::string text = std::string(sign(one.effect)) + "  " + one.section;
  if (!one.what.empty()) text += " '" + one.what + "'";
  text += ": ";
  const bool values =
      !is_private(one) && (one.what.empty() || (one.before != one.what && one.after != one.what));
  if (!values) {
    text += name(one.kind);
  } else if (one.kind == Difference::Kind::kAdded) {
    text += "added " + one.after;
  } else if (one.kind == Difference::Kind::kRemoved) {
    text += "removed " + one.before;
  } else {
    text += (one.before.empty() ? "none" : one.before) + " -> " +
            (one.after.empty() ? "none" : one.after);
  }
  if (one.before_at.mark.line != 0) text += "  was at " + place(old.documents, one.before_at);
  if (one.after_at.mark.line != 0) text += "  at " + place(now.documents, one.after_at);
  return codec::for_terminal(text) + "\n";
}

Json place_json(const policy::Policy& policy, policy::Origin origin) {
  Json json{Json::Object{}};
  if (origin.document < policy.documents.size())
    json.set("file", codec::valid_utf8(policy.documents[origin.document].name));
  json.set("line", static_cast<std::int64_t>(origin.mark.line));
  json.set("column", static_cast<std::int64_t>(origin.mark.column));
  return json;
}

Json json_of(const Difference& one, const policy::Policy& old, const policy::Policy& now) {
  Json json{Json::Object{}};
  json.set("section", one.section);
  if (!one.what.empty()) json.set("what", codec::valid_utf8(one.what));
  json.set("kind", name(one.kind));
  json.set("effect", policy::name(one.effect));
  if (!is_private(one)) {
    if (!one.before.empty()) json.set("before", codec::valid_utf8(one.before));
    if (!one.after.empty()) json.set("after", codec::valid_utf8(one.after));
  }
  if (one.before_at.mark.line != 0) json.set("before_at", place_json(old, one.before_at));
  if (one.after_at.mark.line != 0) json.set("after_at", place_json(now, one.after_at));
  return json;
}

using Counts = std::array<std::size_t, 4>;

std::string summary(const Counts& counts, const std::string& old, const std::string& now) {
  const auto at = [&](Effect effect) {
    return std::to_string(counts[static_cast<std::size_t>(effect)]);
  };
  return now + " widens " + old + " in " + at(Effect::kWidens) + ", narrows it in " +
         at(Effect::kNarrows) + ", changes nothing in " + at(Effect::kNothing) + "; " +
         at(Effect::kIncomparable) + " cannot be compared";
}

}  // namespace

int policy_diff(Invocation& in) {
  const auto& names = in.arguments.positionals();
  std::vector<PolicyInput> inputs;
  std::vector<policy::CompiledPolicy> both;
  for (const auto& each : names) {
    auto input = policy_by_name(in.outside, each, store::Trust::kAny);
    auto policy =
        input ? compiled(*input) : Result<policy::CompiledPolicy>(std::unexpected(input.error()));
    if (!policy) {
      const Error& error = policy.error();
      tell(in.outside, Error{error.code, each + ": " + error.message, error.hint});
      return kTrouble;
    }
    inputs.push_back(*std::move(input));
    both.push_back(*std::move(policy));
  }
  const policy::Policy& old = both[0].policy();
  const policy::Policy& now = both[1].policy();
  const auto list = policy::differences(old, now);
  Counts counts{};
  for (const auto& one : list) ++counts[static_cast<std::size_t>(one.effect)];
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("same", list.empty());
    for (const auto effect :
         {Effect::kWidens, Effect::kNarrows, Effect::kNothing, Effect::kIncomparable})
      json.set(std::string(policy::name(effect)),
               static_cast<std::int64_t>(counts[static_cast<std::size_t>(effect)]));
    Json::Array array;
    for (const auto& one : list) array.push_back(json_of(one, old, now));
    json.set("differences", std::move(array));
    in.outside.write(Stream::kOut, json_line(json));
  } else if (list.empty()) {
    in.outside.write(Stream::kOut, "the two say the same\n");
  } else {
    std::string text;
    for (const auto& one : list) text += line_of(one, old, now);
    in.outside.write(Stream::kOut,
                     text + codec::for_terminal(summary(counts, names[0], names[1])) + "\n");
  }
  return list.empty() ? kSame : kDifferent;
}

}  // namespace bailey::cli
