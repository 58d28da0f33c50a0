// FileRules says of a path what the plan of a cage shows: the same lists, read twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "effect/process/cage_view.h"
#include "effect/process/fake_host_files.h"
#include "policy/file_rules.h"
#include "policy/paths.h"

namespace bailey::cli {
namespace {

using effect::process::Access;
using effect::process::CageView;
using effect::process::FakeHostFiles;
using policy::FileUse;

constexpr const char* kHome = "/home/ada";
constexpr const char* kWorkspace = "/home/ada/ws";

bool is_under(const std::string& path, const std::string& directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

// The slow, obvious reading of a planned view: the deepest view, unless something hides it.
int access_in(const CageView& view, const std::string& path) {
  if (!is_visible(view, path)) return 0;
  const effect::process::View* deepest = nullptr;
  for (const auto& each : view.views)
    if (is_under(path, each.target) &&
        (deepest == nullptr || each.target.size() >= deepest->target.size()))
      deepest = &each;
  return deepest->access == Access::kReadWrite ? 2 : 1;
}

int access_by(const policy::FileRules& rules, const std::string& path) {
  const auto allows = [&](FileUse use) {
    return rules.decide(path, use).decision == model::Decision::kAllow;
  };
  return allows(FileUse::kWrite) ? 2 : allows(FileUse::kRead) ? 1 : 0;
}

// A host of directories two names wide and three deep in four places.
std::vector<std::string> host_paths() {
  std::vector<std::string> paths;
  for (const std::string& base :
       {std::string("/srv"), std::string("/opt"), std::string(kHome), std::string(kWorkspace)}) {
    paths.push_back(base);
    for (const char* one : {"a", "b"}) {
      paths.push_back(base + "/" + one);
      for (const char* two : {"a", "key", "a-b"}) {
        paths.push_back(base + "/" + one + "/" + two);
        for (const char* three : {"x", "key"})
          paths.push_back(base + "/" + one + "/" + two + "/" + three);
      }
    }
  }
  return paths;
}

TEST(PolicyPlaces, TheListsMeanWhatTheCageMakesOfThem) {
  FakeHostFiles host;
  const auto paths = host_paths();
  for (const auto& path : paths) host.add(path, effect::process::FileKind::kDirectory);

  std::mt19937 random(20261121);
  const auto pick = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  const std::vector<std::string> hides = {"**/key",  "/srv/a/**",    "/opt/*/a", "a/key",
                                          "~/b/*-?", "/srv/?/key/x", "**/a/x",   "./b/**/key"};
  std::size_t compared = 0;
  std::size_t seen[3] = {};
  for (int round = 0; round < 300; ++round) {
    policy::Policy policy;
    effect::process::ViewRequest request;
    request.workspace = kWorkspace;
    request.access = model::WorkspaceAccess::kReadOnly;
    const auto place = [&] {
      std::string text = paths[pick(paths.size())];
      if (is_under(text, kWorkspace) && text != kWorkspace && pick(2) == 0)
        text = text.substr(std::string(kWorkspace).size() + 1);
      return pick(2) == 0 ? text + "/**" : text;
    };
    for (std::size_t i = pick(5); i-- > 0;) policy.files.read.push_back({place(), {}});
    for (std::size_t i = pick(4); i-- > 0;) policy.files.write.push_back({place(), {}});
    if (pick(2) == 0) policy.files.write.push_back({"./**", {}});
    for (std::size_t i = pick(3); i-- > 0;)
      policy.files.hide.push_back({hides[pick(hides.size())], {}});
    for (std::size_t i = pick(3); i-- > 0;)
      policy.files.ask.push_back({"ask-" + std::to_string(i), {place(), {}}, ""});

    // As run_plan.cc asks for a view.
    for (const auto& entry : policy.files.read)
      request.rules.read.push_back(policy::expand_path(entry.text, kHome, kWorkspace));
    for (const auto& entry : policy.files.write) {
      const auto path = policy::expand_path(entry.text, kHome, kWorkspace);
      if (path == kWorkspace || path == std::string(kWorkspace) + "/**")
        request.access = model::WorkspaceAccess::kReadWrite;
      else
        request.rules.write.push_back(path);
    }
    for (const auto& entry : policy.files.hide)
      request.rules.hide.push_back(policy::expand_path(entry.text, kHome, kWorkspace));
    // What is asked about is not seen until then.
    for (const auto& ask : policy.files.ask)
      request.rules.hide.push_back(policy::expand_path(ask.place.text, kHome, kWorkspace));

    const auto view = plan_view(request, host);
    if (!view) continue;  // a pattern hid the workspace itself
    const auto rules = policy::FileRules::create(policy, {kHome, kWorkspace});
    ASSERT_TRUE(rules);
    for (const auto& path : paths) {
      const int planned = access_in(*view, path);
      ++compared;
      ++seen[planned];
      EXPECT_EQ(access_by(*rules, path), planned) << path << " in round " << round;
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(compared, 10'000U);
  for (const auto count : seen) EXPECT_GT(count, 1'000U);
}

}  // namespace
}  // namespace bailey::cli
