#include "ledger/log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fakes.h"
#include "ledger/fakes.h"
#include "merkle/receipt.h"
#include "merkle/tile.h"
#include "test_disk.h"

namespace bailey::ledger {
namespace {

std::string text_of(std::uint64_t i) { return "entry " + std::to_string(i); }

Status append_texts(Log& log, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t i = from; i < to; ++i) {
    const auto appended = BAILEY_TRY(log.append(as_bytes(text_of(i))));
    if (appended.index != i) return fail("test", "index " + std::to_string(appended.index));
    if (appended.head.size <= i) return fail("test", "acknowledged without a head");
  }
  return {};
}

// The slow, obvious tree.
merkle::Hash slow_root(const std::vector<merkle::Hash>& leaves) {
  if (leaves.empty()) return merkle::empty_root();
  if (leaves.size() == 1) return leaves[0];
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return merkle::node_hash(slow_root({leaves.begin(), leaves.begin() + static_cast<long>(k)}),
                           slow_root({leaves.begin() + static_cast<long>(k), leaves.end()}));
}

class LogTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Log>> open() { return open(options_); }
  Result<std::unique_ptr<Log>> open(LogOptions options) {
    return Log::open(scratch_.open(), "test.example/log", keys_.log, clock_, options, report_);
  }
  std::unique_ptr<Log> must_open() {
    auto log = open();
    EXPECT_TRUE(log.has_value()) << log.error().message;
    return log ? *std::move(log) : nullptr;
  }
  void expect_texts(Log& log, std::uint64_t size) {
    std::vector<merkle::Hash> hashes;
    std::uint64_t next = 0;
    ASSERT_TRUE(log.visit(0, size, [&](const Frame& leaf) -> Status {
      EXPECT_EQ(as_text(leaf.content), text_of(next++));
      hashes.push_back(leaf.hash);
      return {};
    }));
    EXPECT_EQ(next, size);
    const auto head = log.head();
    ASSERT_TRUE(head);
    EXPECT_EQ(head->size, size);
    EXPECT_EQ(head->root, slow_root(hashes));
  }
  std::filesystem::path path(const std::string& name) const {
    return std::filesystem::path(scratch_.path()) / name;
  }

  test::ScratchDir scratch_;
  FakeClock clock_;
  TestKeys keys_;
  LogOptions options_{.segment_bytes = 256U << 10};
  OpenReport report_;
};

TEST_F(LogTest, NewLog_IsEmptyAndHasASignedHead) {
  const auto log = must_open();
  EXPECT_TRUE(report_.created);
  const auto head = log->head();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->size, 0U);
  EXPECT_EQ(head->root, merkle::empty_root());
  EXPECT_TRUE(merkle::verify_checkpoint(log->checkpoint_note(*head), {log->verifier()}));
}

TEST_F(LogTest, Entries_AreThereAfterReopening) {
  ASSERT_TRUE(append_texts(*must_open(), 0, 10));
  const auto log = must_open();
  EXPECT_FALSE(report_.created);
  EXPECT_FALSE(report_.recovered) << "the shared page of this boot should have been enough";
  expect_texts(*log, 10);
}

TEST_F(LogTest, Entries_AreThereAfterAReboot) {
  ASSERT_TRUE(append_texts(*must_open(), 0, 300));
  clock_.set_boot("00000000-0000-4000-8000-000000000002");
  const auto log = must_open();
  EXPECT_TRUE(report_.recovered);
  EXPECT_EQ(report_.cut_bytes, 0U);
  expect_texts(*log, 300);
}

TEST_F(LogTest, ManySegments_ReadAsOneLog) {
  {
    const auto log = must_open();
    Bytes big(20000, 'x');
    for (int i = 0; i < 40; ++i) {
      const auto appended = log->append(big);
      ASSERT_TRUE(appended) << i << ": " << appended.error().message;
    }
    EXPECT_TRUE(std::filesystem::exists(path("journal/00000003")));
    for (std::uint64_t i = 0; i < 40; ++i) EXPECT_EQ(log->entry(i)->size(), 20000U);
  }
  clock_.set_boot("00000000-0000-4000-8000-000000000002");
  const auto log = must_open();
  EXPECT_EQ(log->head()->size, 40U);
  for (std::uint64_t i = 0; i < 40; ++i) EXPECT_EQ(log->entry(i)->size(), 20000U);
}

TEST_F(LogTest, Proofs_OfEveryLeafVerifyAgainstTheHead) {
  const auto log = must_open();
  ASSERT_TRUE(append_texts(*log, 0, 700));
  const auto head = *log->head();
  for (std::uint64_t i = 0; i < 700; ++i) {
    const auto proof = log->proof(i, head.size);
    ASSERT_TRUE(proof) << i;
    EXPECT_TRUE(merkle::verify_inclusion(i, head.size, merkle::leaf_hash(as_bytes(text_of(i))),
                                         *proof, head.root));
  }
}

TEST_F(LogTest, Proofs_OfOldLeavesComeFromTheTiles) {
  ASSERT_TRUE(append_texts(*must_open(), 0, 700));
  const auto log = must_open();
  ASSERT_TRUE(append_texts(*log, 700, 705));
  const auto head = *log->head();
  for (std::uint64_t i = 0; i < 705; i += 7) {
    const auto proof = log->proof(i, head.size);
    ASSERT_TRUE(proof) << i << proof.error().message;
    EXPECT_TRUE(merkle::verify_inclusion(i, head.size, merkle::leaf_hash(as_bytes(text_of(i))),
                                         *proof, head.root));
  }
}

TEST_F(LogTest, RottenTiles_AreWrittenAnewWhenAProofNeedsThem) {
  ASSERT_TRUE(append_texts(*must_open(), 0, 700));
  {
    std::fstream tile(path("tile/0/001"), std::ios::in | std::ios::out | std::ios::binary);
    tile.seekp(100);
    tile.put('!');
  }
  const auto log = must_open();
  const auto head = *log->head();
  const auto proof = log->proof(300, head.size);
  ASSERT_TRUE(proof) << proof.error().message;
  EXPECT_TRUE(merkle::verify_inclusion(300, head.size, merkle::leaf_hash(as_bytes(text_of(300))),
                                       *proof, head.root));
}

TEST_F(LogTest, OpenIntents_AreKnownWithoutReadingThePast) {
  const auto open_and_close = [&](Log& log) {
    TestDraft intent("intent", Mark::kOpens);
    const auto a = log.append(intent);
    const auto b = log.append(intent);
    ASSERT_TRUE(a && b);
    TestDraft ending("ending", Mark::kCloses, a->index);
    ASSERT_TRUE(log.append(ending));
    const auto twice = log.append(ending);
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, "log.not_open");
  };
  open_and_close(*must_open());
  const auto log = must_open();
  EXPECT_EQ(*log->open_intents(), std::vector<std::uint64_t>{1});
}

TEST_F(LogTest, EntriesOutOfSize_AreRefused) {
  const auto log = must_open();
  const auto none = log->append(ByteView{});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, "log.too_big");
  const auto over = log->append(Bytes(65536));
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, "log.too_big");
  EXPECT_EQ(log->append(Bytes(65535))->index, 0U);
}

TEST_F(LogTest, ManyThreads_GetDistinctIndexesInOneTree) {
  constexpr int kThreads = 16;
  constexpr int kEach = 200;
  {
    const auto log = must_open();
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kEach; ++i) {
          const auto text = std::to_string(t) + ":" + std::to_string(i);
          const auto appended = log->append(as_bytes(text));
          ASSERT_TRUE(appended) << appended.error().message;
          ASSERT_GT(appended->head.size, appended->index);
          const auto back = log->entry(appended->index);
          ASSERT_TRUE(back);
          ASSERT_EQ(as_text(*back), text);
        }
      });
    }
  }
  const auto log = must_open();
  EXPECT_EQ(log->head()->size, std::uint64_t{kThreads} * kEach);
}

TEST_F(LogTest, TwoLogsOnOneFolder_ShareOneTree) {
  const auto first = must_open();
  const auto second = must_open();
  for (std::uint64_t i = 0; i < 400; i += 2) {
    ASSERT_TRUE(append_texts(*first, i, i + 1));
    ASSERT_TRUE(append_texts(*second, i + 1, i + 2));
  }
  expect_texts(*first, 400);
  expect_texts(*second, 400);
}

TEST_F(LogTest, TwoBusyLogs_NeverForkIt) {
  const auto first = must_open();
  const auto second = must_open();
  const auto work = [](Log& log) {
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(log.append(as_bytes("some entry of a busy log")));
  };
  {
    std::jthread a(work, std::ref(*first));
    std::jthread b(work, std::ref(*first));
    std::jthread c(work, std::ref(*second));
    std::jthread d(work, std::ref(*second));
  }
  EXPECT_EQ(first->head()->size, 2000U);
  EXPECT_EQ(first->head()->root, second->head()->root);
}

TEST_F(LogTest, LastToLeave_PublishesACoveringCheckpoint) {
  auto first = must_open();
  auto second = must_open();
  ASSERT_TRUE(append_texts(*first, 0, 3));
  ASSERT_TRUE(first->close());
  ASSERT_TRUE(append_texts(*second, 3, 5));
  ASSERT_TRUE(second->close());
  const auto note = scratch_.open().read_file(RelPath::known("checkpoint"), 4096);
  ASSERT_TRUE(note);
  const auto checkpoint = merkle::verify_checkpoint(*note, {second->verifier()});
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->size, 5U);
  EXPECT_TRUE(std::filesystem::exists(path("tile/0/000.p/5")));
  EXPECT_TRUE(std::filesystem::exists(path("tile/entries/000.p/5")));
}

TEST_F(LogTest, PartialTiles_GoOnceTheFullOneExists) {
  ASSERT_TRUE(append_texts(*must_open(), 0, 255));
  EXPECT_TRUE(std::filesystem::exists(path("tile/0/000.p/255")));
  ASSERT_TRUE(append_texts(*must_open(), 255, 257));
  EXPECT_FALSE(std::filesystem::exists(path("tile/0/000.p")));
  EXPECT_FALSE(std::filesystem::exists(path("tile/entries/000.p")));
  EXPECT_EQ(std::filesystem::file_size(path("tile/0/000")), 8192U);
  EXPECT_TRUE(std::filesystem::exists(path("tile/0/001.p/1")));
  EXPECT_TRUE(std::filesystem::exists(path("tile/1/000.p/1")));
}

TEST_F(LogTest, AnotherKey_IsRefused) {
  ASSERT_TRUE(append_texts(*must_open(), 0, 3));
  OpenReport report;
  const auto other =
      Log::open(scratch_.open(), "test.example/log", keys_.receipts, clock_, options_, report);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, "log.key");
  EXPECT_EQ(must_open()->head()->size, 3U);
}

TEST_F(LogTest, JournalShorterThanTheCheckpoint_IsRefusedWithBothSizes) {
  std::filesystem::copy(scratch_.path(), scratch_.path() + "-old",
                        std::filesystem::copy_options::recursive);
  ASSERT_TRUE(append_texts(*must_open(), 0, 3));
  const auto old = scratch_.path() + "-old";
  std::filesystem::remove_all(old);
  std::filesystem::copy(path("journal"), old, std::filesystem::copy_options::recursive);
  ASSERT_TRUE(append_texts(*must_open(), 3, 6));
  std::filesystem::remove_all(path("journal"));
  std::filesystem::rename(old, path("journal"));
  const auto log = open();
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, "log.rollback");
  EXPECT_NE(log.error().message.find("3 entries"), std::string::npos) << log.error().message;
  EXPECT_NE(log.error().message.find(" 6 "), std::string::npos) << log.error().message;
}

TEST_F(LogTest, DeletedJournal_IsNotedByALiveWriter) {
  const auto log = must_open();
  ASSERT_TRUE(append_texts(*log, 0, 1));
  std::filesystem::remove_all(path("journal"));
  const auto refused = log->append(as_bytes("lost"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "log.deleted");
}

TEST_F(LogTest, DeletedControlFile_IsNotedByALiveWriter) {
  const auto log = must_open();
  ASSERT_TRUE(append_texts(*log, 0, 1));
  std::filesystem::remove(path("control"));
  EXPECT_EQ(log->append(as_bytes("lost")).error().code, "log.deleted");
}

// What a writer leaves that was killed between writing and moving the end: the frames of
// one more commit, of which the shared page knows nothing.
class DeadWriterTest : public LogTest {
 protected:
  std::string frames_of_one_more() {
    const auto copy = scratch_.path() + "-copy";
    std::filesystem::copy(scratch_.path(), copy, std::filesystem::copy_options::recursive);
    const auto before = used(path("journal/00000000"));
    {
      OpenReport report;
      auto log = Log::open(app::World::open(copy), "test.example/log", keys_.log, clock_, options_,
                           report);
      EXPECT_TRUE(log);
      EXPECT_TRUE(append_texts(**log, 2, 3));
    }
    auto after = used(std::filesystem::path(copy) / "journal/00000000");
    std::filesystem::remove_all(copy);
    return after.substr(before.size());
  }
  // Up to the last byte that is not zero, rounded up to a whole frame.
  static std::string used(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(in), {}};
    const auto last = content.find_last_not_of('\0');
    content.resize((last + 8) / 8 * 8);
    return content;
  }
  void leave_behind(const std::string& bytes) {
    const auto at = used(path("journal/00000000")).size();
    std::fstream file(path("journal/00000000"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
  }
};

TEST_F(DeadWriterTest, WholeFramesAreTakenOver) {
  const auto log = must_open();
  ASSERT_TRUE(append_texts(*log, 0, 2));
  leave_behind(frames_of_one_more());
  ASSERT_TRUE(append_texts(*log, 3, 5));
  expect_texts(*log, 5);
}

TEST_F(DeadWriterTest, TornFramesAreClearedAtWhateverByteTheyEnd) {
  const auto log = must_open();
  ASSERT_TRUE(append_texts(*log, 0, 2));
  const std::string frames = frames_of_one_more();
  std::uint64_t size = 2;
  for (std::size_t cut = 1; cut < frames.size(); cut += 13) {
    // From the second round on even whole frames do not fit: they are for leaf 2.
    leave_behind(frames.substr(0, cut));
    const auto appended = log->append(as_bytes(text_of(size)));
    ASSERT_TRUE(appended) << cut << ": " << appended.error().message;
    size = appended->index + 1;
  }
  EXPECT_EQ(log->head()->size, size);
  clock_.set_boot("00000000-0000-4000-8000-000000000002");
  ASSERT_TRUE(log->close());
  const auto again = must_open();
  EXPECT_EQ(again->head()->size, size);
  EXPECT_EQ(report_.cut_bytes, 0U);
}

TEST_F(LogTest, DraftThatFails_LeavesNoTrace) {
  const auto log = must_open();
  TestDraft broken("x", Mark::kNone);
  broken.fail_with("test.draft");
  EXPECT_EQ(log->append(broken).error().code, "test.draft");
  ASSERT_TRUE(append_texts(*log, 0, 2));
}

}  // namespace
}  // namespace bailey::ledger
