// Json: one JSON value, strict in and canonical out.
//
// parse_json accepts RFC 8259 text in UTF-8 only and refuses what is ambiguous:
// duplicate member names, invalid UTF-8, lone surrogates, a byte order mark,
// trailing text, numbers that are integers beyond 2^53 - 1 in canonical form (I-JSON,
// RFC 7493), numbers that overflow a double and anything past the limits. canonical_json writes RFC
// 8785. Objects keep the order they were written in; canonical output sorts by UTF-16 code units.
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace bailey::codec {

// Where a value begins in its document; line and column (bytes) count from 1, 0 is
// unknown.
struct Mark {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool operator==(const Mark&) const = default;
};

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() noexcept = default;  // null
  // Implicit on purpose, so that a document in the source reads like one.
  // NOLINTBEGIN(google-explicit-constructor)
  Json(bool value) : value_(value) {}
  Json(std::int64_t value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool is_null() const noexcept { return value_.index() == 0; }
  [[nodiscard]] bool is_bool() const noexcept { return std::holds_alternative<bool>(value_); }
  [[nodiscard]] bool is_int() const noexcept {
    return std::holds_alternative<std::int64_t>(value_);
  }
  [[nodiscard]] bool is_double() const noexcept { return std::holds_alternative<double>(value_); }
  [[nodiscard]] bool is_string() const noexcept {
    return std::holds_alternative<std::string>(value_);
  }
  [[nodiscard]] bool is_array() const noexcept { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_object() const noexcept { return std::holds_alternative<Object>(value_); }
  // "null", "boolean", "integer", "number", "string", "array", "object".
  [[nodiscard]] std::string_view type_name() const noexcept;

  // Each aborts when the value is of another type: ask first.
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::int64_t as_int() const;
  [[nodiscard]] double as_double() const;  // an integer is also accepted
  [[nodiscard]] const std::string& as_string() const;
  [[nodiscard]] const Array& as_array() const;
  [[nodiscard]] const Object& as_object() const;
  [[nodiscard]] Array& as_array();
  [[nodiscard]] Object& as_object();

  // The member of that name, or null when this is no object or has none.
  [[nodiscard]] const Json* find(std::string_view name) const noexcept;
  // Appends a member; the caller sees to it that the name is new.
  Json& set(std::string name, Json value);

  [[nodiscard]] Mark mark() const noexcept { return mark_; }
  void set_mark(Mark mark) noexcept { mark_ = mark; }
  // Where the name begins under which this value is a member; unknown elsewhere.
  [[nodiscard]] Mark key_mark() const noexcept { return key_mark_; }
  void set_key_mark(Mark mark) noexcept { key_mark_ = mark; }

  // Compares values, not marks; objects by order too.
  bool operator==(const Json& other) const { return value_ == other.value_; }

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
  Mark mark_;
  Mark key_mark_;
};

// The largest integer that every JSON reader holds exactly; larger ones are written
// as decimal strings.
inline constexpr std::int64_t kMaxJsonInt = (std::int64_t{1} << 53) - 1;

// True for a finite number whose canonical form is read back: not a double from 2^53
// up to 10^21, which RFC 8785 writes as an integer beyond kMaxJsonInt.
[[nodiscard]] bool is_json_number(double number) noexcept;

struct JsonLimits {
  std::size_t max_bytes = 1U << 20;  // of the whole text
  std::size_t max_depth = 64;        // of nested arrays and objects; never above 256
  std::size_t max_values = 200'000;  // of values in the document
};

// Errors: json.syntax, json.duplicate, json.encoding, json.number, json.limit; the
// message ends in "at line L, column C".
[[nodiscard]] Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// RFC 8785. Strings must be valid UTF-8 (parse_json and valid_utf8 give that), doubles
// finite, integers within kMaxJsonInt and member names different: aborts otherwise.
[[nodiscard]] std::string canonical_json(const Json& value);

// Two-space indented, same number and string forms as canonical, members in order.
[[nodiscard]] std::string pretty_json(const Json& value);

// " at line L, column C", or nothing when the mark is unknown.
[[nodiscard]] std::string at_mark(Mark mark);

// RFC 8785 section 3.2.3: names ordered by their UTF-16 code units.
[[nodiscard]] bool less_utf16(std::string_view a, std::string_view b) noexcept;

// Valid UTF-8 is returned as it is; each byte that is not becomes U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace bailey::codec
