// ObjectReader: takes a document apart member by member and leaves nothing over.
//
// Each member is asked for by name and type; finish() refuses what nobody asked
// for, names the nearest name that was, and says where. Messages look like
// "policy: levels.start: must be an integer, not a string at line 3, column 10".
// The value must outlive the reader. Thread rule: one thread.
//
// Errors everywhere: fields.type, fields.missing, fields.range, fields.unknown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace bailey::codec {

class ObjectReader {
 public:
  // `document` heads every message ("policy"); `path` names where in it this
  // object is ("levels", or empty at the top). Errors: fields.type.
  [[nodiscard]] static Result<ObjectReader> create(const Json& value, std::string document,
                                                   std::string path = {});

  [[nodiscard]] Result<std::string> required_string(std::string_view name);
  [[nodiscard]] Result<std::optional<std::string>> optional_string(std::string_view name);
  // Both ends included.
  [[nodiscard]] Result<std::int64_t> required_int(std::string_view name, std::int64_t low,
                                                  std::int64_t high);
  [[nodiscard]] Result<std::optional<std::int64_t>> optional_int(std::string_view name,
                                                                 std::int64_t low,
                                                                 std::int64_t high);
  [[nodiscard]] Result<bool> required_bool(std::string_view name);
  [[nodiscard]] Result<std::optional<bool>> optional_bool(std::string_view name);
  // The list, or an empty one when it is absent; every item must be a string.
  [[nodiscard]] Result<std::vector<std::string>> strings(std::string_view name);
  [[nodiscard]] Result<const Json::Array*> required_array(std::string_view name);
  [[nodiscard]] Result<const Json::Array*> optional_array(std::string_view name);  // or null
  [[nodiscard]] Result<ObjectReader> required_object(std::string_view name);
  [[nodiscard]] Result<std::optional<ObjectReader>> optional_object(std::string_view name);
  // The member whatever it is, null when absent; counts as asked for.
  [[nodiscard]] const Json* any(std::string_view name);

  // Refuses the first member that was not asked for. Errors: fields.unknown.
  [[nodiscard]] Status finish() const;

  // An error of the caller's own about a member (or the object, name empty), with
  // the same head and the same place as ours.
  [[nodiscard]] Error error(std::string_view code, std::string_view name, std::string_view message,
                            std::string hint = {}) const;
  [[nodiscard]] const Json& value() const noexcept { return *value_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::string& document() const noexcept { return document_; }

 private:
  ObjectReader(const Json& value, std::string document, std::string path)
      : value_(&value), document_(std::move(document)), path_(std::move(path)) {}
  [[nodiscard]] Result<const Json*> need(std::string_view name);
  [[nodiscard]] Error wrong_type(std::string_view name, std::string_view wanted,
                                 const Json& found) const;
  [[nodiscard]] std::string member_path(std::string_view name) const;

  const Json* value_;
  std::string document_;
  std::string path_;
  std::vector<std::string> asked_;
};

// The name of `known` that `word` most likely meant (at most two typing slips, or a
// third of the word), or empty.
[[nodiscard]] std::string nearest_name(std::string_view word,
                                       const std::vector<std::string>& known);

}  // namespace bailey::codec
