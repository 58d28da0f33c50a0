// Policy: one document, read strictly, as plain data.
//
// parse_policy takes YAML or JSON apart and refuses what it does not know: unknown
// and duplicate keys, wrong types, rules that can never match, anything past the
// limits, each with line and column. What product.md names but this build does not
// enforce is kept by name in `not_enforced`, so that `policy check` can say so and a
// run can refuse; it is never ignored. An empty document allows nothing.
// Thread rule: plain values.
//
// Errors: policy.too_big, policy.version, policy.name, policy.rule, policy.pattern,
// policy.never_matches, policy.path, policy.path_wildcard, policy.level, policy.limit,
// policy.environment, policy.approvals, policy.degradation, policy.too_many, and those
// of codec (json.*, yaml.*, fields.*).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "model/level.h"
#include "model/limits.h"
#include "model/reason.h"

namespace bailey::policy {

inline constexpr std::size_t kMaxPolicyBytes = 1U << 20;
inline constexpr std::size_t kMaxRules = 10'000;
inline constexpr std::size_t kMaxPaths = 4'096;
inline constexpr std::size_t kMaxPatternWords = 256;
inline constexpr std::size_t kMaxWordBytes = 4'096;

struct CommandRule {
  std::string id;
  model::Decision decision = model::Decision::kDeny;
  std::vector<std::string> argv;  // one glob a word; a final "**" is any number of words
  std::string reason;
  std::optional<model::Level> level;  // 30 or 40: at least this is needed
  codec::Mark mark;
};

struct Files {
  std::vector<std::string> read;
  std::vector<std::string> write;
  std::vector<std::string> hide;
};

struct Environment {
  std::vector<std::string> pass;
  std::vector<std::pair<std::string, std::string>> set;
};

struct Levels {
  model::Level start = model::Level::kBuilder;
  model::Level max = model::Level::kBuilder;
  // At least this for the kind; a kind unknown to this build is granted by being here.
  std::vector<std::pair<std::string, model::Level>> actions;
};

struct Approvals {
  std::string by = "other";  // "self" or "other"
  std::int64_t timeout_ns = 3'600'000'000'000;
};

struct Unenforced {
  std::string section;
  codec::Mark mark;
};

struct Policy {
  std::string name;
  Levels levels;
  Files files;
  std::vector<CommandRule> commands;
  Environment environment;
  model::Limits limits;
  std::optional<Approvals> approvals;
  std::vector<std::string> degradations;
  std::vector<Unenforced> not_enforced;
};

// A document that begins with '{' is JSON, any other is YAML.
[[nodiscard]] Result<Policy> parse_policy(std::string_view text);

// What is no error but should be known to whoever checks the policy.
struct Finding {
  std::string code;  // "policy.any_command", "policy.section_not_enforced", ...
  std::string text;
  codec::Mark mark;
};
[[nodiscard]] std::vector<Finding> findings(const Policy& policy);

// The document that parses back to the same policy (without not_enforced sections).
[[nodiscard]] codec::Json to_json(const Policy& policy);
// The same reader behind parse_policy, for a document that was parsed already.
[[nodiscard]] Result<Policy> read_policy(const codec::Json& document);

}  // namespace bailey::policy
