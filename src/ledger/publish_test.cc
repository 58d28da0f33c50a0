#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/fakes.h"
#include "ledger/fakes.h"
#include "ledger/log.h"
#include "ledger/published_for_test.h"
#include "test_disk.h"

namespace bailey::ledger {
namespace {

// Entries of changing length, so that a file written over another is seldom as long.
std::string text_of(std::uint64_t i) {
  return "entry " + std::to_string(i) + std::string(static_cast<std::size_t>(i * 7919 % 900), '.');
}

class PublishTest : public ::testing::Test {
 protected:
  std::unique_ptr<Log> must_open() {
    auto log = Log::open(scratch_.open(), "test.example/log", keys_.log, clock_, {}, report_);
    EXPECT_TRUE(log.has_value()) << log.error().message;
    return log ? *std::move(log) : nullptr;
  }
  void append(Log& log, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
      const auto appended = log.append(as_bytes(text_of(i)));
      ASSERT_TRUE(appended) << appended.error().message;
      ASSERT_EQ(appended->index, i);
    }
  }
  void expect_published(std::uint64_t size) {
    const auto verifier =
        merkle::NoteVerifier::create("test.example/log", keys_.log.public_key()).value();
    const auto found = check_published(scratch_.open(), verifier);
    ASSERT_TRUE(found) << size << ": " << found.error().message;
    EXPECT_EQ(found->size, size);
  }
  std::filesystem::path path(const std::string& name) const {
    return std::filesystem::path(scratch_.path()) / name;
  }
  ino_t inode(const std::string& name) const {
    struct stat found{};
    EXPECT_EQ(::stat(path(name).c_str(), &found), 0) << name;
    return found.st_ino;
  }

  test::ScratchDir scratch_;
  FakeClock clock_;
  TestKeys keys_;
  OpenReport report_;
};

// What processes of one intent and one outcome each leave behind, over two full tiles.
TEST_F(PublishTest, ShortLives_EachLeaveAWholePublishedLog) {
  for (std::uint64_t size = 0; size < 600; size += 2) {
    const auto log = must_open();
    append(*log, size, size + 1);
    if (size % 6 != 0) log->prepare_publish();
    append(*log, size + 1, size + 2);
    ASSERT_TRUE(log->close());
    expect_published(size + 2);
  }
}

TEST_F(PublishTest, OddSteps_EachLeaveAWholePublishedLog) {
  for (std::uint64_t size = 0, step = 1; size < 1100; size += step, step = step * 5 % 37) {
    const auto log = must_open();
    append(*log, size, size + step - 1);
    log->prepare_publish();
    append(*log, size + step - 1, size + step);
    ASSERT_TRUE(log->close());
    expect_published(size + step);
  }
}

TEST_F(PublishTest, WhatIsWrittenAhead_LeavesThePublishedLogAlone) {
  {
    const auto log = must_open();
    append(*log, 0, 40);
  }
  const auto log = must_open();
  append(*log, 40, 41);
  log->prepare_publish();
  EXPECT_TRUE(std::filesystem::exists(path("tile/entries/000.p/42"))) << "nothing was prepared";
  expect_published(40);
}

TEST_F(PublishTest, WhatIsWrittenAhead_IsWorthlessAfterAnotherEntry) {
  const auto log = must_open();
  append(*log, 0, 5);
  log->prepare_publish();
  append(*log, 5, 7);
  ASSERT_TRUE(log->publish());
  expect_published(7);
  // And for a size that somebody else published meanwhile.
  log->prepare_publish();
  {
    const auto other = must_open();
    append(*other, 7, 8);
    ASSERT_TRUE(other->publish());
    expect_published(8);
  }
  append(*log, 8, 9);
  ASSERT_TRUE(log->close());
  expect_published(9);
}

TEST_F(PublishTest, WhatIsWrittenAhead_WaitsForTheLastOne) {
  const auto log = must_open();
  const auto other = must_open();
  append(*log, 0, 1);
  log->prepare_publish();
  EXPECT_FALSE(std::filesystem::exists(path("tile")));
  append(*other, 1, 2);
  ASSERT_TRUE(other->close());
  EXPECT_FALSE(std::filesystem::exists(path("checkpoint")));
  ASSERT_TRUE(log->close());
  expect_published(2);
}

// A log that grows by two entries a process must not make and remove two files each time.
TEST_F(PublishTest, PartialFilesOfAFullTile_ServeTheNextTile) {
  const auto grow = [&](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t size = from; size < to; size += 2) append(*must_open(), size, size + 2);
  };
  grow(0, 254);
  const auto hashes = inode("tile/0/000.p/100");
  const auto entries = inode("tile/entries/000.p/100");
  grow(254, 256);
  EXPECT_FALSE(std::filesystem::exists(path("tile/0/000.p")));
  grow(256, 356);
  EXPECT_EQ(inode("tile/0/001.p/100"), hashes);
  EXPECT_EQ(inode("tile/entries/001.p/100"), entries);
  expect_published(356);
  // Past the edge at once: the partial of the next tile is there before the folders change
  // places, and is the one that stays.
  grow(356, 510);
  append(*must_open(), 510, 515);
  expect_published(515);
  EXPECT_FALSE(std::filesystem::exists(path("tile/0/001.p")));
  EXPECT_FALSE(std::filesystem::exists(path("tile/entries/001.p")));
  EXPECT_EQ(inode("tile/0/002.p/100"), hashes);
  grow(515, 613);
  expect_published(613);
}

TEST_F(PublishTest, AForeignThingInThePlaceOfATile_IsRefusedNotFollowed) {
  {
    const auto log = must_open();
    append(*log, 0, 3);
  }
  const auto outside = path("outside");
  std::ofstream(outside) << "mine";
  std::filesystem::create_symlink(outside, path("tile/0/000.p/5"));
  const auto log = must_open();
  append(*log, 3, 5);
  EXPECT_FALSE(log->close());
  std::ifstream in(outside);
  std::string text;
  std::getline(in, text);
  EXPECT_EQ(text, "mine");
  expect_published(3);
}

}  // namespace
}  // namespace bailey::ledger
