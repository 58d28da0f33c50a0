// FileRules: what a policy's `files` says about one path, without asking the disk.
//
// The meaning is that of the cage (effect/process/cage_view.h), so that advice given before
// a run and the run itself agree. What nothing lists does not exist in the cage. The deepest
// place that holds the path decides how it may be used; of two entries for one place `write`
// wins. The workspace is a place of its own: readable, writable when `write` names it itself.
// `hide` wins over all of them, for what lies below as well; after it comes `ask`. Every cage has a
// private /tmp, /var/tmp and /dev/shm, an empty /run, its own /proc, and a handful of devices.
//
// Compiled once into a tree of names: a decision walks the components of the path, one
// look-up each, and tries only wildcards that stand where it has come to. A decision that
// would take over 100,000 steps is a no. Borrows the policy, which must outlive it.
// Immutable after create(); any thread.
//
// Does not protect: against symlinks and mounts, or against what is not there. It judges a
// name; whoever knows the real path asks about that one. A place that the host does not have
// is skipped by the cage and still counts here; a repository's git directory outside the
// workspace, which a cage shows for reading, does not. The cage is what enforces.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/process_run.h"
#include "policy/policy.h"

namespace bailey::policy {

enum class FileUse { kRead, kWrite, kDelete };  // kWrite: create, change, truncate

enum class FileGround {
  kListed,     // allowed: `rule` lists a place that holds it
  kWorkspace,  // allowed: it lies in the workspace
  kCage,       // allowed: every cage has its own
  kHidden,     // refused: `rule` hides it; without a rule, Bailey hides it from every cage
  kReadOnly,   // refused: seen, and not to be written; `rule` is what shows it, if one does
  kMounted,    // refused: a place itself cannot be deleted
  kAsked,      // a person is asked when it is opened for reading, else refused: `ask` says so
  kNotListed,  // refused: nothing lists it
  kNotPlain,   // refused: not an absolute path in its plain form
};
[[nodiscard]] std::string_view name(FileGround ground) noexcept;  // "listed", "not_listed", ...

struct FileDecision {
  model::Decision decision = model::Decision::kDeny;
  FileGround ground = FileGround::kNotListed;
  const Listed* rule = nullptr;
  const AskRule* ask = nullptr;  // of kAsked
};

// Where the lists are to be read. Paths are absolute and real.
struct FileScene {
  std::string home;  // of the person; empty: no entry with "~" counts
  std::string workspace;
  model::WorkspaceAccess access = model::WorkspaceAccess::kReadWrite;  // what the run asks for
  std::vector<std::string> hidden = {};     // whatever the lists say: Bailey's own home
  std::vector<std::string> read_only = {};  // inside a writable workspace: Bailey's programs
};

class FileRules {
 public:
  // Errors: files.workspace (not a plain absolute path).
  [[nodiscard]] static Result<FileRules> create(const Policy& policy, const FileScene& scene);

  FileRules(FileRules&&) noexcept = default;
  FileRules& operator=(FileRules&&) noexcept = default;
  FileRules(const FileRules&) = delete;
  FileRules& operator=(const FileRules&) = delete;
  ~FileRules() = default;

  // `path`: absolute, made plain (no ".", "..", empty component); anything else is refused.
  [[nodiscard]] FileDecision decide(std::string_view path, FileUse use) const;

 private:
  enum class Access : std::uint8_t { kRead, kWrite };
  enum class Kind : std::uint8_t { kView, kWorkspace, kCage };
  struct Place {
    std::string path;
    Access access = Access::kRead;
    Kind kind = Kind::kView;
    const Listed* rule = nullptr;
    bool is_mount = true;  // not one that its surroundings make superfluous
  };
  struct Node {
    std::uint32_t parent = 0;
    std::uint32_t place = 0;         // 1 + index into places_
    std::uint32_t any_depth = 0;     // the node of a "**" after this one
    std::uint32_t hides = 0;         // 1 + index into hides_
    std::uint32_t asks = 0;          // 1 + index into asks_
    std::uint32_t mounts_below = 0;  // strictly
    bool repeats = false;            // is the node of a "**"
    std::vector<std::pair<std::string, std::uint32_t>> wildcards;
  };
  using Edge = std::pair<std::uint32_t, std::string_view>;
  struct EdgeLess {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return Edge(a.first, a.second) < Edge(b.first, b.second);
    }
  };

  FileRules() : nodes_(1) {}
  void add_place(Place place);
  void add_views(const Policy& policy, const FileScene& scene);
  void add_cage();
  void add_hidden(const std::string& pattern, const Listed* rule);
  void add_ask(std::string_view place, const AskRule& rule);
  std::uint32_t child(std::uint32_t node, std::string_view name);
  [[nodiscard]] const std::uint32_t* find(std::uint32_t node, std::string_view name) const;
  // The deepest place that holds the path, and the node of the path itself if it has one.
  [[nodiscard]] std::pair<const Place*, const Node*> place_of(std::string_view path) const;
  // The deepest ask that holds the path, and the length of its place; null when none does.
  [[nodiscard]] std::pair<const AskRule*, std::size_t> ask_of(std::string_view path) const;
  // Absent: not hidden. Null: by Bailey itself, or it could not be told in so many steps.
  [[nodiscard]] std::optional<const Listed*> hidden_by(std::string_view path) const;

  std::vector<Node> nodes_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t, EdgeLess> edges_;
  std::vector<Place> places_;
  std::vector<const Listed*> hides_;
  std::vector<const AskRule*> asks_;
};

}  // namespace bailey::policy
