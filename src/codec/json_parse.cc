// Boost.JSON's SAX parser drives a builder of our values. It validates the text;
// what it leaves open (duplicates, exact doubles, I-JSON integers, positions,
// counts) is settled here. Nothing else includes Boost.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <optional>

#include "codec/json.h"
#include "codec/utf8.h"

namespace bailey::codec {
namespace {

constexpr std::size_t kDepthCap = 256;
constexpr char kBom[] = "\xEF\xBB\xBF";

// Finds where each token begins. It walks behind the parser, over text that the
// parser has accepted already, so it only needs to tell tokens apart.
class TokenCursor {
 public:
  explicit TokenCursor(std::string_view text) noexcept : text_(text) {}

  Mark next() noexcept {
    while (offset_ < text_.size() && is_between(text_[offset_])) step();
    const Mark mark = mark_;
    if (offset_ >= text_.size()) return mark;
    const char first = text_[offset_];
    if (first == '"') {
      step();
      while (offset_ < text_.size() && text_[offset_] != '"') {
        if (text_[offset_] == '\\') step();
        step();
      }
      step();
    } else if (first == '{' || first == '[') {
      step();
    } else {
      while (offset_ < text_.size() && !is_between(text_[offset_])) step();
    }
    return mark;
  }

 private:
  static bool is_between(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':' || c == ']' ||
           c == '}';
  }
  void step() noexcept {
    if (offset_ >= text_.size()) return;
    if (text_[offset_] == '\n') {
      ++mark_.line;
      mark_.column = 1;
    } else {
      ++mark_.column;
    }
    ++offset_;
  }

  std::string_view text_;
  std::size_t offset_ = 0;
  Mark mark_{1, 1};
};

namespace bj = boost::json;

class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  Builder(std::string_view text, const JsonLimits& limits) : cursor_(text), limits_(limits) {}

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_array_begin(bj::error_code& ec) { return open(Json(Json::Array{}), ec); }
  bool on_array_end(std::size_t, bj::error_code& ec) { return close(ec); }
  bool on_object_begin(bj::error_code& ec) { return open(Json(Json::Object{}), ec); }
  bool on_object_end(std::size_t, bj::error_code& ec) {
    return unique_names(stack_.back().value.as_object(), ec) && close(ec);
  }
  bool on_key_part(bj::string_view s, std::size_t, bj::error_code&) { return collect(s); }
  bool on_key(bj::string_view s, std::size_t, bj::error_code&) {
    collect(s);
    auto& top = stack_.back();
    top.key = std::move(collected_);
    top.key_mark = cursor_.next();
    collected_.clear();
    return true;
  }
  bool on_string_part(bj::string_view s, std::size_t, bj::error_code&) { return collect(s); }
  bool on_string(bj::string_view s, std::size_t, bj::error_code& ec) {
    collect(s);
    Json value(std::move(collected_));
    collected_.clear();
    return leaf(std::move(value), ec);
  }
  bool on_number_part(bj::string_view s, bj::error_code&) { return collect(s); }
  bool on_int64(std::int64_t number, bj::string_view, bj::error_code& ec) {
    collected_.clear();
    if (number > kMaxJsonInt || number < -kMaxJsonInt) return refuse_number(ec);
    return leaf(Json(number), ec);
  }
  bool on_uint64(std::uint64_t, bj::string_view, bj::error_code& ec) { return refuse_number(ec); }
  bool on_double(double, bj::string_view s, bj::error_code& ec) {
    collect(s);
    // Boost's own conversion may be one unit off in the last place.
    double number = 0;
    const char* end = collected_.data() + collected_.size();
    const auto [stop, status] = std::from_chars(collected_.data(), end, number);
    const bool integer = collected_.find_first_of(".eE") == std::string::npos;
    const bool underflow = status == std::errc::result_out_of_range && is_tiny(collected_);
    const bool good = (status == std::errc{} && stop == end && std::isfinite(number)) || underflow;
    collected_.clear();
    if (underflow) number = 0;
    if (!good || integer || !is_json_number(number)) return refuse_number(ec);
    return leaf(Json(number), ec);
  }
  bool on_bool(bool value, bj::error_code& ec) { return leaf(Json(value), ec); }
  bool on_null(bj::error_code& ec) { return leaf(Json(), ec); }
  bool on_comment_part(bj::string_view, bj::error_code&) { return false; }
  bool on_comment(bj::string_view, bj::error_code&) { return false; }

  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
  [[nodiscard]] Json take() && { return std::move(root_); }

 private:
  struct Frame {
    Json value;
    std::string key;
    Mark key_mark;
  };

  // A number too small for a double is zero to every reader; one too large is refused.
  static bool is_tiny(std::string_view number) noexcept {
    const auto e = number.find_first_of("eE");
    if (e != std::string_view::npos) return number.substr(e + 1).starts_with('-');
    return number.starts_with("0.") || number.starts_with("-0.");
  }

  bool collect(bj::string_view s) {
    collected_.append(s.data(), s.size());
    return true;
  }
  bool stop(std::string_view code, std::string message, Mark mark, bj::error_code& ec) {
    if (!error_) error_ = Error{code, std::move(message) + at_mark(mark), {}};
    ec = bj::error::syntax;
    return false;
  }
  bool refuse_number(bj::error_code& ec) {
    return stop("json.number",
                "a number that JSON readers do not hold exactly (integers up to 2^53 - 1; write "
                "larger ones as strings)",
                cursor_.next(), ec);
  }
  bool count(Mark mark, bj::error_code& ec) {
    if (++values_ <= limits_.max_values) return true;
    return stop("json.limit", "more than " + std::to_string(limits_.max_values) + " values", mark,
                ec);
  }
  bool open(Json value, bj::error_code& ec) {
    value.set_mark(cursor_.next());
    if (!count(value.mark(), ec)) return false;
    if (stack_.size() >= std::min(limits_.max_depth, kDepthCap)) {
      return stop("json.limit", "nested deeper than the limit", value.mark(), ec);
    }
    stack_.push_back(Frame{std::move(value), {}, {}});
    return true;
  }
  bool close(bj::error_code&) {
    Json value = std::move(stack_.back().value);
    stack_.pop_back();
    place(std::move(value));
    return true;
  }
  bool leaf(Json value, bj::error_code& ec) {
    value.set_mark(cursor_.next());
    if (!count(value.mark(), ec)) return false;
    place(std::move(value));
    return true;
  }
  void place(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (auto& top = stack_.back(); top.value.is_array()) {
      top.value.as_array().push_back(std::move(value));
    } else {
      value.set_key_mark(top.key_mark);
      top.value.as_object().emplace_back(std::move(top.key), std::move(value));
    }
  }
  bool unique_names(const Json::Object& object, bj::error_code& ec) {
    if (const auto* twice = find_duplicate(object)) {
      return stop("json.duplicate", "the name '" + twice->first + "' appears twice",
                  twice->second.key_mark(), ec);
    }
    return true;
  }
  static const Json::Member* find_duplicate(const Json::Object& object) {
    if (object.size() < 2) return nullptr;
    std::vector<const Json::Member*> members;
    members.reserve(object.size());
    for (const auto& member : object) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) {
      return a->first != b->first ? a->first < b->first : a < b;
    });
    for (std::size_t i = 1; i < members.size(); ++i) {
      if (members[i - 1]->first == members[i]->first) return members[i];
    }
    return nullptr;
  }

  TokenCursor cursor_;
  const JsonLimits& limits_;
  std::vector<Frame> stack_;
  std::string collected_;
  std::size_t values_ = 0;
  std::optional<Error> error_;
  Json root_;
};

Error parser_error(const bj::error_code& ec, std::string_view text, std::size_t offset) {
  const std::string where = at_mark(mark_of_offset(text, offset));
  if (ec == bj::error::too_deep) {
    return Error{"json.limit", "nested deeper than the limit" + where, {}};
  }
  if (ec == bj::error::illegal_leading_surrogate || ec == bj::error::illegal_trailing_surrogate ||
      ec == bj::error::expected_utf16_escape) {
    return Error{"json.encoding", "half of a surrogate pair" + where, {}};
  }
  if (ec == bj::error::exponent_overflow) {
    return Error{"json.number", "a number with an exponent out of range" + where, {}};
  }
  std::string what = "not JSON: ";
  if (ec == bj::error::incomplete) {
    what += "the text ends too early";
  } else if (ec == bj::error::extra_data) {
    what += "text after the value";
  } else {
    what += ec.message();
  }
  return Error{"json.syntax", what + where, {}};
}

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return fail("json.limit",
                "larger than " + std::to_string(limits.max_bytes) + " bytes at line 1, column 1");
  }
  if (text.starts_with(kBom)) {
    return fail("json.encoding", "begins with a byte order mark at line 1, column 1");
  }
  if (const auto bad = first_invalid_utf8(text); bad != text.size()) {
    return fail("json.encoding", "not UTF-8" + at_mark(mark_of_offset(text, bad)));
  }
  bj::parse_options options;
  options.max_depth = std::min(limits.max_depth, kDepthCap);
  bj::basic_parser<Builder> parser(options, text, limits);
  bj::error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (parser.handler().error()) return std::unexpected(*parser.handler().error());
  if (!ec && used < text.size()) ec = bj::error::extra_data;
  if (!ec && !parser.done()) ec = bj::error::incomplete;
  if (ec) return std::unexpected(parser_error(ec, text, used));
  return std::move(parser.handler()).take();
}

}  // namespace bailey::codec
