#include "policy/cached_document.h"

#include <algorithm>

#include "codec/text.h"

namespace bailey::policy {
namespace {

using codec::Json;

constexpr int kCacheVersion = 2;
constexpr std::size_t kMarksOfValue = 4;
constexpr std::int64_t kMaxMark = 0xFFFF'FFFF;

std::unexpected<Error> stale() { return fail("policy.cache", "the cached policy cannot be used"); }

// Puts members in the order in which canonical JSON writes them, and lists the marks.
void collect(Json& value, Json::Array& marks) {
  for (const auto number :
       {value.mark().line, value.mark().column, value.key_mark().line, value.key_mark().column})
    marks.emplace_back(std::int64_t{number});
  if (value.is_array()) {
    for (auto& item : value.as_array()) collect(item, marks);
  } else if (value.is_object()) {
    auto& members = value.as_object();
    std::sort(members.begin(), members.end(), [](const Json::Member& a, const Json::Member& b) {
      return codec::less_utf16(a.first, b.first);
    });
    for (auto& [name, member] : members) collect(member, marks);
  }
}

// Takes the marks of `value` and of all in it from `marks`; false when they run out.
bool restore(Json& value, const Json::Array& marks, std::size_t& next) {
  if (marks.size() - next < kMarksOfValue) return false;
  std::uint32_t numbers[kMarksOfValue];
  for (auto& number : numbers) {
    const Json& mark = marks[next++];
    if (!mark.is_int() || mark.as_int() < 0 || mark.as_int() > kMaxMark) return false;
    number = static_cast<std::uint32_t>(mark.as_int());
  }
  value.set_mark({numbers[0], numbers[1]});
  value.set_key_mark({numbers[2], numbers[3]});
  if (value.is_array()) {
    for (auto& item : value.as_array())
      if (!restore(item, marks, next)) return false;
  } else if (value.is_object()) {
    for (auto& [name, member] : value.as_object())
      if (!restore(member, marks, next)) return false;
  }
  return true;
}

}  // namespace

std::string cached_form(Json document, const Digest& source) {
  Json::Array marks;
  collect(document, marks);
  Json whole{Json::Object{}};
  whole.set("document", std::move(document));
  whole.set("marks", std::move(marks));
  whole.set("source", codec::to_hex(source));
  whole.set("v", kCacheVersion);
  return codec::canonical_json(whole);
}

Result<Json> from_cached_form(std::string_view text, const Digest& source) {
  codec::JsonLimits limits;
  limits.max_bytes = kMaxCachedBytes;
  limits.max_depth = 18;
  limits.max_values = 2'000'000;
  auto whole = codec::parse_json(text, limits);
  if (!whole || !whole->is_object() || whole->as_object().size() != 4) return stale();
  const auto* version = whole->find("v");
  const auto* name = whole->find("source");
  const auto* marks = whole->find("marks");
  if (version == nullptr || name == nullptr || marks == nullptr) return stale();
  if (!version->is_int() || version->as_int() != kCacheVersion) return stale();
  if (!name->is_string() || name->as_string() != codec::to_hex(source)) return stale();
  if (!marks->is_array()) return stale();
  for (auto& [key, value] : whole->as_object()) {
    if (key != "document") continue;
    std::size_t next = 0;
    Json document = std::move(value);
    if (!restore(document, marks->as_array(), next) || next != marks->as_array().size())
      return stale();
    return document;
  }
  return stale();
}

}  // namespace bailey::policy
