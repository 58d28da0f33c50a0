// Chain: a policy's text and the texts of its parents, found and read in order.
//
// Built-in parents are in the program; files come from a ParentFiles, which sees to it
// that they are the person's own (store/policy_folder.h). Nothing is merged here.
// Thread rule: one thread.
//
// Errors: policy.extends (no such built-in, or no files can be had), policy.extends_cycle,
// policy.extends_depth, and those of whatever reads and parses a document; an error within
// a parent names it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/document.h"

namespace bailey::policy {

inline constexpr std::size_t kMaxParents = 8;

// Files beside a policy. `path` is relative to the policy's folder, plain (RelPath).
class ParentFiles {
 public:
  virtual ~ParentFiles() = default;
  [[nodiscard]] virtual Result<std::string> read(const std::string& path) const = 0;
};

// Of a policy that came without a folder, such as standard input.
class NoParentFiles final : public ParentFiles {
 public:
  [[nodiscard]] Result<std::string> read(const std::string& path) const override;
};

// What a person named.
struct PolicySource {
  std::string name;  // as they know it
  std::string text;
  std::string path = {};               // its own in the folder of `files`; empty when it has none
  const ParentFiles* files = nullptr;  // null: as NoParentFiles
};

struct ProjectSource {
  std::string name;  // ".bailey/policy.yaml"
  std::string text;
};

struct ReadText {
  DocumentInfo info;
  Document document;
  std::string path;  // of a file, relative to the policy's folder; "builtin:NAME"; or empty
};

// Turns one text into a document; a store puts its cache here.
using ReadDocument = std::function<Result<Document>(std::string_view text, const Digest& digest)>;
[[nodiscard]] Result<Document> read_uncached(std::string_view text, const Digest& digest);

// The policy first, then its parents outwards.
[[nodiscard]] Result<std::vector<ReadText>> read_chain(const PolicySource& source,
                                                       const ReadDocument& read);
[[nodiscard]] Result<ReadText> read_project(const ProjectSource& project, const ReadDocument& read);

// spec/policy.md, "Digest": of the policy first, then its parents, then a project's.
[[nodiscard]] Digest chain_digest(const std::vector<ReadText>& chain,
                                  const std::optional<ReadText>& project);

// All of it as one policy.
[[nodiscard]] Result<Policy> merge_chain(std::vector<ReadText> chain,
                                         std::optional<ReadText> project);

}  // namespace bailey::policy
