#include "effect/process/cage_view.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/name_pattern.h"
#include "effect/process/fake_host_files.h"
#include "effect/process/hidden_paths.h"
#include "effect/process/worktree.h"

namespace bailey::effect::process {
namespace {

FakeHostFiles a_host() {
  FakeHostFiles host;
  host.add("/usr/bin", FileKind::kDirectory)
      .add("/bin", FileKind::kSymlink, "/usr/bin")
      .add("/etc/shadow", FileKind::kRegular)
      .add("/etc/hosts", FileKind::kRegular)
      .add("/home/ann/project/src", FileKind::kDirectory)
      .add("/home/ann/project/.env", FileKind::kRegular)
      .add("/home/ann/project/src/.env", FileKind::kRegular)
      .add("/home/ann/.ssh/id", FileKind::kRegular)
      .add("/home/ann/.cargo/bin", FileKind::kDirectory)
      .program("/usr/bin/make")
      .program("/usr/bin/mawk")
      .program("/home/ann/project/tool")
      .program("/home/ann/.cargo/bin/cargo")
      .add("/usr/bin/awk", FileKind::kSymlink, "/usr/bin/mawk");
  return host;
}

ViewRequest a_request() {
  ViewRequest request;
  request.rules.read = {"/usr/**", "/bin", "/etc/**", "/opt/**"};
  request.rules.hide = {"/etc/shadow"};
  request.workspace = "/home/ann/project";
  return request;
}

TEST(CageView, SeesOnlyWhatRulesName) {
  const auto host = a_host();
  const auto view = plan_view(a_request(), host).value();
  EXPECT_TRUE(is_visible(view, "/usr/bin/make"));
  EXPECT_TRUE(is_visible(view, "/home/ann/project/src"));
  EXPECT_FALSE(is_visible(view, "/home/ann/.ssh/id"));
  EXPECT_FALSE(is_visible(view, "/home/ann"));
  EXPECT_FALSE(is_visible(view, "/etc/shadow"));
  EXPECT_FALSE(is_visible(view, "/usrx"));
  EXPECT_FALSE(is_visible(view, "/opt"));  // the host has none
  EXPECT_FALSE(is_visible(view, "/run"));
}

TEST(CageView, ALinkShowsTheFileBehindItOnlyWhenThatIsShownToo) {
  auto host = a_host();
  host.add("/usr/bin/key", FileKind::kSymlink, "/home/ann/.ssh/id")
      .add("/usr/bin/pass", FileKind::kSymlink, "/etc/shadow");
  auto request = a_request();
  const auto view_of = [&](std::vector<std::string> read) {
    request.rules.read = std::move(read);
    return plan_view(request, host).value();
  };
  const auto source_at = [](const CageView& view, const std::string& target) -> std::string {
    for (const auto& each : view.views)
      if (each.target == target) return each.source;
    return "";
  };
  const auto both = view_of({"/usr/bin/awk", "/usr/bin/mawk"});
  EXPECT_EQ(source_at(both, "/usr/bin/awk"), "/usr/bin/mawk");
  const auto alone = view_of({"/usr/bin/awk"});
  EXPECT_EQ(source_at(alone, "/usr/bin/awk"), "");
  EXPECT_FALSE(alone.notes.empty());
  EXPECT_EQ(source_at(view_of({"/usr/bin/key"}), "/usr/bin/key"), "");
  EXPECT_EQ(source_at(view_of({"/usr/bin/pass", "/etc/**"}), "/usr/bin/pass"), "");
  // Within a folder that is shown it stays the link that it is.
  EXPECT_EQ(source_at(view_of({"/usr/**", "/usr/bin/key"}), "/usr/bin/key"), "");
}

TEST(CageView, NoRules_MeansOnlyTheWorkspace) {
  auto request = a_request();
  request.rules = {};
  const auto view = plan_view(request, a_host()).value();
  ASSERT_EQ(view.views.size(), 1U);
  EXPECT_EQ(view.views[0].target, "/home/ann/project");
}

TEST(CageView, RefusesWorkspacesThatHoldTheSystem) {
  auto request = a_request();
  for (const auto* place : {"/", "/usr", "/etc", "/home", "/proc/1", "/dev", "relative", "/a/../b",
                            "/home/ann/missing", "/etc/hosts", ""}) {
    request.workspace = place;
    const auto view = plan_view(request, a_host());
    ASSERT_FALSE(view.has_value()) << place;
    EXPECT_EQ(view.error().code, "run.workspace") << place;
  }
}

TEST(CageView, UnreadableWorkspace_IsRefused) {
  auto host = a_host();
  host.close("/home/ann/project");
  EXPECT_EQ(plan_view(a_request(), host).error().code, "run.workspace");
}

TEST(CageView, HiddenWorkspace_IsAnErrorNotAnEmptyCage) {
  auto request = a_request();
  request.rules.hide.emplace_back("/home/ann/**");
  EXPECT_EQ(plan_view(request, a_host()).error().code, "run.workspace");
}

TEST(CageView, HomeOfBailey_IsHiddenEvenInsideTheWorkspace) {
  auto host = a_host();
  host.add("/home/ann/project/state/keys", FileKind::kDirectory);
  auto request = a_request();
  request.always_hidden = {"/home/ann/project/state"};
  const auto view = plan_view(request, host).value();
  EXPECT_FALSE(is_visible(view, "/home/ann/project/state/keys"));
}

TEST(CageView, HomeOfBailey_ThatIsNamedThroughALinkIsHiddenUnderItsOwnName) {
  auto host = a_host();
  host.add("/home/ann/project/state/keys", FileKind::kDirectory);
  host.add("/home/ann/link", FileKind::kSymlink, "/home/ann/project/state");
  auto request = a_request();
  request.always_hidden = {"/home/ann/link"};
  const auto view = plan_view(request, host).value();
  EXPECT_FALSE(is_visible(view, "/home/ann/project/state/keys"));
}

TEST(CageView, OwnPrograms_AreReadOnlyInsideTheWorkspace) {
  auto host = a_host();
  host.add("/home/ann/project/build/bin", FileKind::kDirectory);
  auto request = a_request();
  request.always_read_only = {"/home/ann/project/build/bin"};
  const auto view = plan_view(request, host).value();
  const auto own = std::find_if(view.views.begin(), view.views.end(), [](const View& place) {
    return place.target == "/home/ann/project/build/bin";
  });
  ASSERT_NE(own, view.views.end());
  EXPECT_EQ(own->access, Access::kReadOnly);
}

TEST(CageView, OpeningTheWholeRoot_IsRefused) {
  auto request = a_request();
  for (const auto* rule : {"/**", "/", "/us*/**", "", "usr/**", "/usr/../etc/**"}) {
    request.rules.read = {rule};
    EXPECT_EQ(plan_view(request, a_host()).error().code, "files.pattern") << rule;
  }
}

TEST(HiddenPaths, GlobsReachEveryDepth) {
  auto request = a_request();
  request.rules.hide = {"/home/ann/project/**/.env", "/etc/sh*"};
  const auto view = plan_view(request, a_host()).value();
  EXPECT_EQ(view.hidden, (std::vector<std::string>{"/etc/shadow", "/home/ann/project/.env",
                                                   "/home/ann/project/src/.env"}));
}

TEST(HiddenPaths, SymlinkToASecret_HidesTheSecret) {
  auto host = a_host();
  host.add("/home/ann/project/link", FileKind::kSymlink, "/etc/hosts");
  auto request = a_request();
  request.rules.hide = {"/home/ann/project/link"};
  const auto view = plan_view(request, host).value();
  EXPECT_FALSE(is_visible(view, "/etc/hosts"));
}

TEST(HiddenPaths, NameMatch_IsNotExponential) {
  EXPECT_TRUE(name_matches("*.key", "a.b.key"));
  EXPECT_TRUE(name_matches("id_*", "id_"));
  EXPECT_FALSE(name_matches("id_?", "id_"));
  EXPECT_FALSE(name_matches("", "a"));
  EXPECT_FALSE(name_matches("*a*a*a*a*a*a*a*a*b", std::string(255, 'a')));
}

TEST(Worktree, IsOpenedOnlyWhenTheRepositoryPointsBack) {
  auto host = a_host();
  host.add("/home/ann/repo/.git/HEAD", FileKind::kRegular)
      .add("/home/ann/repo/.git/objects", FileKind::kDirectory)
      .add("/home/ann/repo/.git/refs", FileKind::kDirectory)
      .add("/home/ann/repo/.git/worktrees/p/gitdir", FileKind::kRegular, "/home/ann/project/.git\n")
      .add("/home/ann/repo/.git/worktrees/p/commondir", FileKind::kRegular, "/home/ann/repo/.git\n")
      .add("/home/ann/project/.git", FileKind::kRegular,
           "gitdir: /home/ann/repo/.git/worktrees/p\n");
  EXPECT_EQ(git_directory_outside("/home/ann/project", host), "/home/ann/repo/.git");
  const auto view = plan_view(a_request(), host).value();
  EXPECT_TRUE(is_visible(view, "/home/ann/repo/.git/objects"));
  EXPECT_FALSE(is_visible(view, "/home/ann/repo/src"));

  // A forged pointer names a place that does not point back.
  host.add("/home/ann/project/.git", FileKind::kRegular, "gitdir: /home/ann/.ssh\n");
  EXPECT_EQ(git_directory_outside("/home/ann/project", host), "");
  EXPECT_FALSE(is_visible(plan_view(a_request(), host).value(), "/home/ann/.ssh/id"));
}

TEST(FindProgram, ResolvesLikeExecvp_InsideTheCage) {
  const auto host = a_host();
  const auto view = plan_view(a_request(), host).value();
  const auto find = [&](const std::string& name, const std::string& path) {
    return find_program(name, path, "/home/ann/project", view, host);
  };
  EXPECT_EQ(find("awk", "/bin:/usr/bin")->found, "/usr/bin/awk");
  EXPECT_EQ(find("awk", "/bin:/usr/bin")->real, "/usr/bin/mawk");
  EXPECT_EQ(find("./tool", "/usr/bin")->real, "/home/ann/project/tool");
  EXPECT_EQ(find("tool", ".:/usr/bin").error().code, "run.not_found");
  EXPECT_EQ(find("cargo", "/usr/bin:/home/ann/.cargo/bin").error().code, "run.hidden");
  EXPECT_EQ(find("/etc/hosts", "").error().code, "run.not_executable");
  EXPECT_EQ(find("/etc/shadow", "").error().code, "run.hidden");
  EXPECT_EQ(find("", "/usr/bin").error().code, "run.not_found");
}

}  // namespace
}  // namespace bailey::effect::process
