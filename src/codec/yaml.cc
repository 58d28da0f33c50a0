// yaml-cpp's events drive a builder of our values. Depth is refused in the handler,
// which yaml-cpp calls before it recurses, so its stack never grows past the limit.
#include "codec/yaml.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <set>
#include <streambuf>

#include "codec/utf8.h"

namespace bailey::codec {
namespace {

constexpr std::size_t kDepthCap = 128;

// Carries an Error through yaml-cpp, whose handlers can stop it in no other way.
struct Refused {
  Error error;
};

Mark to_mark(const YAML::Mark& mark) {
  if (mark.line < 0 || mark.column < 0) return {};
  return Mark{static_cast<std::uint32_t>(mark.line) + 1,
              static_cast<std::uint32_t>(mark.column) + 1};
}

[[noreturn]] void refuse(std::string_view code, std::string message, Mark mark) {
  throw Refused{Error{code, std::move(message) + at_mark(mark), {}}};
}

bool all_in(std::string_view text, std::string_view set) noexcept {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

constexpr std::string_view kDecimal = "0123456789";

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?   (YAML 1.2.2, 10.3.2)
bool looks_float(std::string_view text) noexcept {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    auto exponent = text.substr(e + 1);
    if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
    if (!all_in(exponent, kDecimal)) return false;
    text = text.substr(0, e);
  }
  const auto dot = text.find('.');
  const auto whole = text.substr(0, dot);
  const auto part = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  if (!whole.empty() && !all_in(whole, kDecimal)) return false;
  if (!part.empty() && !all_in(part, kDecimal)) return false;
  return !whole.empty() || !part.empty();
}

Json integer(std::string_view digits, int base, bool negative, std::string_view text, Mark mark) {
  std::int64_t value = 0;
  const auto [end, status] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (status != std::errc{} || end != digits.data() + digits.size() || value > kMaxJsonInt) {
    refuse("yaml.number", "the integer " + std::string(text.substr(0, 40)) + " is beyond 2^53 - 1",
           mark);
  }
  return Json(negative ? -value : value);
}

// The core schema's reading of a plain scalar.
Json plain_scalar(const std::string& text, Mark mark) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return Json(true);
  if (text == "false" || text == "False" || text == "FALSE") return Json(false);
  std::string_view digits = text;
  if (digits.starts_with("0o") && all_in(digits.substr(2), "01234567")) {
    return integer(digits.substr(2), 8, false, text, mark);
  }
  if (digits.starts_with("0x") && all_in(digits.substr(2), "0123456789abcdefABCDEF")) {
    return integer(digits.substr(2), 16, false, text, mark);
  }
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits == ".inf" || digits == ".Inf" || digits == ".INF" || text == ".nan" ||
      text == ".NaN" || text == ".NAN") {
    refuse("yaml.number", "infinity and NaN are no values here", mark);
  }
  if (all_in(digits, kDecimal)) {
    if (digits.size() > 1 && digits[0] == '0') {
      refuse("yaml.number",
             "an integer with a leading zero; write 0o" + std::string(digits.substr(1, 20)) +
                 " for octal, or quote it for text",
             mark);
    }
    return integer(digits, 10, negative, text, mark);
  }
  if (looks_float(text)) {
    std::string normal(digits);
    if (normal.starts_with('.')) normal.insert(0, "0");
    double value = 0;
    const char* end = normal.data() + normal.size();
    const auto [stop, status] = std::from_chars(normal.data(), end, value);
    if (status != std::errc{} || stop != end || !is_json_number(value)) {
      refuse("yaml.number", "a number out of range, or an integer beyond 2^53 - 1", mark);
    }
    return Json(negative ? -value : value);
  }
  return Json(text);
}

class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      refuse("yaml.unsupported", "a second document, or text after the first", to_mark(mark));
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    no_properties(mark, "", anchor);
    if (expects_key()) refuse("yaml.unsupported", "a key that is empty", to_mark(mark));
    leaf(Json(), mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse("yaml.unsupported", "aliases are not accepted", to_mark(mark));
  }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    refuse("yaml.unsupported", "anchors are not accepted", to_mark(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    no_properties(mark, tag, anchor);
    ends_its_quotes(mark);
    const bool plain = tag == "?" || tag.empty();
    if (expects_key()) return key(value, plain, to_mark(mark));
    leaf(plain ? plain_scalar(value, to_mark(mark)) : Json(value), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    no_properties(mark, tag, anchor);
    open(Json(Json::Array{}), mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    no_properties(mark, tag, anchor);
    open(Json(Json::Object{}), mark);
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] Json take() && { return std::move(root_); }

 private:
  struct Frame {
    Json value;
    bool has_key = false;
    std::string key;
    Mark key_mark;
    std::set<std::string, std::less<>> names;
  };

  [[nodiscard]] bool expects_key() const noexcept {
    return !stack_.empty() && stack_.back().value.is_object() && !stack_.back().has_key;
  }
  void no_properties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse("yaml.unsupported", "anchors are not accepted", to_mark(mark));
    const bool written = mark.pos >= 0 && static_cast<std::size_t>(mark.pos) < text_.size() &&
                         text_[static_cast<std::size_t>(mark.pos)] == '!';
    if (written || (tag != "?" && tag != "!" && !tag.empty())) {
      refuse("yaml.unsupported", "tags are not accepted", to_mark(mark));
    }
  }
  // yaml-cpp takes the end of the text for a closing quote.
  void ends_its_quotes(const YAML::Mark& mark) const {
    if (mark.pos < 0 || static_cast<std::size_t>(mark.pos) >= text_.size()) return;
    auto i = static_cast<std::size_t>(mark.pos);
    const char quote = text_[i];
    if (quote != '"' && quote != '\'') return;
    for (++i; i < text_.size(); ++i) {
      const bool escapes = quote == '"' ? text_[i] == '\\' : text_.substr(i, 2) == "''";
      if (escapes) {
        ++i;
      } else if (text_[i] == quote) {
        return;
      }
    }
    refuse("yaml.syntax", "a quote that is never closed", to_mark(mark));
  }
  void key(const std::string& name, bool plain, Mark mark) {
    auto& top = stack_.back();
    if (plain && name == "<<") refuse("yaml.unsupported", "merge keys are not accepted", mark);
    if (plain && plain_scalar(name, mark).is_null()) {
      refuse("yaml.unsupported", "a key that is null", mark);
    }
    if (!top.names.insert(name).second) {
      refuse("yaml.duplicate", "the key '" + name.substr(0, 100) + "' appears twice", mark);
    }
    top.has_key = true;
    top.key = name;
    top.key_mark = mark;
  }
  void count(Mark mark) {
    if (++values_ > limits_.max_values) {
      refuse("yaml.limit", "more than " + std::to_string(limits_.max_values) + " values", mark);
    }
  }
  void open(Json value, const YAML::Mark& mark) {
    value.set_mark(to_mark(mark));
    if (expects_key()) {
      refuse("yaml.unsupported", "a key that is a list or a map", value.mark());
    }
    count(value.mark());
    if (stack_.size() >= std::min(limits_.max_depth, kDepthCap)) {
      refuse("yaml.limit", "nested deeper than the limit", value.mark());
    }
    stack_.push_back(Frame{std::move(value), false, {}, {}, {}});
  }
  void close() {
    Json value = std::move(stack_.back().value);
    stack_.pop_back();
    place(std::move(value));
  }
  void leaf(Json value, const YAML::Mark& mark) {
    value.set_mark(to_mark(mark));
    count(value.mark());
    place(std::move(value));
  }
  void place(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (auto& top = stack_.back(); top.value.is_array()) {
      top.value.as_array().push_back(std::move(value));
    } else {
      value.set_key_mark(top.key_mark);
      top.value.as_object().emplace_back(std::move(top.key), std::move(value));
      top.has_key = false;
    }
  }

  std::string_view text_;
  const JsonLimits& limits_;
  std::vector<Frame> stack_;
  std::size_t values_ = 0;
  std::size_t documents_ = 0;
  Json root_;
};

// A read-only stream over text that somebody else holds.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    // setg wants char*; nothing writes through a buffer that is only read.
    char* begin = const_cast<char*>(text.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    setg(begin, begin, begin + text.size());
  }
};

// Control characters have no use in a policy and confuse yaml-cpp and terminals.
Status check_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
      return fail("yaml.syntax", "a control character" + at_mark(mark_of_offset(text, i)));
    }
  }
  return {};
}

// yaml-cpp obeys %YAML and %TAG silently, so they are looked for beforehand: only
// blank lines and comments may come before a directive.
Status check_directives(std::string_view text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto line = text.substr(begin, end - begin);
    if (line.starts_with('%')) {
      return fail("yaml.unsupported",
                  "directives are not accepted" + at_mark(mark_of_offset(text, begin)));
    }
    const auto first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#') return {};
    begin = end + 1;
  }
  return {};
}

}  // namespace

Result<Json> parse_yaml(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return fail("yaml.limit",
                "larger than " + std::to_string(limits.max_bytes) + " bytes at line 1, column 1");
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return fail("json.encoding", "begins with a byte order mark at line 1, column 1");
  }
  if (const auto bad = first_invalid_utf8(text); bad != text.size()) {
    return fail("json.encoding", "not UTF-8" + at_mark(mark_of_offset(text, bad)));
  }
  BAILEY_TRY(check_characters(text));
  BAILEY_TRY(check_directives(text));
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    Builder builder(text, limits);
    while (parser.HandleNextDocument(builder)) {
    }
    return std::move(builder).take();
  } catch (const Refused& refused) {
    return std::unexpected(refused.error);
  } catch (const YAML::DeepRecursion& deep) {
    return fail("yaml.limit", "nested deeper than the limit" + at_mark(to_mark(deep.mark)));
  } catch (const YAML::Exception& wrong) {
    return fail("yaml.syntax", "not YAML: " + wrong.msg + at_mark(to_mark(wrong.mark)));
  }
}

}  // namespace bailey::codec
