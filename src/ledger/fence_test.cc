#include "ledger/fence.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "base/fakes.h"
#include "crypto/hash.h"
#include "ledger/fakes.h"
#include "ledger/log.h"
#include "test_disk.h"

namespace bailey::ledger {
namespace {

namespace fs = std::filesystem;

Remembered something() {
  Remembered out;
  out.turn = 7;
  out.epoch = 3;
  out.place = 0x0123456789abcdef;
  out.head.size = 70'000;
  out.head.root = merkle::Hash{1, 2, 3};
  out.head.key_id = 0xa1b2c3d4;
  out.head.signature[63] = 9;
  out.stopped = FenceFault::kForked;
  out.other_size = 69'999;
  out.other_root = merkle::Hash{4, 5};
  return out;
}

TEST(FenceSlot, RoundTripsAndNoBitOfItMayChange) {
  const Digest log{42};
  const Bytes bytes = fence_slot(something(), log);
  ASSERT_EQ(bytes.size(), 256U);
  const auto parsed = parse_fence_slot(bytes, log);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(fence_slot(*parsed, log), bytes);
  EXPECT_FALSE(parse_fence_slot(bytes, Digest{43}));
  const std::size_t used = 8 + 4 * 8 + 32 + 4 + 4 + 64 + 32 + 8 + 32 + 4;
  for (std::size_t bit = 0; bit < used * 8; ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(parse_fence_slot(flipped, log)) << bit;
  }
  for (std::size_t cut = 0; cut < used; ++cut) {
    EXPECT_FALSE(parse_fence_slot(ByteView(bytes).first(cut), log)) << cut;
  }
}

class FenceTest : public ::testing::Test {
 protected:
  FenceTest() { fs::create_directory(path("ledger")), fs::create_directory(path("fence")); }

  [[nodiscard]] std::string path(const std::string& name) const {
    return disk_.path() + "/" + name;
  }

  Result<std::unique_ptr<Log>> open(const std::string& folder = "ledger") {
    second_.emplace(app::World::open(path("fence")));
    LogOptions options;
    options.segment_bytes = 256U << 10;
    options.second_place = &*second_;
    OpenReport report;
    return Log::open(app::World::open(path(folder)), "log.example", keys_.log, clock_, options,
                     report);
  }

  // Appends in a Log of its own, which is closed then.
  std::string append(int count, const std::string& text = "entry") {
    auto log = open();
    if (!log) return std::string(log.error().code);
    for (int i = 0; i < count; ++i) {
      const auto appended = (*log)->append(as_bytes(text + std::to_string(++written_)));
      if (!appended) return std::string(appended.error().code);
    }
    return (*log)->close() ? "" : "close";
  }

  // The content of a folder put back into it, so that the folder itself stays the same one.
  void save(const std::string& folder, const std::string& as) {
    fs::copy(path(folder), path(as), fs::copy_options::recursive);
  }
  void restore(const std::string& folder, const std::string& from) {
    for (const auto& entry : fs::directory_iterator(path(folder))) fs::remove_all(entry);
    fs::copy(path(from), path(folder), fs::copy_options::recursive);
  }

  test::ScratchDir disk_;
  TestKeys keys_;
  FakeClock clock_;
  std::optional<Dir> second_;
  int written_ = 0;
};

// Does something while its own head is written and not yet on disk.
class MeanwhileDraft final : public Draft {
 public:
  explicit MeanwhileDraft(std::function<void()> act) : act_(std::move(act)) {}
  Status write(std::uint64_t, Bytes& out) override {
    out.push_back('m');
    return {};
  }
  bool has_work_meanwhile() const override { return true; }
  void on_its_way(const Appended&) override { act_(); }

 private:
  std::function<void()> act_;
};

TEST_F(FenceTest, WhatIsOnDiskIsKnownThoughALargerHeadIsOnItsWay) {
  ASSERT_EQ(append(3), "");
  auto writer = *open();
  auto reader = *open();
  std::vector<std::uint64_t> seen;
  for (int i = 0; i < 3; ++i) {
    MeanwhileDraft draft([&] { seen.push_back(reader->head()->size); });
    ASSERT_TRUE(writer->append(draft));
  }
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{3, 4, 5}));
  EXPECT_FALSE(reader->fence_fault());
}

TEST_F(FenceTest, AnOlderCopyOfTheLogIsReadAndSignsNothing) {
  ASSERT_EQ(append(3), "");
  save("ledger", "old");
  ASSERT_EQ(append(2), "");
  restore("ledger", "old");
  auto log = *open();
  ASSERT_TRUE(log->fence_fault());
  EXPECT_EQ(log->fence_fault()->code, "ledger.rolled_back");
  EXPECT_EQ(log->append(as_bytes("x")).error().code, "ledger.rolled_back");
  EXPECT_EQ(log->publish().error().code, "ledger.rolled_back");
  EXPECT_EQ(log->head()->size, 3U);
  EXPECT_TRUE(log->entry(2));
  ASSERT_TRUE(log->close());
  // Without the second place nothing would be noticed: the control of this test.
  OpenReport report;
  auto blind =
      *Log::open(app::World::open(path("ledger")), "log.example", keys_.log, clock_, {}, report);
  EXPECT_TRUE(blind->append(as_bytes("x")));
}

TEST_F(FenceTest, AnotherTreeOfTheSameSizeIsAFork) {
  ASSERT_EQ(append(3), "");
  save("ledger", "old");
  save("fence", "old-fence");
  ASSERT_EQ(append(2, "one"), "");
  save("fence", "new-fence");
  restore("ledger", "old");
  restore("fence", "old-fence");
  ASSERT_EQ(append(2, "other"), "");
  restore("fence", "new-fence");
  EXPECT_EQ(append(1), "ledger.forked");
  // And the same when the other tree has grown past it.
  restore("fence", "old-fence");
  ASSERT_EQ(append(4), "");
  restore("fence", "new-fence");
  EXPECT_EQ(append(1), "ledger.forked");
}

TEST_F(FenceTest, ACopyOfTheFolderSignsNothingAndTheOneItWasMadeOfGoesOn) {
  ASSERT_EQ(append(3), "");
  save("ledger", "copy");
  auto copy = *open("copy");
  ASSERT_TRUE(copy->fence_fault());
  EXPECT_EQ(copy->append(as_bytes("x")).error().code, "ledger.forked");
  copy.reset();
  EXPECT_EQ(append(1), "");
  fs::rename(path("ledger"), path("moved"));
  fs::rename(path("moved"), path("ledger"));
  EXPECT_EQ(append(1), "");
}

TEST_F(FenceTest, ASecondPlaceThatIsGoneOrRottenSignsNothing) {
  ASSERT_EQ(append(3), "");
  save("fence", "kept");
  fs::remove(path("fence/head"));
  EXPECT_EQ(append(1), "ledger.fence");
  std::ofstream(path("fence/head")) << std::string(8192, 'x');
  EXPECT_EQ(append(1), "ledger.fence");
  restore("fence", "kept");
  EXPECT_EQ(append(1), "");
}

TEST_F(FenceTest, OneTornSlotIsTheOtherOne) {
  ASSERT_EQ(append(4), "");
  const auto file = path("fence/head");
  for (const int at : {0, 4096}) {
    save("fence", "whole");
    std::fstream torn(file, std::ios::in | std::ios::out | std::ios::binary);
    torn.seekp(at + 100);
    torn << "torn";
    torn.close();
    EXPECT_EQ(append(1), "") << at;
    fs::remove_all(path("whole"));
  }
}

TEST_F(FenceTest, ALogThatIsAheadOfItsSecondPlaceGoesOn) {
  ASSERT_EQ(append(3), "");
  save("fence", "behind");
  ASSERT_EQ(append(700), "");  // several segments later
  restore("fence", "behind");
  EXPECT_EQ(append(1), "");
}

TEST_F(FenceTest, AWriterThatRunsOnIsStoppedWhenAnotherAnchorsAnew) {
  ASSERT_EQ(append(3), "");
  auto running = *open();
  ASSERT_TRUE(running->append(as_bytes("before")));
  auto other = *open();
  ASSERT_TRUE(other->stop_signing(FenceFault::kForked, 4, merkle::Hash{1}));
  EXPECT_EQ(running->append(as_bytes("after")).error().code, "ledger.forked");
  TestDraft draft("anchored", Mark::kNone);
  ASSERT_TRUE(other->re_anchor(draft));
  EXPECT_FALSE(running->append(as_bytes("after")));
  EXPECT_TRUE(other->append(as_bytes("goes on")));
}

TEST_F(FenceTest, ReAnchoringIsOneEntryAndOneEpochMore) {
  ASSERT_EQ(append(3), "");
  save("ledger", "old");
  ASSERT_EQ(append(2), "");
  restore("ledger", "old");
  {
    auto log = *open();
    TestDraft draft("anchored", Mark::kNone);
    const auto appended = log->re_anchor(draft);
    ASSERT_TRUE(appended);
    EXPECT_EQ(appended->index, 3U);
    EXPECT_EQ(log->epoch(), 1U);
    EXPECT_FALSE(log->fence_fault());
    EXPECT_TRUE(log->append(as_bytes("more")));
    EXPECT_TRUE(log->is_given_up(5));
    EXPECT_FALSE(log->is_given_up(6));
  }
  auto log = *open();
  EXPECT_FALSE(log->fence_fault());
  EXPECT_EQ(log->epoch(), 1U);
  EXPECT_TRUE(log->is_given_up(5));
  EXPECT_EQ(log->head()->size, 5U);
}

TEST_F(FenceTest, ConsistencyIsProvenBetweenAnyTwoSizes) {
  ASSERT_EQ(append(600), "");
  auto log = *open();
  for (const std::uint64_t second : {1U, 2U, 255U, 256U, 257U, 511U, 600U}) {
    for (const std::uint64_t first : {0U, 1U, 3U, 128U, 256U, 300U, 599U, 600U}) {
      const auto proof = log->consistency(first, second);
      ASSERT_EQ(proof.has_value(), first <= second) << first << " " << second;
      if (!proof) continue;
      EXPECT_TRUE(merkle::verify_consistency(first, second, *proof, *log->root_at(first),
                                             *log->root_at(second)));
    }
  }
  EXPECT_EQ(log->consistency(1, 601).error().code, "merkle.range");
  EXPECT_EQ(*log->root_at(600), log->head()->root);
}

}  // namespace
}  // namespace bailey::ledger
