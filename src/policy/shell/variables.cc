#include "policy/shell/variables.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

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

Traits special_traits(std::string_view name) noexcept {
  for (const Special& special : kSpecials)
    if (special.name == name) return special.traits;
  return kNoTraits;
}

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

// Traits only ever fall, so each variable is looked at again at most as often as it has
// traits to lose: linear in the sources, however long the chains.
void Variables::settle() {
  struct Dependent {
    std::uint32_t entry;
    Traits needed;
  };
  std::unordered_map<std::string_view, std::uint32_t> places;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) places.emplace(entries_[i].name, i);
  std::vector<std::vector<Dependent>> dependents(entries_.size());
  std::vector<std::uint32_t> fallen;
  const auto lose = [&](Dependent dependent, Traits left) {
    Entry& entry = entries_[dependent.entry];
    const auto kept = static_cast<Traits>(entry.traits & ~(dependent.needed & ~left));
    if (kept == entry.traits) return;
    entry.traits = kept;
    fallen.push_back(dependent.entry);
  };
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    for (const TraitSource& source : entries_[i].sources) {
      const Dependent dependent{i, source.needed};
      const auto place = places.find(source.name);
      if (place == places.end()) {
        lose(dependent, holds_ ? special_traits(source.name) : Traits{kNoTraits});
      } else {
        dependents[place->second].push_back(dependent);
        lose(dependent, traits_of(entries_[place->second]));
      }
    }
  }
  while (!fallen.empty()) {
    const std::uint32_t place = fallen.back();
    fallen.pop_back();
    for (const Dependent dependent : dependents[place]) lose(dependent, traits_of(entries_[place]));
  }
}

Traits Variables::traits_of(const Entry& entry) const noexcept {
  return holds_ && entry.count > 0 ? entry.traits : Traits{kNoTraits};
}

Traits Variables::traits(std::string_view name) const noexcept {
  if (const Entry* entry = find(name)) return traits_of(*entry);
  return holds_ ? special_traits(name) : Traits{kNoTraits};
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
