#include "policy/shell/options.h"

namespace bailey::policy::shell {
namespace {

enum class Takes : std::uint8_t { kNothing, kArgument, kAttached };

struct Entry {
  std::string_view name;  // with its dashes
  Takes takes = Takes::kNothing;
  char act = 0;
};

constexpr std::string_view kActs = "!@#%>*^$.~&";

// Takes the next entry off the front of `grammar`.
bool next_entry(std::string_view& grammar, Entry& entry) {
  const std::size_t begin = grammar.find_first_not_of(' ');
  if (begin == std::string_view::npos) return false;
  grammar.remove_prefix(begin);
  const std::size_t end = std::min(grammar.find(' '), grammar.size());
  std::string_view text = grammar.substr(0, end);
  grammar.remove_prefix(end);
  entry = Entry{};
  if (text == "-#") {
    entry.name = text;
    return true;
  }
  if (text.size() > 1 && kActs.find(text.back()) != std::string_view::npos) {
    entry.act = text.back();
    text.remove_suffix(1);
  }
  if (text.ends_with(':') || text.ends_with('=')) {
    entry.takes = Takes::kArgument;
    text.remove_suffix(1);
  } else if (text.ends_with('?')) {
    entry.takes = Takes::kAttached;
    text.remove_suffix(1);
  }
  entry.name = text;
  return true;
}

bool find_entry(std::string_view grammar, std::string_view name, Entry& found) {
  while (next_entry(grammar, found))
    if (found.name == name) return true;
  return false;
}

// A long option of which `name` is a prefix, and that does something.
bool find_acting_prefix(std::string_view grammar, std::string_view name, Entry& found) {
  while (next_entry(grammar, found))
    if (found.act != 0 && found.name.starts_with("--") && found.name.starts_with(name)) return true;
  return false;
}

bool acts(std::string_view grammar) {
  Entry entry;
  while (next_entry(grammar, entry))
    if (entry.act != 0) return true;
  return false;
}

// The argument that is attached: what of the word lies behind its first `size` bytes.
Value rest_of(const Value& word, std::size_t size) {
  Value value = word;
  value.word.text.erase(0, size);
  value.traits = kNoTraits;
  value.variable = {};
  return value;
}

class Scanner {
 public:
  Scanner(std::string_view grammar, std::span<const Value> argv, Strictness strictness, Order order)
      : grammar_(grammar),
        argv_(argv),
        strict_(strictness == Strictness::kStrict),
        words_(strictness == Strictness::kLooseWords),
        order_(order),
        acts_(acts(grammar)) {}

  OptionScan scan(std::size_t from) {
    scan_.operand = argv_.size();
    std::size_t i = from;
    while (i < argv_.size() && scan_.known && !ended_) {
      const Value& word = argv_[i];
      const std::string_view text = word.word.text;
      if (word.is("--")) {
        operands(i + 1);
        break;
      }
      Entry entry;
      const bool dashed = text.starts_with('-') && (text.size() > 1 || !word.is_literal() ||
                                                    find_entry(grammar_, "-", entry));
      if (!dashed) {
        if (word.may_be_option() && !word.is_literal() && (strict_ || acts_)) {
          scan_.known = false;
          break;
        }
        if (order_ == Order::kStopAtOperand) {
          scan_.operand = i;
          break;
        }
        scan_.operands.push_back(static_cast<std::uint32_t>(i));
        ++i;
        continue;
      }
      i = option(i);
      if (ended_) scan_.operand = i;
    }
    return std::move(scan_);
  }

 private:
  void operands(std::size_t from) {
    if (order_ == Order::kStopAtOperand) {
      scan_.operand = from;
      return;
    }
    for (std::size_t i = from; i < argv_.size(); ++i)
      scan_.operands.push_back(static_cast<std::uint32_t>(i));
  }

  void unknown() { scan_.known = false; }

  void use(const Entry& entry, Value value) {
    ended_ = ended_ || entry.act == '#' || entry.act == '~';
    if (entry.act != 0) scan_.uses.push_back({entry.act, entry.name, std::move(value)});
  }

  // Uses the option that ended with word i; its argument is the next word.
  std::size_t use_with_next(const Entry& entry, std::size_t i) {
    if (i + 1 >= argv_.size()) {
      if (strict_ || entry.act != 0) unknown();
      return i + 1;
    }
    if (argv_[i + 1].word.many) {
      unknown();
      return i + 1;
    }
    use(entry, argv_[i + 1]);
    return i + 2;
  }

  std::size_t option(std::size_t i) {
    const Value& word = argv_[i];
    const std::string_view text = word.word.text;
    const bool literal = word.is_literal();
    if (word.word.kind == WordKind::kPattern) return pattern(i);
    const std::size_t equals = text.find('=');
    const bool has_equals = equals != std::string_view::npos;
    const std::string_view name = has_equals ? text.substr(0, equals) : text;
    const bool is_long = text.starts_with("--");
    Entry entry;
    if (!is_long && name.size() > 2 && find_entry(grammar_, name, entry)) {
      // One dash and a long name.
    } else if (!is_long && (!words_ || name.size() <= 2)) {
      return cluster(i);
    } else if (!is_long) {
      if (!literal && acts_) unknown();
      return i + 1;
    } else if (!find_entry(grammar_, name, entry)) {
      // A longer grammar of which this one is no prefix: "--pre-glob" is not "--pre".
      if (strict_ || (!literal && !has_equals) ||
          (find_acting_prefix(grammar_, name, entry) && acts_)) {
        if (strict_ || acts_) unknown();
      }
      return i + 1;
    }
    if (!literal && !has_equals) {
      unknown();
      return i + 1;
    }
    if (has_equals) {
      if (entry.takes == Takes::kNothing) {
        if (strict_ || entry.act != 0) unknown();
        return i + 1;
      }
      use(entry, rest_of(word, equals + 1));
      return i + 1;
    }
    if (entry.takes == Takes::kArgument) return use_with_next(entry, i);
    use(entry, literal_value({}));
    return i + 1;
  }

  // -x*: the pattern's fixed beginning would have to name an option with an argument.
  std::size_t pattern(std::size_t i) {
    if (strict_ || acts_) unknown();
    return i + 1;
  }

  std::size_t cluster(std::size_t i) {
    const Value& word = argv_[i];
    const std::string_view text = word.word.text;
    Entry entry;
    if (text == "-" && word.is_literal()) {
      find_entry(grammar_, "-", entry);
      use(entry, literal_value({}));
      return i + 1;
    }
    if (text.size() > 1 && text[1] >= '0' && text[1] <= '9' && find_entry(grammar_, "-#", entry))
      return i + 1;
    for (std::size_t at = 1; at < text.size(); ++at) {
      const char letter[] = {'-', text[at]};
      if (!find_entry(grammar_, std::string_view(letter, 2), entry)) {
        if (strict_) {
          unknown();
          return i + 1;
        }
        continue;
      }
      if (entry.takes == Takes::kNothing) {
        use(entry, literal_value({}));
        continue;
      }
      // Behind letters that are not known, this one may be an argument of theirs, too.
      if (!strict_ && at > 1 && at + 1 < text.size() && entry.act != '>') {
        if (entry.act != 0) unknown();
        continue;
      }
      if (at + 1 < text.size() || !word.is_literal()) {
        if (at + 1 >= text.size() && word.word.many) unknown();
        use(entry, rest_of(word, at + 1));
        return i + 1;
      }
      if (entry.takes == Takes::kAttached) {
        use(entry, literal_value({}));
        return i + 1;
      }
      return use_with_next(entry, i);
    }
    if (!word.is_literal() && (strict_ || acts_)) unknown();
    return i + 1;
  }

  std::string_view grammar_;
  std::span<const Value> argv_;
  bool strict_;
  bool words_;
  bool ended_ = false;
  Order order_;
  bool acts_;
  OptionScan scan_;
};

}  // namespace

OptionScan scan_options(std::string_view grammar, std::span<const Value> argv, std::size_t from,
                        Strictness strictness, Order order) {
  return Scanner(grammar, argv, strictness, order).scan(from);
}

}  // namespace bailey::policy::shell
