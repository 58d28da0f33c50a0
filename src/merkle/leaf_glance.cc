#include "merkle/leaf_glance.h"

#include <bit>
#include <cstring>

namespace bailey::merkle {
namespace {

constexpr unsigned kMaxGlancedDepth = 16;  // of the body; far below parse_leaf()'s own bound
constexpr std::size_t kMaxDigits = 15;     // any such integer is below 2^53
constexpr std::size_t kBootBytes = 36;
constexpr std::string_view kTimeShape = "0000-00-00T00:00:00.000000000Z";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
int hex_value(char c) noexcept { return is_digit(c) ? c - '0' : c - 'a' + 10; }

// Of eight bytes: the high bit of the first one that may not stand in a plain string is the
// lowest one set (a borrow reaches later bytes only).
std::uint64_t not_plain(std::uint64_t eight) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const auto zero = [](std::uint64_t x) { return (x - kOnes) & ~x; };
  const std::uint64_t control = (eight - kOnes * 0x20U) & ~eight;
  return (eight | control | zero(eight ^ (kOnes * '"')) | zero(eight ^ (kOnes * '\\'))) & kHigh;
}

// Every step says whether the text goes on as asked; once false, all is over.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept
      : at_(text.data()), end_(text.data() + text.size()) {}

  bool done() const noexcept { return at_ == end_; }
  bool is(char c) const noexcept { return at_ != end_ && *at_ == c; }
  bool take(char c) noexcept {
    if (!is(c)) return false;
    ++at_;
    return true;
  }
  // Of a length known when compiled: no call to compare.
  template <std::size_t N>
  bool take(const char (&words)[N]) noexcept {
    if (left() < N - 1 || std::memcmp(at_, words, N - 1) != 0) return false;
    at_ += N - 1;
    return true;
  }
  // Exactly `count` bytes, whatever they are.
  std::optional<std::string_view> cut(std::size_t count) noexcept {
    if (left() < count) return std::nullopt;
    const std::string_view part(at_, count);
    at_ += count;
    return part;
  }
  // A string that needs no escape and is ASCII, with its quotes; the text between them.
  std::optional<std::string_view> string() noexcept {
    if (!take('"')) return std::nullopt;
    const char* const begin = at_;
    static_assert(std::endian::native == std::endian::little);
    while (left() >= 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, at_, 8);
      const std::uint64_t found = not_plain(eight);
      if (found != 0) {
        at_ += std::countr_zero(found) / 8;
        break;
      }
      at_ += 8;
    }
    while (at_ != end_ && *at_ >= 0x20 && *at_ != '"' && *at_ != '\\') ++at_;
    const std::string_view text(begin, static_cast<std::size_t>(at_ - begin));
    if (!take('"')) return std::nullopt;
    return text;
  }
  // An integer of at most kMaxDigits digits in its one spelling; its digits.
  std::optional<std::string_view> integer() noexcept {
    const bool negative = take('-');
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    const std::string_view digits(begin, static_cast<std::size_t>(at_ - begin));
    if (digits.empty() || digits.size() > kMaxDigits) return std::nullopt;
    if (digits[0] == '0' && (digits.size() > 1 || negative)) return std::nullopt;
    if (is('.') || is('e') || is('E')) return std::nullopt;
    return digits;
  }
  bool value(unsigned depth) noexcept {
    if (done()) return false;
    switch (*at_) {
      case '"':
        return string().has_value();
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case 't':
        return take("true");
      case 'f':
        return take("false");
      case 'n':
        return take("null");
      default:
        return integer().has_value();
    }
  }
  // The next member's name, which must lie behind `before`, up to its colon.
  std::optional<std::string_view> name(std::optional<std::string_view> before) noexcept {
    if (before && !take(',')) return std::nullopt;
    const auto found = string();
    if (!found || (before && *found <= *before) || !take(':')) return std::nullopt;
    return found;
  }

 private:
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  bool object(unsigned depth) noexcept {
    if (depth == kMaxGlancedDepth || !take('{')) return false;
    if (take('}')) return true;
    std::optional<std::string_view> before;
    do {
      before = name(before);
      if (!before || !value(depth + 1)) return false;
    } while (!take('}'));
    return true;
  }
  bool array(unsigned depth) noexcept {
    if (depth == kMaxGlancedDepth || !take('[')) return false;
    if (take(']')) return true;
    do {
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  const char* at_;
  const char* end_;
};

std::uint64_t number_of(std::string_view digits) noexcept {
  std::uint64_t number = 0;
  for (const char c : digits) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  return number;
}

// Eight digits at a step. To each byte is added what brings a digit, and each letter from a
// to f, to its high bit; bytes are below 0x80 first, so nothing is carried to the next one.
template <std::size_t N>
bool all_hex(std::string_view text) noexcept {  // of N bytes
  static_assert(N % 8 == 0);
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  std::uint64_t good = kHigh;
  for (std::size_t i = 0; i < N; i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.substr(i, 8).data(), sizeof eight);
    const std::uint64_t low = eight & ~kHigh;
    const std::uint64_t digit = (low + kOnes * (0x80 - '0')) & ~(low + kOnes * (0x7F - '9'));
    const std::uint64_t letter = (low + kOnes * (0x80 - 'a')) & ~(low + kOnes * (0x7F - 'f'));
    good &= (digit | letter) & ~eight;
  }
  return good == kHigh;
}

// {"index":N,"leaf_hash":"<hex>"}
std::optional<IntentRef> glance_at_ref(Scanner& in) {
  IntentRef ref;
  if (!in.take("{\"index\":") || in.is('-')) return std::nullopt;
  const auto index = in.integer();
  if (!index || !in.take(",\"leaf_hash\":\"")) return std::nullopt;
  const auto hex = in.cut(2 * sizeof(Hash));
  if (!hex || !all_hex<2 * sizeof(Hash)>(*hex) || !in.take("\"}")) return std::nullopt;
  ref.index = number_of(*index);
  for (std::size_t i = 0; i < ref.leaf_hash.size(); ++i) {
    ref.leaf_hash[i] =
        static_cast<std::uint8_t>(hex_value((*hex)[2 * i]) * 16 + hex_value((*hex)[2 * i + 1]));
  }
  return ref;
}

// Of an object whose members may be anything plain; `ref` is its "intent".
bool glance_at_body(Scanner& in, std::optional<IntentRef>& ref) {
  if (!in.take('{')) return false;
  if (in.take('}')) return true;
  std::optional<std::string_view> before;
  do {
    before = in.name(before);
    if (!before) return false;
    if (*before == "intent") {
      ref = glance_at_ref(in);
      if (!ref) return false;
    } else if (!in.value(1)) {
      return false;
    }
  } while (!in.take('}'));
  return true;
}

bool is_boot(std::string_view text) noexcept {
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  char digits[32];
  const auto copy = [&](std::size_t to, std::size_t from, std::size_t count) {
    std::memcpy(digits + to, text.data() + from, count);
  };
  copy(0, 0, 8);
  copy(8, 9, 4);
  copy(12, 14, 4);
  copy(16, 19, 4);
  copy(20, 24, 12);
  return all_hex<sizeof digits>({digits, sizeof digits});
}

// A time that exists for certain: of the last days of a month it does not say so.
bool is_plain_time(std::string_view text) noexcept {
  unsigned wrong = 0;
  const auto two = [&](std::size_t at) {
    const auto tens = static_cast<unsigned>(static_cast<unsigned char>(text[at] - '0'));
    const auto ones = static_cast<unsigned>(static_cast<unsigned char>(text[at + 1] - '0'));
    wrong |= static_cast<unsigned>(tens > 9) | static_cast<unsigned>(ones > 9);
    return tens * 10 + ones;
  };
  const unsigned year = two(0) * 100 + two(2);
  const unsigned month = two(5);
  const unsigned day = two(8);
  const unsigned hour = two(11);
  const unsigned minute = two(14);
  const unsigned second = two(17);
  for (const std::size_t at : {20U, 22U, 24U, 26U, 27U}) (void)two(at);
  for (const std::size_t at : {4U, 7U, 10U, 13U, 16U, 19U, 29U}) {
    wrong |= static_cast<unsigned>(text[at] != kTimeShape[at]);
  }
  const unsigned sure = month == 2 ? 28 : 30;
  return wrong == 0 && year > 1678 && year < 2261 && month >= 1 && month <= 12 && day >= 1 &&
         day <= sure && hour <= 23 && minute <= 59 && second <= 59;
}

bool fits(const LeafGlance& leaf) noexcept {
  if (leaf.type == LeafType::kKey) return false;  // of another version
  if (leaf.intent) return leaf.type != LeafType::kIntent && leaf.intent->index < leaf.index;
  return leaf.type != LeafType::kOutcome && leaf.type != LeafType::kInterrupted &&
         leaf.type != LeafType::kEvents;
}

}  // namespace

std::optional<LeafGlance> glance_at_leaf(ByteView bytes) {
  if (bytes.empty() || bytes.size() > kMaxLeafBytes || bytes[0] != kLeafVersion) return {};
  Scanner in(as_text(bytes.subspan(1)));
  LeafGlance leaf;
  if (!in.take("{\"body\":") || !glance_at_body(in, leaf.intent)) return {};
  if (!in.take(",\"boot\":\"")) return {};
  const auto boot = in.cut(kBootBytes);
  if (!boot || !is_boot(*boot) || !in.take("\",\"index\":") || in.is('-')) return {};
  const auto index = in.integer();
  if (!index || !in.take(",\"mono\":\"") || in.is('-')) return {};
  leaf.index = number_of(*index);
  const auto mono = in.integer();
  if (!mono || !in.take("\",\"nonce\":\"")) return {};
  const auto nonce = in.cut(2 * sizeof(Nonce));
  if (!nonce || !all_hex<2 * sizeof(Nonce)>(*nonce) || !in.take("\",\"parent\":\"")) return {};
  if (!in.is('"')) {
    const auto parent = in.cut(2 * sizeof(Hash));
    if (!parent || !all_hex<2 * sizeof(Hash)>(*parent)) return {};
  }
  if (!in.take("\",\"time\":\"")) return {};
  const auto time = in.cut(kTimeShape.size());
  if (!time || !is_plain_time(*time) || !in.take("\",\"type\":")) return {};
  const auto type_name = in.string();
  const auto type = type_name ? leaf_type(*type_name) : std::nullopt;
  if (!type || !in.take(",\"v\":1}") || !in.done()) return {};
  leaf.type = *type;
  if (!fits(leaf)) return {};
  return leaf;
}

Result<LeafGlance> look_at_leaf(ByteView bytes) {
  if (const auto glance = glance_at_leaf(bytes)) return *glance;
  const auto leaf = BAILEY_TRY(parse_leaf(bytes));
  const auto intent = BAILEY_TRY(intent_of(leaf));
  return LeafGlance{leaf.type, leaf.index, intent};
}

}  // namespace bailey::merkle
