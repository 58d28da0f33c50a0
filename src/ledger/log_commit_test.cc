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

}  // namespace
}  // namespace bailey::ledger
