#include "codec/fields.h"

#include <algorithm>

#include "codec/text.h"

namespace bailey::codec {
namespace {

constexpr std::size_t kMaxComparedName = 64;

// Typing slips between two words: insertions, deletions, exchanges, swaps of neighbours.
std::size_t slips(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t exchange = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, exchange});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > kMaxComparedName) return {};
  const std::size_t allowed = std::max<std::size_t>(2, word.size() / 3);
  std::string best;
  std::size_t best_cost = allowed + 1;
  for (const auto& name : known) {
    if (name.size() > kMaxComparedName) continue;
    const auto cost = slips(word, name);
    if (cost < best_cost && cost < name.size()) {
      best_cost = cost;
      best = name;
    }
  }
  return best;
}

Result<ObjectReader> ObjectReader::create(const Json& value, std::string document,
                                          std::string path) {
  ObjectReader reader(value, std::move(document), std::move(path));
  if (!value.is_object()) return std::unexpected(reader.wrong_type("", "an object", value));
  return reader;
}

std::string ObjectReader::member_path(std::string_view name) const {
  std::string whole = path_;
  if (!whole.empty() && !name.empty()) whole += '.';
  whole += for_terminal(name, 100);
  return whole;
}

Error ObjectReader::error(std::string_view code, std::string_view name, std::string_view message,
                          std::string hint) const {
  const Json* member = name.empty() ? nullptr : value_->find(name);
  const Mark mark = member != nullptr ? member->mark() : value_->mark();
  std::string text = document_ + ": ";
  const std::string where = member_path(name);
  if (!where.empty()) text += where + ": ";
  text += message;
  return Error{code, text + at_mark(mark), std::move(hint)};
}

Error ObjectReader::wrong_type(std::string_view name, std::string_view wanted,
                               const Json& found) const {
  const auto type = found.type_name();
  const bool vowel = type.starts_with('a') || type.starts_with('i') || type.starts_with('o');
  const std::string article = found.is_null() ? "" : vowel ? "an " : "a ";
  return error("fields.type", name,
               "must be " + std::string(wanted) + ", not " + article + std::string(type));
}

const Json* ObjectReader::any(std::string_view name) {
  asked_.emplace_back(name);
  return value_->find(name);
}

Result<const Json*> ObjectReader::need(std::string_view name) {
  const Json* member = any(name);
  if (member == nullptr) return std::unexpected(error("fields.missing", name, "is missing"));
  return member;
}

Result<std::string> ObjectReader::required_string(std::string_view name) {
  const Json* member = BAILEY_TRY(need(name));
  if (!member->is_string()) return std::unexpected(wrong_type(name, "a string", *member));
  return member->as_string();
}

Result<std::optional<std::string>> ObjectReader::optional_string(std::string_view name) {
  if (value_->find(name) == nullptr) {
    asked_.emplace_back(name);
    return std::optional<std::string>();
  }
  return std::optional(BAILEY_TRY(required_string(name)));
}

Result<std::int64_t> ObjectReader::required_int(std::string_view name, std::int64_t low,
                                                std::int64_t high) {
  const Json* member = BAILEY_TRY(need(name));
  if (!member->is_int()) return std::unexpected(wrong_type(name, "an integer", *member));
  const auto number = member->as_int();
  if (number < low || number > high) {
    return std::unexpected(
        error("fields.range", name,
              "must be from " + std::to_string(low) + " to " + std::to_string(high)));
  }
  return number;
}

Result<std::optional<std::int64_t>> ObjectReader::optional_int(std::string_view name,
                                                               std::int64_t low,
                                                               std::int64_t high) {
  if (value_->find(name) == nullptr) {
    asked_.emplace_back(name);
    return std::optional<std::int64_t>();
  }
  return std::optional(BAILEY_TRY(required_int(name, low, high)));
}

Result<bool> ObjectReader::required_bool(std::string_view name) {
  const Json* member = BAILEY_TRY(need(name));
  if (!member->is_bool()) return std::unexpected(wrong_type(name, "true or false", *member));
  return member->as_bool();
}

Result<std::optional<bool>> ObjectReader::optional_bool(std::string_view name) {
  if (value_->find(name) == nullptr) {
    asked_.emplace_back(name);
    return std::optional<bool>();
  }
  return std::optional(BAILEY_TRY(required_bool(name)));
}

Result<const Json::Array*> ObjectReader::required_array(std::string_view name) {
  const Json* member = BAILEY_TRY(need(name));
  if (!member->is_array()) return std::unexpected(wrong_type(name, "a list", *member));
  return &member->as_array();
}

Result<const Json::Array*> ObjectReader::optional_array(std::string_view name) {
  if (value_->find(name) == nullptr) {
    asked_.emplace_back(name);
    return nullptr;
  }
  return required_array(name);
}

Result<std::vector<std::string>> ObjectReader::strings(std::string_view name) {
  const Json::Array* list = BAILEY_TRY(optional_array(name));
  std::vector<std::string> out;
  if (list == nullptr) return out;
  for (const auto& item : *list) {
    if (!item.is_string()) {
      Error wrong = wrong_type(name, "a list of strings; one item is", item);
      wrong.message = document_ + ": " + member_path(name) +
                      ": every item must be a string, one is not" + at_mark(item.mark());
      return std::unexpected(std::move(wrong));
    }
    out.push_back(item.as_string());
  }
  return out;
}

Result<ObjectReader> ObjectReader::required_object(std::string_view name) {
  const Json* member = BAILEY_TRY(need(name));
  if (!member->is_object()) return std::unexpected(wrong_type(name, "an object", *member));
  return ObjectReader(*member, document_, member_path(name));
}

Result<std::optional<ObjectReader>> ObjectReader::optional_object(std::string_view name) {
  if (value_->find(name) == nullptr) {
    asked_.emplace_back(name);
    return std::optional<ObjectReader>();
  }
  return std::optional(BAILEY_TRY(required_object(name)));
}

Status ObjectReader::finish() const {
  for (const auto& [name, member] : value_->as_object()) {
    if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
    const auto mark = member.key_mark().line != 0 ? member.key_mark() : member.mark();
    std::string message = document_ + ": " + member_path(name) + ": unknown key" + at_mark(mark);
    const auto near = nearest_name(name, asked_);
    std::string hint;
    if (!near.empty()) {
      hint = "did you mean '" + near + "'?";
    } else {
      hint = "known keys:";
      for (const auto& known : asked_) hint += " " + known;
    }
    return fail("fields.unknown", std::move(message), std::move(hint));
  }
  return {};
}

}  // namespace bailey::codec
