#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/linear.h"
#include "base/rel_path.h"
#include "test_disk.h"

namespace bailey {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail("test.odd", "odd");
  return value / 2;
}
Result<int> quarter(int value) { return half(BAILEY_TRY(half(value))); }

TEST(Result, Try_ReturnsTheFirstError) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().code, "test.odd");
}

TEST(Live, UseAfterMove_Aborts) {
  Live first;
  Live second = std::move(first);
  second.require("still live");
  EXPECT_DEATH(first.require("moved from"), "invariant broken: moved from");
}

TEST(RelPath, RefusesEveryWayOut) {
  for (const auto* text : {"", "/", "/a", "..", "a/..", "../a", "a//b", "a/", ".", "a/./b"})
    EXPECT_FALSE(RelPath::create(text).has_value()) << text;
  EXPECT_FALSE(RelPath::create(std::string_view("a\0b", 3)).has_value());
  EXPECT_FALSE(RelPath::create(std::string(256, 'x')).has_value());
  EXPECT_FALSE(RelPath::create(std::string(5000, 'x')).has_value());
  EXPECT_TRUE(RelPath::create("a/..b/c.").has_value());
}

TEST(Rfc3339, FormatsEpochBeforeAndBounds) {
  EXPECT_EQ(rfc3339({0}), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339({-1}), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(rfc3339({1'709'164'800'000'000'001}), "2024-02-29T00:00:00.000000001Z");
  EXPECT_EQ(rfc3339({INT64_MAX}).size(), 30U);
}

TEST(Dir, SymlinkCannotLeadOut) {
  test::ScratchDir outside, inside;
  ASSERT_TRUE(outside.open().create_file(RelPath::known("secret"), as_bytes("s"), Sync::kNo));
  ASSERT_EQ(::symlink(outside.path().c_str(), (inside.path() + "/out").c_str()), 0);
  const Dir dir = inside.open();
  // Positive control: the kernel would follow it.
  EXPECT_EQ(::access((inside.path() + "/out/secret").c_str(), R_OK), 0);
  EXPECT_FALSE(dir.read_file(RelPath::known("out/secret"), 10).has_value());
}

TEST(Dir, ReplaceKeepsTheOldFileUntilTheNewIsWhole) {
  test::ScratchDir scratch;
  const Dir dir = scratch.open();
  const auto name = RelPath::known("file");
  ASSERT_TRUE(dir.replace_file(name, as_bytes("one"), Sync::kYes));
  ASSERT_TRUE(dir.replace_file(name, as_bytes("two"), Sync::kYes));
  EXPECT_EQ(dir.read_file(name, 10).value(), "two");
  EXPECT_EQ(dir.list().value(), std::vector<std::string>{"file"});
  EXPECT_EQ(dir.read_file(name, 2).error().code, "disk.too_big");
  EXPECT_EQ(dir.create_file(name, as_bytes("x"), Sync::kNo).error().code, "disk.exists");
}

TEST(Dir, FifoInPlaceOfAFile_DoesNotHang) {
  test::ScratchDir scratch;
  ASSERT_EQ(::mkfifo((scratch.path() + "/f").c_str(), 0600), 0);
  EXPECT_FALSE(scratch.open().read_file(RelPath::known("f"), 10).has_value());
}

}  // namespace
}  // namespace bailey
