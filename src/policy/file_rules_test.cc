// What the lists of `files` say about one path.
#include "policy/file_rules.h"

#include <gtest/gtest.h>

#include "policy/chain.h"

namespace bailey::policy {
namespace {

constexpr const char* kLists = R"(version: 1
files:
  read: ["/usr/**", "/etc/**", "/srv/data", "~/.cargo/**", "docs/frozen/**"]
  write: ["./**", "~/out/**", "/srv/one.txt", "/var/cache/x/**", "~/out/deep/**"]
  hide: ["/etc/shadow*", "**/.env", "~/.cargo/credentials*", "secrets/**", "/usr/**/id_?", "./a/*/b"]
)";

struct Scene {
  explicit Scene(const std::string& text = kLists, FileScene where = {"/home/ada", "/home/ada/ws"})
      : policy(*parse_policy(text)), rules(*FileRules::create(policy, where)) {}

  [[nodiscard]] std::string say(std::string_view path, FileUse use = FileUse::kRead) const {
    const auto decision = rules.decide(path, use);
    const bool allows = decision.decision == model::Decision::kAllow;
    return std::string(allows ? "+" : "-") + std::string(name(decision.ground)) +
           (decision.rule == nullptr ? "" : " " + decision.rule->text);
  }
  [[nodiscard]] std::string write(std::string_view path) const {
    return say(path, FileUse::kWrite);
  }
  [[nodiscard]] std::string remove(std::string_view path) const {
    return say(path, FileUse::kDelete);
  }

  Policy policy;
  FileRules rules;
};

TEST(FileRules, WhatNothingLists_IsRefused) {
  const Scene scene;
  for (const char* path : {"/", "/root/x", "/home/ada", "/home/ada/.ssh/id_rsa", "/usrlocal",
                           "/srv", "/srv/data2", "/home/ada/ws2/x", "/sys/kernel", "/boot"})
    EXPECT_EQ(scene.say(path), "-not_listed") << path;
}

TEST(FileRules, AnEmptyPolicyShowsTheWorkspaceForReadingOnly) {
  const Scene scene("version: 1\n");
  EXPECT_EQ(scene.say("/home/ada/ws/x"), "+workspace");
  EXPECT_EQ(scene.write("/home/ada/ws/x"), "-read_only");
  EXPECT_EQ(scene.remove("/home/ada/ws/x"), "-read_only");
  EXPECT_EQ(scene.say("/usr/bin/ls"), "-not_listed");
}

constexpr const char* kAsks = R"(version: 1
files:
  read: ["/usr/**", "~/shelf/open/**"]
  write: ["./**"]
  hide: ["~/shelf/never/**", "/home/**/*.key"]
  ask:
    - {id: shelf, path: "~/shelf/**", reason: what the team keeps}
    - {id: plans, path: "~/shelf/plans/**"}
    - {id: env, path: .env}
    - {id: scratch, path: "/tmp/kept/**"}
)";

TEST(FileRules, AnAskIsStrongerThanTheListsAndWeakerThanHiding) {
  const Scene scene(kAsks);
  const auto read = [&](std::string_view path) {
    const auto said = scene.rules.decide(path, FileUse::kRead);
    return std::string(said.decision == model::Decision::kAsk     ? "?"
                       : said.decision == model::Decision::kAllow ? "+"
                                                                  : "-") +
           std::string(name(said.ground)) + (said.ask == nullptr ? "" : " " + said.ask->id);
  };
  EXPECT_EQ(read("/home/ada/shelf/a"), "?asked shelf");
  EXPECT_EQ(read("/home/ada/shelf/open/a"), "?asked shelf") << "also where a list shows it";
  EXPECT_EQ(read("/home/ada/shelf/plans/a"), "?asked plans") << "the deepest decides";
  EXPECT_EQ(read("/home/ada/shelf/never/a"), "-hidden");
  EXPECT_EQ(read("/home/ada/shelf/a.key"), "-hidden");
  EXPECT_EQ(read("/home/ada/shelf2"), "-not_listed");
  EXPECT_EQ(read("/home/ada/ws/.env"), "?asked env");
  EXPECT_EQ(read("/home/ada/ws/.env2"), "+listed");
  EXPECT_EQ(read("/tmp/kept/a"), "?asked scratch");
  EXPECT_EQ(read("/tmp/other"), "+cage");
  EXPECT_EQ(scene.write("/home/ada/ws/.env"), "-asked .env") << "for reading only";
  EXPECT_EQ(scene.remove("/home/ada/ws/.env"), "-asked .env");
}

TEST(FileRules, WhatBaileyHides_IsNeverAskedFor) {
  const Scene scene(
      "version: 1\nfiles: {ask: [{id: own, path: '~/.bailey/**'}, {id: home, path: '~/**'}]}\n",
      {"/home/ada", "/srv/ws", model::WorkspaceAccess::kReadWrite, {"/home/ada/.bailey"}});
  EXPECT_EQ(scene.say("/home/ada/.bailey/keys"), "-hidden");
}

TEST(FileRules, TheEntryThatDecidesIsNamed) {
  const Scene scene;
  EXPECT_EQ(scene.say("/usr/bin/ls"), "+listed /usr/**");
  EXPECT_EQ(scene.say("/usr"), "+listed /usr/**");
  EXPECT_EQ(scene.say("/srv/data/deep/x"), "+listed /srv/data");
  EXPECT_EQ(scene.write("/usr/bin/ls"), "-read_only /usr/**");
  EXPECT_EQ(scene.write("/home/ada/out/x"), "+listed ~/out/**");
  EXPECT_EQ(scene.write("/home/ada/ws/x"), "+listed ./**");
  EXPECT_EQ(scene.say("/etc/shadow-"), "-hidden /etc/shadow*");
  const auto decision = scene.rules.decide("/etc/shadow", FileUse::kRead);
  ASSERT_NE(decision.rule, nullptr);
  EXPECT_EQ(decision.rule->origin.mark.line, 5U);
}

TEST(FileRules, WritingImpliesReading) {
  EXPECT_EQ(Scene().say("/srv/one.txt"), "+listed /srv/one.txt");
}

TEST(FileRules, TheDeepestPlaceDecides) {
  const Scene scene;
  EXPECT_EQ(scene.write("/home/ada/ws/docs/x"), "+listed ./**");
  EXPECT_EQ(scene.write("/home/ada/ws/docs/frozen/x"), "-read_only docs/frozen/**");
  // A writable place above does not make the workspace writable: the cage mounts it apart.
  const Scene above("version: 1\nfiles: {write: [\"~/**\"]}\n");
  EXPECT_EQ(above.write("/home/ada/x"), "+listed ~/**");
  EXPECT_EQ(above.write("/home/ada/ws/x"), "-read_only");
}

TEST(FileRules, HidingWinsForWhatLiesBelowToo) {
  const Scene scene;
  for (const char* path :
       {"/etc/shadow", "/home/ada/ws/.env", "/home/ada/ws/a/b/.env/x", "/home/ada/ws/secrets",
        "/home/ada/ws/secrets/k", "/home/ada/.cargo/credentials.toml", "/usr/id_a", "/usr/x/y/id_b",
        "/home/ada/ws/a/anything/b/c"}) {
    EXPECT_TRUE(scene.say(path).starts_with("-hidden")) << path;
    EXPECT_TRUE(scene.write(path).starts_with("-hidden")) << path;
    EXPECT_TRUE(scene.remove(path).starts_with("-hidden")) << path;
  }
  for (const char* path : {"/etc/shado", "/home/ada/ws/.envrc", "/home/ada/ws/xsecrets", "/usr/id_",
                           "/usr/id_ab", "/home/ada/ws/a/b", "/home/ada/ws/a/x/y/b"})
    EXPECT_TRUE(scene.say(path).starts_with("+")) << path;
}

TEST(FileRules, HidingEverythingHidesEverything) {
  const Scene scene("version: 1\nfiles: {read: [\"/usr/**\"], hide: [\"/**\"]}\n");
  EXPECT_EQ(scene.say("/usr/bin/ls"), "-hidden /**");
  EXPECT_EQ(scene.say("/home/ada/ws"), "-hidden /**");
}

TEST(FileRules, BaileysOwnHomeIsHiddenWhateverIsListed) {
  const Scene scene("version: 1\nfiles: {read: [\"~/**\"], write: [\"~/state/**\"]}\n",
                    {"/home/ada",
                     "/home/ada/ws",
                     model::WorkspaceAccess::kReadWrite,
                     {"/home/ada/state/bailey"}});
  EXPECT_EQ(scene.write("/home/ada/state/x"), "+listed ~/state/**");
  EXPECT_EQ(scene.say("/home/ada/state/bailey/keys/ledger"), "-hidden");
}

TEST(FileRules, TheProjectsRulesAndBaileysProgramsStayReadOnly) {
  const Scene scene(kLists, {"/home/ada",
                             "/home/ada/ws",
                             model::WorkspaceAccess::kReadWrite,
                             {},
                             {"/home/ada/ws/build/bin", "/elsewhere"}});
  EXPECT_TRUE(scene.write("/home/ada/ws/.bailey/policy.yaml").starts_with("-read_only"));
  EXPECT_TRUE(scene.write("/home/ada/ws/.bailey").starts_with("-read_only"));
  EXPECT_TRUE(scene.write("/home/ada/ws/build/bin/bailey").starts_with("-read_only"));
  EXPECT_TRUE(scene.say("/home/ada/ws/build/bin/bailey").starts_with("+"));
  EXPECT_TRUE(scene.write("/home/ada/ws/build/x").starts_with("+"));
  EXPECT_EQ(scene.say("/elsewhere"), "-not_listed");
}

TEST(FileRules, AReadOnlyRunWritesNothingInTheWorkspace) {
  const Scene scene("version: 1\nfiles: {write: [\"./**\", \"out/**\", \"~/out/**\"]}\n",
                    {"/home/ada", "/home/ada/ws", model::WorkspaceAccess::kReadOnly});
  EXPECT_EQ(scene.write("/home/ada/ws/x"), "-read_only");
  EXPECT_EQ(scene.write("/home/ada/ws/out/x"), "-read_only");
  EXPECT_EQ(scene.write("/home/ada/out/x"), "+listed ~/out/**");
}

TEST(FileRules, WithoutAHome_TheTildeNamesNothing) {
  const Scene scene(kLists, {"", "/home/ada/ws"});
  EXPECT_EQ(scene.say("/.cargo/bin/x"), "-not_listed");
  EXPECT_EQ(scene.say("/home/ada/.cargo/bin/x"), "-not_listed");
  EXPECT_EQ(scene.write("/home/ada/ws/x"), "+listed ./**");
}

TEST(FileRules, APlaceItselfCannotBeDeleted) {
  const Scene scene;
  EXPECT_EQ(scene.remove("/home/ada/ws/x"), "+listed ./**");
  EXPECT_EQ(scene.remove("/home/ada/ws"), "-mounted ./**");
  EXPECT_EQ(scene.remove("/srv/one.txt"), "-mounted /srv/one.txt");
  EXPECT_EQ(scene.remove("/home/ada/out"), "-mounted ~/out/**");
  // Something below is mounted apart, so its directory cannot go.
  EXPECT_EQ(scene.remove("/home/ada/ws/docs"), "-mounted ./**");
  EXPECT_EQ(scene.remove("/home/ada/ws/docs/frozen"), "-read_only docs/frozen/**");
  // Listed again inside a place of the same kind: no mount of its own.
  EXPECT_EQ(scene.remove("/home/ada/out/deep"), "+listed ~/out/deep/**");
}

TEST(FileRules, EveryCageHasItsOwnPlaces) {
  const Scene scene("version: 1\n");
  for (const char* path : {"/tmp", "/tmp/x/y", "/var/tmp/x", "/dev/shm/x", "/dev/null", "/dev/tty",
                           "/dev/stdin", "/dev/stderr", "/dev/fd/3", "/proc/self/fd/3"}) {
    EXPECT_EQ(scene.say(path), "+cage") << path;
    EXPECT_EQ(scene.write(path), "+cage") << path;
  }
  for (const char* path : {"/proc/self/status", "/proc/meminfo", "/run"}) {
    EXPECT_EQ(scene.say(path), "+cage") << path;
    EXPECT_EQ(scene.write(path), "-not_listed") << path;
  }
  for (const char* path : {"/dev/sda", "/dev/fd/x", "/dev/fd/", "/dev/null/x", "/dev/mem", "/run/x",
                           "/dev/tcp/1.2.3.4/80", "/proc/1/root/etc/shadow", "/proc/self/cwd/x",
                           "/proc/self/task/1/exe", "/proc/self/fd/3/x"})
    EXPECT_TRUE(scene.say(path).starts_with("-")) << path;
  EXPECT_EQ(scene.remove("/tmp/x"), "+cage");
  EXPECT_EQ(scene.remove("/tmp"), "-mounted");
  EXPECT_EQ(scene.remove("/dev/null"), "-not_listed");
}

TEST(FileRules, NoEntryOpensWhatTheCageMakesItself) {
  const Scene scene(R"(version: 1
files: {read: ["/dev/**", "/proc/**", "/sys/**", "/run/**", "/**", "/"], write: ["/dev/sda", "/tmp/**"]}
)");
  EXPECT_EQ(scene.write("/dev/sda"), "-not_listed");
  EXPECT_EQ(scene.say("/sys/kernel"), "-not_listed");
  EXPECT_EQ(scene.say("/proc/1/root/etc"), "-not_listed");
  EXPECT_EQ(scene.say("/etc/passwd"), "-not_listed");
  EXPECT_EQ(scene.remove("/tmp"), "-mounted");
}

TEST(FileRules, AWorkspaceInTmpIsAPlaceOfItsOwn) {
  const Scene scene("version: 1\nfiles: {hide: [\"**/.env\"]}\n", {"", "/tmp/ws"});
  EXPECT_EQ(scene.write("/tmp/ws/x"), "-read_only");
  EXPECT_EQ(scene.write("/tmp/x"), "+cage");
  EXPECT_EQ(scene.say("/tmp/ws/.env"), "-hidden **/.env");
  EXPECT_EQ(scene.remove("/tmp/ws"), "-read_only");
}

TEST(FileRules, APathThatIsNotPlain_IsRefused) {
  const Scene scene;
  using std::string_literals::operator""s;
  for (const std::string& path : {""s, "usr"s, "/usr/"s, "//usr"s, "/usr//x"s, "/usr/./x"s,
                                  "/usr/.."s, "/usr/x\0y"s, "/usr/" + std::string(300, 'a'),
                                  "/" + std::string(2100, 'a').replace(1, 1, "/"), "~/.cargo/x"s})
    EXPECT_EQ(scene.say(path), "-not_plain") << path;
}

TEST(FileRules, AWorkspaceThatIsNotPlain_IsAnError) {
  const auto policy = parse_policy(kLists);
  ASSERT_TRUE(policy);
  for (const char* workspace : {"", "ws", "/ws/", "/ws/../x"})
    EXPECT_EQ(FileRules::create(*policy, {"", workspace}).error().code, "files.workspace");
}

TEST(FileRules, AmongManyEntriesTheRightOneIsNamed) {
  std::string text = "version: 1\nfiles:\n  write: [\"./**\"]\n  hide:\n";
  for (int i = 0; i < 4096; ++i) text += "    - \"**/name" + std::to_string(i) + "/x*\"\n";
  const Scene scene(text);
  EXPECT_EQ(scene.say("/home/ada/ws/a/name4095/xy"), "-hidden **/name4095/x*");
  EXPECT_EQ(scene.say("/home/ada/ws/name7/a/name0/xy"), "-hidden **/name0/x*");
  EXPECT_EQ(scene.say("/home/ada/ws/a/name4095/y"), "+listed ./**");
}

TEST(FileRules, AHostilePatternEndsInANo) {
  std::string pattern;
  for (int i = 0; i < 700; ++i) pattern += "**/a/";
  const Scene scene("version: 1\nfiles: {write: [\"./**\"], hide: [\"" + pattern + "b\"]}\n");
  std::string path = "/home/ada/ws";
  for (int i = 0; i < 1500; ++i) path += "/a";
  EXPECT_EQ(scene.say(path), "-hidden");
  EXPECT_EQ(scene.say("/home/ada/ws/a/a/a"), "+listed ./**");
}

}  // namespace
}  // namespace bailey::policy
