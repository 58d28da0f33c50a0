// Policy: what one or several documents say together, as plain data.
//
// A document (document.h) is read strictly; merge.h puts a chain of them together. Every
// entry remembers the document and the place that it comes from, so that a decision can be
// explained and a contradiction shown from both sides. What product.md names but this
// build does not enforce is kept by name in `not_enforced`, so that `policy check` can say
// so and a run can refuse; it is never ignored. An empty document allows nothing.
// Thread rule: plain values.
//
// Errors: policy.too_big, policy.version, policy.name, policy.rule, policy.pattern,
// policy.never_matches, policy.path, policy.path_wildcard, policy.level, policy.limit,
// policy.environment, policy.approvals, policy.degradation, policy.too_many,
// policy.extends, policy.final, policy.widens, policy.project, and those of codec
// (json.*, yaml.*, fields.*).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/json.h"
#include "model/level.h"
#include "model/limits.h"
#include "model/reason.h"

namespace bailey::policy {

inline constexpr std::size_t kMaxPolicyBytes = 1U << 20;
inline constexpr std::size_t kMaxRules = 10'000;
inline constexpr std::size_t kMaxPaths = 4'096;
inline constexpr std::size_t kMaxAsks = 64;  // of files.ask
inline constexpr std::size_t kMaxPatternWords = 256;
inline constexpr std::size_t kMaxWordBytes = 4'096;

// kPolicy: the one that was named, or a parent of it. kProject: the workspace's own.
enum class Role { kPolicy, kProject };

struct DocumentInfo {
  std::string name;  // as people know it; may be empty when there is one document only
  Digest digest{};   // SHA-256 of its bytes
  Role role = Role::kPolicy;
};

// Where something was said. `document` counts from the outermost parent.
struct Origin {
  std::uint32_t document = 0;
  codec::Mark mark;
};

enum class Finality { kOpen, kFinal };

struct CommandRule {
  std::string id;
  model::Decision decision = model::Decision::kDeny;
  std::vector<std::string> argv;  // one glob a word; a final "**" is any number of words
  std::string reason;
  std::optional<model::Level> level;  // 30 or 40: at least this is needed
  Finality finality = Finality::kOpen;
  Origin origin;
  // Set when the rule took the place of a final one: it counts for no name and no shell
  // text that the final one did not count for.
  bool trusted_names_only = false;
  bool judges_no_text = false;
};

// Rules that were added below final `commands`: they take away, and grant nothing.
struct NarrowingRules {
  bool is_list = false;  // what none of the rules matches is denied
  Origin origin;         // of the section
  std::vector<CommandRule> rules;
};

struct Listed {
  std::string text;
  Origin origin;
};

// A place whose files a person may give while the program runs (spec/live-grants.md).
struct AskRule {
  std::string id;
  Listed place;
  std::string reason;
};

struct Files {
  std::vector<Listed> read;
  std::vector<Listed> write;
  std::vector<Listed> hide;
  std::vector<AskRule> ask;
};

struct Variable {
  std::string name;
  std::string value;
  Origin origin;
};

struct Environment {
  std::vector<Listed> pass;
  std::vector<Variable> set;  // sorted by name
};

struct Levels {
  model::Level start = model::Level::kBuilder;
  model::Level max = model::Level::kBuilder;
  // At least this for the kind; a kind unknown to this build is granted by being here.
  // Sorted by kind.
  std::vector<std::pair<std::string, model::Level>> actions;
};

struct Approvals {
  std::string by = "other";  // "self" or "other"
  std::int64_t timeout_ns = 3'600'000'000'000;
};

struct Unenforced {
  std::string section;
  Origin origin;
};

struct Policy {
  std::string name;
  std::vector<DocumentInfo> documents;  // the outermost parent first
  Levels levels;
  Files files;
  std::vector<CommandRule> commands;
  std::vector<NarrowingRules> narrowing;
  Environment environment;
  model::Limits limits;
  std::array<Origin, model::kLimitKinds> limit_origins{};
  std::optional<Approvals> approvals;
  std::vector<std::string> degradations;
  std::vector<Unenforced> not_enforced;
};

// "NAME:LINE:COLUMN", or "line L, column C" of a document without a name.
[[nodiscard]] std::string place(const std::vector<DocumentInfo>& documents, Origin origin);

// Of one text, which may extend built-in policies only. A document that begins with '{'
// is JSON, any other is YAML.
[[nodiscard]] Result<Policy> parse_policy(std::string_view text);

// What is no error but should be known to whoever checks the policy.
struct Finding {
  std::string code;  // "policy.any_command", "policy.section_not_enforced", ...
  std::string text;
  Origin origin;
};
[[nodiscard]] std::vector<Finding> findings(const Policy& policy);

// What the policy says in the end, as one document (without sections that are not
// enforced); what narrows stands under "narrowing", which no document has.
[[nodiscard]] codec::Json to_json(const Policy& policy);

// The names of limits in a document: "time", "cpu_time", ...
[[nodiscard]] std::string_view limit_name(model::LimitKind kind) noexcept;
[[nodiscard]] std::optional<model::LimitKind> limit_kind(std::string_view name) noexcept;
// "30m", "2G", "1.5", "64".
[[nodiscard]] std::string format_limit(model::LimitKind kind, std::uint64_t value);

}  // namespace bailey::policy
