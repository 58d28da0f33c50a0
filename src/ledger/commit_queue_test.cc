#include "ledger/commit_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace bailey::ledger {
namespace {

Pending a_pending() { return Pending{.draft = nullptr, .space = Space::kOrdinary, .result = {}}; }

TEST(CommitQueue, EveryThread_GetsTheResultOfItsOwnItemOnce) {
  std::atomic<int> inside{0};
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::size_t> largest{0};
  CommitQueue queue([&](std::span<Pending* const> batch) {
    EXPECT_EQ(inside.fetch_add(1), 0) << "two commits at once";
    for (Pending* each : batch) {
      EXPECT_FALSE(each->result.has_value()) << "committed twice";
      each->index = next++;
      each->result = Appended{.index = each->index, .leaf_hash = {}, .head = {}};
    }
    largest = std::max(largest.load(), batch.size());
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    inside.fetch_sub(1);
  });
  constexpr int kThreads = 16;
  constexpr int kEach = 300;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          Pending mine = a_pending();
          ASSERT_TRUE(queue.run(mine));
          ASSERT_TRUE(mine.result.has_value());
          ASSERT_EQ((*mine.result)->index, mine.index);
        }
      });
    }
  }
  EXPECT_EQ(next.load(), std::uint64_t{kThreads} * kEach);
  EXPECT_GT(largest.load(), 1U) << "nobody shared a commit";
}

TEST(CommitQueue, Closed_TakesNothing) {
  int commits = 0;
  CommitQueue queue([&](std::span<Pending* const>) { ++commits; });
  EXPECT_FALSE(queue.is_closed());
  EXPECT_TRUE(queue.close());
  EXPECT_FALSE(queue.close());
  EXPECT_TRUE(queue.is_closed());
  Pending mine = a_pending();
  EXPECT_FALSE(queue.run(mine));
  EXPECT_EQ(commits, 0);
}

// The leader works for others while its own call waits: not without end.
TEST(CommitQueue, Leader_ReturnsThoughOthersKeepWriting) {
  CommitQueue queue([&](std::span<Pending* const> batch) {
    for (Pending* each : batch) each->result = Appended{};
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  });
  std::atomic<bool> stop{false};
  std::vector<std::jthread> others;
  for (int t = 0; t < 4; ++t) {
    others.emplace_back([&] {
      while (!stop.load()) {
        Pending mine = a_pending();
        ASSERT_TRUE(queue.run(mine));
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    Pending mine = a_pending();
    ASSERT_TRUE(queue.run(mine));
  }
  stop = true;
}

}  // namespace
}  // namespace bailey::ledger
