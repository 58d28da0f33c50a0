// Cases: a file that says what a policy must answer, for `bailey policy test`.
//
// Read as strictly as a policy: YAML or JSON, unknown and duplicate keys, wrong types and
// questions that make no sense are errors with line and column; a file without a case is one,
// too, because a test that asks nothing proves nothing. Pure; any thread.
//
// Errors: cases.version, cases.empty, cases.question, cases.expect, cases.too_many,
// policy.too_big, fields.*, yaml.*, json.*. Format: spec/policy-test.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "model/level.h"
#include "model/reason.h"
#include "policy/file_rules.h"

namespace bailey::policy {

inline constexpr std::size_t kMaxCases = 10'000;

struct Case {
  enum class Question { kCommand, kFile, kVariable };
  std::string name;  // may be empty
  Question question = Question::kCommand;
  std::vector<std::string> argv;  // of a command; a shell text is ["bash", "-c", TEXT]
  std::string subject;            // the path or the variable
  FileUse use = FileUse::kRead;
  std::optional<model::Level> level;  // as if somebody had set it
  model::Decision expected = model::Decision::kDeny;
  std::string rule;  // the deciding one's id; empty: any
  std::string code;  // of the deciding reason; empty: any
  codec::Mark mark;
};

struct Cases {
  std::string policy;     // "builtin:NAME" or a path; empty: not said
  std::string workspace;  // a path; empty: not said
  std::vector<Case> list;
};

[[nodiscard]] Result<Cases> parse_cases(std::string_view text);

}  // namespace bailey::policy
