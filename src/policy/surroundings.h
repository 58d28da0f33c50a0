// Surroundings: what a command would find where it begins: programs, files, its home.
//
// Commands are judged by what their names mean in the cage that they would run in; only
// who plans that cage knows. Nothing here may run, open or change anything.
// Thread rule: const; one thread unless an implementation says more.
// Does not protect: what is found may change before it runs; the cage is what holds.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bailey::policy {

struct FoundProgram {
  std::string found;  // absolute; the last symlink not followed
  std::string real;   // the file behind it
};

enum class Presence {
  kThere,    // `program` says where
  kMayCome,  // not there, but it could be made at `program.found`
  kNever,    // nothing by that name can be run, now or later in the command
  kUnclear,  // it cannot be said what the name means
};

struct Sighting {
  Presence presence = Presence::kUnclear;
  FoundProgram program;  // kThere, kMayCome
};

enum class Reach { kNothing, kRead, kWrite };

class Surroundings {
 public:
  virtual ~Surroundings() = default;
  // `name` as execvp(3) takes it, with whatever dots it was typed; `directory` absolute. Never
  // throws. kNever of a name with a slash allows nothing by the name alone.
  [[nodiscard]] virtual Sighting find(std::string_view name, std::string_view directory) const = 0;
  // What a command may do with `path` (absolute, without "." and ".."), there or not.
  [[nodiscard]] virtual Reach reach(std::string_view path) const = 0;
  // $HOME and the directory in which the command begins; absolute.
  [[nodiscard]] virtual std::string_view home() const = 0;
  [[nodiscard]] virtual std::string_view directory() const = 0;
  // Variables that were asked for with the command, beside those of the policy.
  [[nodiscard]] virtual std::span<const std::pair<std::string, std::string>> given() const {
    return {};
  }
};

}  // namespace bailey::policy
