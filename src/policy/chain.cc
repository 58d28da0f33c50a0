#include "policy/chain.h"

#include <algorithm>

#include "codec/text.h"
#include "crypto/hash.h"
#include "policy/defaults.h"
#include "policy/merge.h"

namespace bailey::policy {
namespace {

constexpr std::string_view kDigestContext = "bailey/policy/v1";

// "a.yaml" in the folder of "team/b.yaml" is "team/a.yaml".
std::string beside(const std::string& path, const std::string& name) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? name : path.substr(0, slash + 1) + name;
}

std::string shown(const std::vector<ReadText>& chain, const std::string& next) {
  std::string text;
  for (const auto& each : chain) text += "'" + codec::for_terminal(each.info.name, 100) + "' -> ";
  return text + "'" + codec::for_terminal(next, 100) + "'";
}

struct Parent {
  std::string path;  // also its name
  std::string text;
};

Result<Parent> find_parent(const ReadText& child, const ParentFiles& files) {
  const auto& [name, mark] = *child.document.extends;
  if (name.starts_with(kBuiltinPrefix)) {
    const auto text = builtin_policy(std::string_view(name).substr(kBuiltinPrefix.size()));
    if (!text)
      return fail(
          "policy.extends",
          "policy: extends: there is no policy '" + name + "'" + codec::at_mark(mark),
          "there are builtin:base, builtin:strict, builtin:balanced and builtin:permissive");
    return Parent{name, std::string(*text)};
  }
  const std::string path = beside(child.path, name);
  auto text = files.read(path);
  if (!text) {
    std::string hint = text.error().hint;
    if (builtin_policy(name)) hint = "the built-in policy is written 'builtin:" + name + "'";
    return fail(text.error().code,
                "policy: extends: " + text.error().message + codec::at_mark(mark), hint);
  }
  return Parent{path, *std::move(text)};
}

Error within(const std::string& parent, const Error& error) {
  return {error.code, "in the parent '" + codec::for_terminal(parent, 200) + "': " + error.message,
          error.hint};
}

}  // namespace

Result<std::string> NoParentFiles::read(const std::string& path) const {
  return fail("policy.extends",
              "there is no folder to find '" + codec::for_terminal(path, 200) + "' in",
              "a policy that is not a file extends built-in policies only");
}

Result<Document> read_uncached(std::string_view text, const Digest&) {
  return parse_document(text);
}

Result<std::vector<ReadText>> read_chain(const PolicySource& source, const ReadDocument& read) {
  const NoParentFiles none;
  const ParentFiles& files = source.files == nullptr ? none : *source.files;
  const Digest digest = crypto::sha256(as_bytes(source.text));
  auto own = BAILEY_TRY(read(source.text, digest));
  std::vector<ReadText> chain;
  chain.push_back({{source.name, digest}, std::move(own), source.path});
  while (chain.back().document.extends) {
    auto parent = find_parent(chain.back(), files);
    if (!parent)
      return std::unexpected(chain.size() == 1 ? std::move(parent).error()
                                               : within(chain.back().path, parent.error()));
    const bool seen = std::any_of(chain.begin(), chain.end(),
                                  [&](const ReadText& each) { return each.path == parent->path; });
    if (seen)
      return fail("policy.extends_cycle",
                  "policy: extends goes in a circle: " + shown(chain, parent->path),
                  "one of them has to stand alone");
    if (chain.size() > kMaxParents)
      return fail("policy.extends_depth", "policy: over 8 parents: " + shown(chain, parent->path),
                  "join some of them");
    const Digest of_parent = crypto::sha256(as_bytes(parent->text));
    auto document = read(parent->text, of_parent);
    if (!document) return std::unexpected(within(parent->path, document.error()));
    chain.push_back({{parent->path, of_parent}, *std::move(document), std::move(parent->path)});
  }
  return chain;
}

Result<ReadText> read_project(const ProjectSource& project, const ReadDocument& read) {
  const Digest digest = crypto::sha256(as_bytes(project.text));
  auto document = read(project.text, digest);
  if (!document) {
    const Error& error = document.error();
    return fail(error.code, "in the project's '" + project.name + "': " + error.message,
                error.hint);
  }
  return ReadText{{project.name, digest, Role::kProject}, *std::move(document), ""};
}

Digest chain_digest(const std::vector<ReadText>& chain, const std::optional<ReadText>& project) {
  if (chain.size() == 1 && !project) return chain.front().info.digest;
  Bytes bytes(kDigestContext.begin(), kDigestContext.end());
  bytes.push_back(0);
  const auto add = [&](char role, const Digest& digest) {
    bytes.push_back(static_cast<std::uint8_t>(role));
    bytes.insert(bytes.end(), digest.begin(), digest.end());
  };
  if (project) add('p', project->info.digest);
  for (const auto& each : chain) add('d', each.info.digest);
  return crypto::sha256(bytes);
}

Result<Policy> merge_chain(std::vector<ReadText> chain, std::optional<ReadText> project) {
  Merge merge;
  for (auto each = chain.rbegin(); each != chain.rend(); ++each)
    BAILEY_TRY(merge.apply(std::move(each->document), std::move(each->info)));
  if (project) BAILEY_TRY(merge.apply(std::move(project->document), std::move(project->info)));
  return std::move(merge).finish();
}

}  // namespace bailey::policy
