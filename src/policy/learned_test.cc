#include "policy/learned.h"

#include <gtest/gtest.h>

#include "policy/compiled_policy.h"

namespace bailey::policy {
namespace {

using Strings = std::vector<std::string>;

class Learned : public testing::Test {
 protected:
  LearnedFiles learn(const std::vector<FileUseSeen>& seen, Collapse collapse = Collapse::kNo,
                     const Files* before = nullptr) {
    return learned_files(seen, rules, scene, collapse, before);
  }
  static FileUseSeen read(std::string path) { return {std::move(path), FileUse::kRead}; }
  static FileUseSeen write(std::string path) { return {std::move(path), FileUse::kWrite}; }

  CompiledPolicy policy = *CompiledPolicy::from_source(R"(version: 1
files:
  read: ["/usr/**", "/etc/**", "~/.ssh/**", "~/.cargo/**"]
  write: ["./**", "/var/cache/x/**"]
  hide: ["/etc/shadow"]
)");
  FileScene scene{.home = "/home/u", .workspace = "/home/u/w"};
  FileRules rules = *FileRules::create(policy.policy(), scene);
};

TEST_F(Learned, EachFileBecomesAPlaceAndNothingMore) {
  const auto files = learn({read("/usr/bin/cat"), read("/usr/lib/../lib/libc.so.6"),
                            read("/usr/bin/cat"), read("/home/u/.cargo/config.toml")});
  EXPECT_EQ(files.read, (Strings{"/usr/bin/cat", "/usr/lib/libc.so.6", "~/.cargo/config.toml"}));
  EXPECT_TRUE(files.write.empty());
  EXPECT_TRUE(files.left_out.empty());
}

TEST_F(Learned, WhatIsWrittenOpensItsFolder) {
  const auto files = learn(
      {write("/home/u/w/build/a.o"), write("/home/u/w/build/sub/b.o"), write("/var/cache/x/y")});
  EXPECT_EQ(files.write, (Strings{"./build/**", "/var/cache/x/**"}));
  EXPECT_EQ(learn({write("/home/u/w/out")}).write, Strings{"./**"});
}

TEST_F(Learned, TheWorkspaceAndWhatEveryCageHasNeedNoPlace) {
  const auto files = learn(
      {read("/home/u/w/src/a.c"), write("/tmp/x"), read("/dev/null"), read("/proc/self/maps")});
  EXPECT_TRUE(files.read.empty());
  EXPECT_TRUE(files.write.empty());
}

TEST_F(Learned, SensitivePlacesAreLeftToAPerson) {
  const auto files = learn({read("/home/u/.ssh/config"), read("/usr/bin/ls")});
  EXPECT_EQ(files.read, Strings{"/usr/bin/ls"});
  ASSERT_EQ(files.left_out.size(), 1U);
  EXPECT_EQ(files.left_out.front().first, "/home/u/.ssh/config");
}

TEST_F(Learned, NothingThatThePolicyRefusesIsLearned) {
  const auto files = learn({read("/etc/shadow"), read("/root/x"), write("/usr/bin/ls")});
  EXPECT_TRUE(files.read.empty());
  EXPECT_TRUE(files.write.empty());
}

TEST_F(Learned, CollapsingJoinsFoldersAndNeverTheWholeSystem) {
  std::vector<FileUseSeen> seen;
  for (const char* folder :
       {"/usr/lib/py/a/", "/usr/lib/py/b/", "/usr/lib/py/c/", "/usr/bin/", "/etc/"})
    for (const char* name : {"1", "2", "3", "4"}) seen.push_back(read(std::string(folder) + name));
  const auto files = learn(seen, Collapse::kYes);
  EXPECT_EQ(files.read,
            (Strings{"/etc/1", "/etc/2", "/etc/3", "/etc/4", "/usr/bin/**", "/usr/lib/py/**"}));
}

TEST_F(Learned, MergingKeepsWhatWasThere) {
  const auto before = *CompiledPolicy::from_source(
      "version: 1\nfiles: {read: [\"/opt/x/**\"], write: [\"./out/**\"]}\n");
  const auto files = learn({read("/usr/bin/ls"), read("/opt/x/y"), write("/home/u/w/out/z")},
                           Collapse::kNo, &before.policy().files);
  EXPECT_EQ(files.read, (Strings{"/opt/x/**", "/usr/bin/ls"}));
  EXPECT_EQ(files.write, Strings{"./out/**"});
}

TEST_F(Learned, ADeceptiveNameIsNotWritten) {
  const auto files = learn({read("/usr/share/a\nb"), read("/usr/share/\xE2\x80\xAEx")});
  EXPECT_TRUE(files.read.empty());
  EXPECT_EQ(files.left_out.size(), 2U);
}

}  // namespace
}  // namespace bailey::policy
