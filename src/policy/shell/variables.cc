#include "policy/shell/variables.h"

#include <algorithm>
#include <iterator>

#include "policy/shell/limits.h"

namespace bailey::policy::shell {
namespace {

// What these are when the line does not set them.
struct Special {
  std::string_view name;
  Traits traits;
};
constexpr Special kSpecials[] = {{"!", kNumeric | kNoDash},
                                 {"#", kAllTraits},
                                 {"$", kAllTraits},
                                 {"?", kAllTraits},
                                 {"BASHPID", kAllTraits},
                                 {"COLUMNS", kNumeric | kNoDash},
                                 {"EPOCHSECONDS", kAllTraits},
                                 {"EUID", kAllTraits},
                                 {"HOME", kNoDash},
                                 {"LINENO", kAllTraits},
                                 {"LINES", kNumeric | kNoDash},
                                 {"OPTIND", kAllTraits},
                                 {"PIPESTATUS", kAllTraits},
                                 {"PPID", kAllTraits},
                                 {"PWD", kNoDash},
                                 {"RANDOM", kAllTraits},
                                 {"SECONDS", kAllTraits},
                                 {"SRANDOM", kAllTraits},
                                 {"UID", kAllTraits}};

constexpr std::string_view kOwned[] = {
    "COLUMNS", "COPROC",  "DIRSTACK",   "EPOCHREALTIME", "EPOCHSECONDS", "EUID",    "FUNCNAME",
    "GROUPS",  "HISTCMD", "IFS",        "LINENO",        "LINES",        "MAPFILE", "OLDPWD",
    "OPTARG",  "OPTIND",  "PIPESTATUS", "PPID",          "PWD",          "RANDOM",  "READLINE_LINE",
    "REPLY",   "SECONDS", "SHELLOPTS",  "SHLVL",         "SRANDOM",      "UID",     "_"};
static_assert(std::is_sorted(std::begin(kOwned), std::end(kOwned)));

}  // namespace

bool is_shell_owned(std::string_view name) noexcept {
  return name.starts_with("BASH") || name.starts_with("COMP_") ||
         std::binary_search(std::begin(kOwned), std::end(kOwned), name);
}

const Variables::Entry* Variables::find(std::string_view name) const noexcept {
  for (const Entry& entry : entries_)
    if (entry.name == name) return &entry;
  return nullptr;
}

Variables::Entry* Variables::make(std::string_view name) {
  for (Entry& entry : entries_)
    if (entry.name == name) return &entry;
  if (entries_.size() >= kMaxVariables) {
    holds_ = false;
    return nullptr;
  }
  entries_.emplace_back().name = name;
  return &entries_.back();
}

void Variables::change(std::string_view name) {
  Entry* const entry = make(name);
  if (entry == nullptr) return;
  entry->changed = true;
  entry->literal.reset();
}

void Variables::add(std::string_view name, Traits traits, const std::vector<TraitSource>& sources,
                    std::optional<std::string_view> literal, std::uint32_t offset) {
  Entry* const entry = make(name);
  if (entry == nullptr) return;
  entry->traits &= traits;
  for (const TraitSource& source : sources) {
    if (source.name == name) continue;  // x=$x-y changes nothing by x
    if (entry->sources.size() >= kMaxVariables) {
      entry->traits = kNoTraits;
      break;
    }
    entry->sources.push_back(source);
  }
  ++entry->count;
  if (entry->count == 1 && !entry->changed && literal && !is_shell_owned(name)) {
    entry->literal = *literal;
    entry->offset = offset;
  } else {
    entry->literal.reset();
  }
}

void Variables::settle() {
  // Traits only ever fall, three bits a variable: it ends.
  for (bool changed = true; changed;) {
    changed = false;
    for (Entry& entry : entries_) {
      for (const TraitSource& source : entry.sources) {
        const Traits lost = static_cast<Traits>(source.needed & ~traits(source.name));
        const auto left = static_cast<Traits>(entry.traits & ~lost);
        changed = changed || left != entry.traits;
        entry.traits = left;
      }
    }
  }
}

Traits Variables::traits(std::string_view name) const noexcept {
  if (!holds_) return kNoTraits;
  if (const Entry* entry = find(name)) return entry->count > 0 ? entry->traits : kNoTraits;
  for (const Special& special : kSpecials)
    if (special.name == name) return special.traits;
  return kNoTraits;
}

const std::string* Variables::value(std::string_view name, std::uint32_t offset) const noexcept {
  const Entry* entry = holds_ ? find(name) : nullptr;
  if (entry == nullptr || !entry->literal || offset <= entry->offset) return nullptr;
  return &*entry->literal;
}

bool Variables::keeps(const Variables& earlier) const noexcept {
  if (earlier.holds_ && !holds_) return false;
  for (const Entry& entry : entries_) {
    const Entry* promised = earlier.find(entry.name);
    if (promised == nullptr) return false;
    if ((promised->traits & ~entry.traits) != 0) return false;
    if (promised->count > 0 && entry.count == 0) return false;
    if (promised->literal && (!entry.literal || *entry.literal != *promised->literal)) return false;
  }
  return true;
}

void Variables::merge(const Variables& other) {
  holds_ = holds_ && other.holds_;
  for (const Entry& entry : other.entries_) {
    const bool known = is_set(entry.name);
    Entry* const own = make(entry.name);
    if (own == nullptr) return;
    if (!known) {
      *own = entry;
      continue;
    }
    own->traits &= entry.traits;
    own->changed = own->changed || entry.changed;
    own->count = std::max(own->count, entry.count);
    if (!entry.literal || !own->literal || *entry.literal != *own->literal) own->literal.reset();
  }
}

}  // namespace bailey::policy::shell
