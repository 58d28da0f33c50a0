// Document: one policy text as it was written, before anything is put together.
//
// parse_document takes YAML or JSON apart and refuses what it does not know: unknown and
// duplicate keys, wrong types, rules that can never match, anything past the limits, each
// with line and column. What the document does not say is absent here, because a parent
// may say it. Plain values; pure; any thread. Errors: see policy.h.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/policy.h"

namespace bailey::policy {

template <class T>
struct Said {
  T value;
  codec::Mark mark;
};

enum class Section { kLevels, kFiles, kEnvironment, kCommands, kLimits, kApprovals, kDegradations };
inline constexpr std::size_t kSections = 7;
[[nodiscard]] std::string_view name(Section section) noexcept;

// What `final` names, each with the place where it does.
struct Finals {
  std::array<std::optional<codec::Mark>, kSections> sections{};
  std::array<std::optional<codec::Mark>, model::kLimitKinds> limits{};
};

using SaidList = std::vector<Said<std::string>>;

struct Document {
  std::string name;
  std::optional<Said<std::string>> extends;
  std::optional<codec::Mark> final_at;
  Finals finals;
  std::optional<codec::Mark> levels_at;
  std::optional<Said<model::Level>> start;
  std::optional<Said<model::Level>> max;
  std::vector<std::pair<std::string, Said<model::Level>>> actions;  // sorted by kind
  std::optional<SaidList> read;
  std::optional<SaidList> write;
  std::optional<SaidList> hide;
  std::optional<Said<std::vector<AskRule>>> ask;
  std::optional<SaidList> pass;
  std::vector<std::pair<std::string, Said<std::string>>> set;  // sorted by name
  std::optional<Said<std::vector<CommandRule>>> commands;
  std::array<std::optional<Said<std::uint64_t>>, model::kLimitKinds> limits{};
  std::optional<Said<Approvals>> approvals;
  std::optional<Said<std::vector<std::string>>> degradations;
  std::vector<Said<std::string>> not_enforced;
};

// The text as a value with marks, within the limits of a policy. Errors: policy.too_big,
// yaml.*, json.*.
[[nodiscard]] Result<codec::Json> parse_text(std::string_view text);
[[nodiscard]] Result<Document> read_document(const codec::Json& json);
[[nodiscard]] Result<Document> parse_document(std::string_view text);

}  // namespace bailey::policy
