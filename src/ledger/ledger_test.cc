#include "ledger/ledger.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fakes.h"
#include "ledger/fakes.h"
#include "ledger/street_for_test.h"
#include "merkle/receipt.h"
#include "merkle/verify_log.h"
#include "test_disk.h"

namespace bailey::ledger {
namespace {

using merkle::LeafType;

class LedgerTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Ledger>> open() {
    TestKeys keys;
    std::array<std::uint8_t, 32> secret{7};
    return Ledger::open(scratch_.open(),
                        LedgerKeys{"test.example/log", std::move(keys.log),
                                   std::move(keys.receipts), crypto::SealKey(std::span(secret))},
                        clock_, entropy_, report_, {.segment_bytes = 256U << 10});
  }
  std::unique_ptr<Ledger> must_open() {
    auto ledger = open();
    EXPECT_TRUE(ledger.has_value()) << ledger.error().message;
    return ledger ? *std::move(ledger) : nullptr;
  }
  static model::Receipt run_one(Ledger& ledger, const std::string& secret = "") {
    auto recorded = ledger.record(a_permit(ledger.watch(), secret));
    EXPECT_TRUE(recorded) << recorded.error().message;
    auto receipt = ledger.close(effect::Effects::run(*std::move(recorded), some_evidence()));
    EXPECT_TRUE(receipt) << receipt.error().message;
    return *std::move(receipt);
  }
  static merkle::VerifiedReceipt expect_good(const Ledger& ledger, const model::Receipt& receipt) {
    const auto parsed = merkle::parse_receipt(receipt.text());
    EXPECT_TRUE(parsed);
    const auto verified = merkle::verify_receipt(*parsed, ledger.verifiers());
    EXPECT_TRUE(verified) << verified.error().message;
    return *verified;
  }
  merkle::LogReport expect_sound_log(const Ledger& ledger) {
    const auto dir = scratch_.open();
    const auto report = merkle::verify_log(
        [&](const std::string& path) -> Result<std::string> {
          auto text = dir.read_file(RelPath::known(path), 64U << 20);
          if (!text) return fail("log.missing", text.error().message);
          return text;
        },
        ledger.verifiers());
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(merkle::LogReport{});
  }
  std::vector<LeafType> types(Ledger& ledger) {
    std::vector<LeafType> out;
    const auto read = ledger.read(
        0, UINT64_MAX,
        [&](std::uint64_t, const merkle::LeafEnvelope& leaf, const merkle::Hash&) -> Status {
          out.push_back(leaf.type);
          return {};
        });
    EXPECT_TRUE(read) << read.error().message;
    return out;
  }

  test::ScratchDir scratch_;
  FakeClock clock_;
  SharedFakeEntropy entropy_;
  OpenReport report_;
};

TEST_F(LedgerTest, Receipt_ProvesOutcomeAndIntentAgainstOneCheckpoint) {
  const auto ledger = must_open();
  const auto receipt = run_one(*ledger);
  EXPECT_EQ(receipt.index(), 1U);
  const auto verified = expect_good(*ledger, receipt);
  EXPECT_EQ(verified.leaf.type, LeafType::kOutcome);
  ASSERT_TRUE(verified.intent);
  EXPECT_EQ(verified.intent->index, 0U);
  const auto leaf = merkle::parse_leaf(*ledger->leaf(1));
  EXPECT_EQ(leaf->body.find("status")->as_string(), "done");
}

TEST_F(LedgerTest, PublishedLog_IsAcceptedByTheVerifierOfFiles) {
  const auto ledger = must_open();
  for (int i = 0; i < 150; ++i) run_one(*ledger);
  ASSERT_TRUE(ledger->close_log());
  const auto report = expect_sound_log(*ledger);
  EXPECT_EQ(report.checkpoint.size, 300U);
  EXPECT_EQ(report.intents, 150U);
  EXPECT_EQ(report.closed, 150U);
}

TEST_F(LedgerTest, OldLeaves_GetReceiptsAgain) {
  {
    const auto ledger = must_open();
    for (int i = 0; i < 140; ++i) run_one(*ledger);
  }
  const auto ledger = must_open();
  run_one(*ledger);
  for (const std::uint64_t index : {0U, 1U, 255U, 256U, 281U}) {
    const auto receipt = ledger->prove(index);
    ASSERT_TRUE(receipt) << receipt.error().message;
    EXPECT_EQ(expect_good(*ledger, *receipt).leaf.index, index);
    const auto proof = ledger->tlog_proof(index);
    ASSERT_TRUE(proof);
    EXPECT_TRUE(merkle::parse_tlog_proof(*proof));
  }
  const auto none = ledger->prove(282);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, "log.no_entry");
}

TEST_F(LedgerTest, Refusal_HasAReceiptToo) {
  const auto ledger = must_open();
  model::Denial denial;
  denial.reason_code = "policy.rule";
  const auto receipt = ledger->close(model::Refusal{a_verdict(model::Decision::kDeny), denial});
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(expect_good(*ledger, *receipt).leaf.type, LeafType::kRefusal);
}

TEST_F(LedgerTest, PermitDroppedBeforeItWasRecorded_IsAbandoned) {
  const auto ledger = must_open();
  {
    const auto dropped = a_permit(ledger->watch());
  }
  run_one(*ledger);
  EXPECT_EQ(types(*ledger),
            (std::vector{LeafType::kAbandoned, LeafType::kIntent, LeafType::kOutcome}));
}

TEST_F(LedgerTest, RecordedPermitDropped_IsAbandonedAndItsIntentClosed) {
  {
    const auto ledger = must_open();
    {
      const auto dropped = ledger->record(a_permit(ledger->watch()));
    }
    ASSERT_TRUE(ledger->close_log());
    EXPECT_EQ(expect_sound_log(*ledger).open_count, 0U);
  }
  const auto ledger = must_open();
  EXPECT_EQ(types(*ledger), (std::vector{LeafType::kIntent, LeafType::kAbandoned}));
}

TEST_F(LedgerTest, IntentOfADeadRun_IsClosedAsInterrupted) {
  std::optional<model::Recorded<model::Permit>> lost;
  {
    // The run "dies": its ledger goes without an outcome.
    class Deaf final : public model::AuthorityWatch {
      void abandoned(const model::ActionDigest&,
                     const std::optional<model::IntentId>&) noexcept override {}
    } deaf;
    const auto ledger = must_open();
    auto recorded = ledger->record(a_permit(deaf));
    ASSERT_TRUE(recorded);
    // Nobody hears of the drop.
    recorded = fail("test", "dropped");
  }
  const auto ledger = must_open();
  const auto recovered = ledger->recover();
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ(recovered->interrupted, std::vector<std::uint64_t>{0});
  EXPECT_EQ(types(*ledger), (std::vector{LeafType::kIntent, LeafType::kInterrupted}));
  const auto again = ledger->recover();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->interrupted.empty());
}

TEST_F(LedgerTest, RunningIntent_IsLeftAloneByRecovery) {
  const auto first = must_open();
  auto recorded = first->record(a_permit(first->watch()));
  ASSERT_TRUE(recorded);
  const auto second = must_open();
  for (Ledger* each : {first.get(), second.get()}) {
    const auto recovered = each->recover();
    ASSERT_TRUE(recovered);
    EXPECT_TRUE(recovered->interrupted.empty());
    EXPECT_EQ(recovered->still_running, 1U);
  }
  EXPECT_TRUE(first->close(effect::Effects::run(*std::move(recorded), some_evidence())));
  EXPECT_TRUE(second->recover()->still_running == 0);
}

TEST_F(LedgerTest, OutcomeAfterInterruption_IsRefused) {
  auto first = must_open();
  auto recorded = first->record(a_permit(first->watch()));
  ASSERT_TRUE(recorded);
  // As if the run's lock had been lost: the log itself refuses a second ending.
  TestDraft ending("interrupted by hand", Mark::kCloses, 0);
  ASSERT_TRUE(first->log().append(ending));
  const auto late = first->close(effect::Effects::run(*std::move(recorded), some_evidence()));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, "log.not_open");
}

TEST_F(LedgerTest, Notes_TakeOnlyTheirTypes) {
  const auto ledger = must_open();
  codec::Json body;
  body.set("what", codec::Json("kill_off"));
  const auto receipt = ledger->note(LeafType::kControl, body);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(expect_good(*ledger, *receipt).leaf.type, LeafType::kControl);
  const auto outcome = ledger->note(LeafType::kOutcome, body);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, "ledger.note");
}

TEST_F(LedgerTest, SecretsOfTheArguments_AreNowhereInTheLedger) {
  const std::string secret = "hunter2-5f3a9c0e77";
  {
    const auto ledger = must_open();
    run_one(*ledger, secret);
    model::Denial denial;
    denial.user_message = "not allowed: " + secret;
    denial.remediation_hint = "allow " + secret;
    ASSERT_TRUE(ledger->close(model::Refusal{a_verdict(model::Decision::kDeny, secret), denial}));
  }
  std::size_t files = 0;
  bool program_seen = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch_.path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(content.find(secret), std::string::npos) << entry.path();
    // The positive control: what may be told is found by the same search.
    program_seen = program_seen || content.find("/usr/bin/true") != std::string::npos;
  }
  EXPECT_GT(files, 4U);
  EXPECT_TRUE(program_seen);
}

TEST_F(LedgerTest, ClockSetBack_ChangesNothingButTheTimesShown) {
  const auto ledger = must_open();
  run_one(*ledger);
  clock_.set_wall(WallTime{1'000'000'000'000'000'000});
  const auto receipt = run_one(*ledger);
  EXPECT_EQ(receipt.index(), 3U);
  expect_good(*ledger, receipt);
}

TEST_F(LedgerTest, ManyThreads_AllGetGoodReceipts) {
  const auto ledger = must_open();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 40; ++i) expect_good(*ledger, run_one(*ledger));
      });
    }
  }
  ASSERT_TRUE(ledger->close_log());
  const auto report = expect_sound_log(*ledger);
  EXPECT_EQ(report.checkpoint.size, 640U);
  EXPECT_EQ(report.closed, 320U);
}

TEST_F(LedgerTest, Verify_ReadsEverythingAndSaysWhatIsThere) {
  const auto ledger = must_open();
  for (int i = 0; i < 200; ++i) run_one(*ledger);
  auto running = ledger->record(a_permit(ledger->watch()));
  ASSERT_TRUE(running);
  const auto report = ledger->verify();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->size, 401U);
  EXPECT_EQ(report->intents, 201U);
  EXPECT_EQ(report->closed, 200U);
  EXPECT_EQ(report->open, std::vector<std::uint64_t>{400});
  EXPECT_GT(report->segments, 1U);
  EXPECT_TRUE(report->rewritten.empty()) << report->rewritten;
}

TEST_F(LedgerTest, Verify_WritesRottenAndMissingTilesAnew) {
  {
    const auto ledger = must_open();
    for (int i = 0; i < 150; ++i) run_one(*ledger);
  }
  for (const char* name : {"tile/0/000", "tile/entries/000", "tile/0/001.p/44", "checkpoint",
                           "tile/entries/001.p/44", "tile/1/000.p/1"}) {
    const auto path = std::filesystem::path(scratch_.path()) / name;
    ASSERT_TRUE(std::filesystem::exists(path)) << name;
    for (const bool missing : {false, true}) {
      if (missing) {
        std::filesystem::remove(path);
      } else {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20);
        file.put('!');
      }
      const auto ledger = must_open();
      const auto report = ledger->verify();
      ASSERT_TRUE(report) << name << ": " << report.error().message;
      EXPECT_FALSE(report->rewritten.empty()) << name;
      expect_sound_log(*ledger);
    }
  }
}

TEST_F(LedgerTest, Verify_FindsAFlippedBitOfAnOldLeaf) {
  {
    const auto ledger = must_open();
    for (int i = 0; i < 20; ++i) run_one(*ledger);
  }
  {
    std::fstream file(std::filesystem::path(scratch_.path()) / "journal/00000000",
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1500);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(1500);
    file.put(byte);
  }
  // Opening in the same boot reads only the newest head; the full check reads all.
  const auto ledger = must_open();
  const auto report = ledger->verify();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "log.corrupt");
}

}  // namespace
}  // namespace bailey::ledger
