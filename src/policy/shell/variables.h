// Variables: what the line itself gives to its variables, as far as it matters.
//
// Not the values: only traits that hold for every value a variable is ever given in the
// line, wherever that is done, and the one literal value of a variable that is given one
// only once, for certain, at the top. A reading collects them in one run and relies on
// them in the next (reading.h). A variable that the line never sets has no traits: its
// value comes from outside. Internal to policy/shell; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/shell/value.h"

namespace bailey::policy::shell {

// A value that is part of another: these of its traits are then needed.
struct TraitSource {
  std::string name;
  Traits needed;
};

class Variables {
 public:
  // One more value. `literal` with the place where it is set when it is set for certain.
  void add(std::string_view name, Traits traits, const std::vector<TraitSource>& sources,
           std::optional<std::string_view> literal, std::uint32_t offset);
  // Any value at all.
  void add_anything(std::string_view name) { add(name, kNoTraits, {}, std::nullopt, 0); }
  // A number is made of it, as by ((x++)): not its only value, nor its first.
  void change(std::string_view name);

  // Traits that depend on other variables' are settled; call once, when all is added.
  void settle();
  // After settle(). False when the limit on variables was passed: then nothing holds.
  [[nodiscard]] bool holds() const noexcept { return holds_; }
  [[nodiscard]] Traits traits(std::string_view name) const noexcept;
  [[nodiscard]] bool is_set(std::string_view name) const noexcept { return find(name) != nullptr; }
  // The value at `offset`, when there is only one that it can have.
  [[nodiscard]] const std::string* value(std::string_view name,
                                         std::uint32_t offset) const noexcept;
  // Does all that `earlier` promises hold here, too?
  [[nodiscard]] bool keeps(const Variables& earlier) const noexcept;
  // Promises only what both do.
  void merge(const Variables& other);

 private:
  struct Entry {
    std::string name;
    Traits traits = kAllTraits;
    std::vector<TraitSource> sources;
    std::optional<std::string> literal;
    std::uint32_t offset = 0;
    std::uint32_t count = 0;
    bool changed = false;
  };
  [[nodiscard]] const Entry* find(std::string_view name) const noexcept;
  [[nodiscard]] Traits traits_of(const Entry& entry) const noexcept;
  Entry* make(std::string_view name);

  std::vector<Entry> entries_;
  bool holds_ = true;
};

// Variables that the shell itself sets or gives a meaning to: never taken as literal.
[[nodiscard]] bool is_shell_owned(std::string_view name) noexcept;

}  // namespace bailey::policy::shell
