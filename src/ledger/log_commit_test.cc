#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/fakes.h"
#include "ledger/fakes.h"
#include "ledger/log.h"
#include "test_disk.h"

namespace bailey::ledger {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class LogCommitTest : public ::testing::Test {
 protected:
  std::unique_ptr<Log> must_open() {
    auto log = Log::open(scratch_.open(), "test.example/log", keys_.log, clock_, options_, report_);
    EXPECT_TRUE(log.has_value()) << log.error().message;
    return log ? *std::move(log) : nullptr;
  }

  test::ScratchDir scratch_;
  FakeClock clock_;
  TestKeys keys_;
  LogOptions options_{.segment_bytes = 256U << 10};
  OpenReport report_;
};

// Holds up whoever commits it until another thread had time to queue behind.
class SlowDraft final : public Draft {
 public:
  Status write(std::uint64_t, Bytes& out) override {
    writing_.store(true);
    std::this_thread::sleep_for(milliseconds(100));
    out.push_back('s');
    return {};
  }
  void wait_until_written() const {
    while (!writing_.load()) std::this_thread::yield();
  }

 private:
  std::atomic<bool> writing_{false};
};

// A thread whose entry was the only one of a commit that another thread led slept on until
// its own patience, a second, was over.
TEST_F(LogCommitTest, LoneFollower_IsWokenWhenItsEntryIsDurable) {
  const auto log = must_open();
  auto shortest = steady_clock::duration::max();
  for (int i = 0; i < 3; ++i) {
    SlowDraft slow;
    std::jthread leader([&] { ASSERT_TRUE(log->append(slow)); });
    slow.wait_until_written();
    const auto begin = steady_clock::now();
    ASSERT_TRUE(log->append(as_bytes("alone in its batch")));
    shortest = std::min(shortest, steady_clock::now() - begin);
  }
  EXPECT_LT(shortest, milliseconds(900));
}

// Makes its proof while the disk is at work.
class BusyDraft final : public Draft {
 public:
  explicit BusyDraft(Log& log) : log_(log) {}
  Status write(std::uint64_t, Bytes& out) override {
    out.push_back('b');
    return {};
  }
  bool has_work_meanwhile() const override { return true; }
  void on_its_way(const Appended& signed_under) override {
    ++calls_;
    early_ = signed_under;
    proof_ = log_.proof(signed_under.index, signed_under.head.size, ProofFrom::kMemory);
  }
  int calls() const { return calls_; }
  const Appended& early() const { return early_; }
  const Result<std::vector<merkle::Hash>>& proof() const { return proof_; }

 private:
  Log& log_;
  int calls_ = 0;
  Appended early_;
  Result<std::vector<merkle::Hash>> proof_;
};

TEST_F(LogCommitTest, LoneEntry_LearnsItsHeadWhileTheDiskIsAtWork) {
  const auto log = must_open();
  for (std::uint64_t i = 0; i < 300; ++i) {
    BusyDraft draft(*log);
    const auto appended = log->append(draft);
    ASSERT_TRUE(appended);
    ASSERT_EQ(draft.calls(), 1);
    EXPECT_EQ(draft.early().index, appended->index);
    EXPECT_EQ(draft.early().leaf_hash, appended->leaf_hash);
    EXPECT_EQ(draft.early().head.root, appended->head.root);
    EXPECT_EQ(draft.early().head.signature, appended->head.signature);
    ASSERT_TRUE(draft.proof());
    EXPECT_TRUE(merkle::verify_inclusion(i, i + 1, appended->leaf_hash, *draft.proof(),
                                         appended->head.root));
  }
}

// A leader that works for everybody of its batch would let all of them wait.
TEST_F(LogCommitTest, EntriesOfOneCommit_DoTheirWorkThemselves) {
  const auto log = must_open();
  SlowDraft slow;
  BusyDraft first(*log);
  BusyDraft second(*log);
  {
    std::jthread leader([&] { ASSERT_TRUE(log->append(slow)); });
    slow.wait_until_written();
    std::jthread a([&] { ASSERT_TRUE(log->append(first)); });
    std::jthread b([&] { ASSERT_TRUE(log->append(second)); });
  }
  EXPECT_EQ(first.calls(), 0);
  EXPECT_EQ(second.calls(), 0);
}

}  // namespace
}  // namespace bailey::ledger
