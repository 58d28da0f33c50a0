#include "ledger/inspect.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/fakes.h"
#include "ledger/ledger.h"
#include "ledger/street_for_test.h"
#include "test_disk.h"

namespace bailey::ledger {
namespace {

namespace fs = std::filesystem;
using Kind = Finding::Kind;

std::string read_all(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write_all_of(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Every file below the folder with its content: the outside witness of "nothing was changed".
std::map<std::string, std::string> snapshot(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().string()] = read_all(entry.path());
  }
  return files;
}

class InspectTest : public ::testing::Test {
 protected:
  void SetUp() override {
    {
      const auto ledger = must_open();
      for (int i = 0; i < 3; ++i) run_one(*ledger);
      keys_ = ledger->verifiers();
      EXPECT_TRUE(ledger->close_log());
    }
    journal_ = fs::path(scratch_.path()) / "journal/00000000";
    bytes_ = read_all(journal_);
    end_ = bytes_.find_last_not_of('\0') + 1;
  }
  Result<std::unique_ptr<Ledger>> open() {
    FakeEntropy keys;
    std::array<std::uint8_t, 32> secret{7};
    auto log_key = crypto::SigningKey::generate(keys);
    auto receipts = crypto::SigningKey::generate(keys);
    return Ledger::open(scratch_.open(),
                        LedgerKeys{"test.example/log", std::move(log_key), std::move(receipts),
                                   crypto::SealKey(std::span(secret))},
                        clock_, entropy_, report_, {.segment_bytes = 256U << 10});
  }
  std::unique_ptr<Ledger> must_open() {
    auto ledger = open();
    EXPECT_TRUE(ledger.has_value()) << ledger.error().message;
    return ledger ? *std::move(ledger) : nullptr;
  }
  static void run_one(Ledger& ledger) {
    auto recorded = ledger.record(a_permit(ledger.watch()));
    EXPECT_TRUE(recorded) << recorded.error().message;
    EXPECT_TRUE(ledger.close(effect::Effects::run(*std::move(recorded), some_evidence())));
  }
  Inspection look() {
    auto found = inspect(scratch_.open(), keys_);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(Inspection{});
  }

  test::ScratchDir scratch_;
  FakeClock clock_;
  FakeEntropy entropy_;
  OpenReport report_;
  std::vector<merkle::NoteVerifier> keys_;
  fs::path journal_;
  std::string bytes_;
  std::size_t end_ = 0;
};

TEST_F(InspectTest, SoundLedger_HasNoFindingsAndIsLeftAsItIs) {
  const auto before = snapshot(scratch_.path());
  const auto found = look();
  EXPECT_TRUE(found.findings.empty()) << found.findings.front().what;
  EXPECT_EQ(found.size, 6U);
  EXPECT_FALSE(found.in_use);
  EXPECT_EQ(snapshot(scratch_.path()), before);
}

// A bit of every sixth byte or so: inspecting reads everything each time.
TEST_F(InspectTest, FlippedBitsAllOverTheJournal_AreDamageAndNothingIsChanged) {
  for (std::size_t at = 0; at < end_; at += 1 + at % 11) {
    auto changed = bytes_;
    changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
    write_all_of(journal_, changed);
    const auto found = look();
    EXPECT_TRUE(found.damaged()) << "byte " << at << " of " << end_;
    EXPECT_EQ(read_all(journal_), changed);
  }
  write_all_of(journal_, bytes_);
  EXPECT_TRUE(look().findings.empty());
}

TEST_F(InspectTest, CutAnywhere_IsDamageBecauseMoreWasTold) {
  for (std::size_t at = 0; at < end_; at += 37) {
    auto changed = bytes_;
    std::fill(changed.begin() + static_cast<std::ptrdiff_t>(at), changed.end(), '\0');
    write_all_of(journal_, changed);
    EXPECT_TRUE(look().damaged()) << "cut at " << at;
  }
}

TEST_F(InspectTest, BytesBehindTheEnd_AreMendableAndRepairingKeepsEveryEntry) {
  auto torn = bytes_;
  torn[end_ + 40] = 'x';
  write_all_of(journal_, torn);
  const auto found = look();
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].kind, Kind::kMendable);
  fs::remove(fs::path(scratch_.path()) / "control");  // as after a power loss
  {
    const auto ledger = must_open();
    EXPECT_EQ(ledger->size(), 6U);
    EXPECT_TRUE(ledger->close_log());
  }
  EXPECT_TRUE(look().findings.empty());
  EXPECT_EQ(read_all(journal_), bytes_);
}

TEST_F(InspectTest, MissingAndRottenPublishedFiles_AreMendable) {
  for (const char* name : {"checkpoint", "tile/0/000.p/6", "tile/entries/000.p/6"}) {
    const auto path = fs::path(scratch_.path()) / name;
    const auto good = read_all(path);
    fs::remove(path);
    auto found = look();
    ASSERT_EQ(found.findings.size(), 1U) << name;
    EXPECT_EQ(found.findings[0].kind, Kind::kMendable) << name;
    auto rotten = good;
    rotten[good.size() / 2] = static_cast<char>(rotten[good.size() / 2] ^ 4);
    write_all_of(path, rotten);
    found = look();
    ASSERT_EQ(found.findings.size(), 1U) << name;
    EXPECT_EQ(found.findings[0].kind, Kind::kMendable) << name;
    write_all_of(path, good);
  }
  EXPECT_TRUE(look().findings.empty());
}

TEST_F(InspectTest, OlderJournalUnderANewerCheckpoint_IsDamage) {
  {
    const auto ledger = must_open();
    run_one(*ledger);
    EXPECT_TRUE(ledger->close_log());
  }
  EXPECT_EQ(look().size, 8U);
  write_all_of(journal_, bytes_);
  EXPECT_TRUE(look().damaged());
  fs::remove_all(journal_.parent_path());
  EXPECT_TRUE(look().damaged());
}

TEST_F(InspectTest, AnotherKeysHeads_AreDamage) {
  FakeEntropy entropy;
  std::array<std::uint8_t, 77> skipped{};
  entropy.fill(skipped);
  const auto stranger = crypto::SigningKey::generate(entropy);
  keys_ = {*merkle::NoteVerifier::create("test.example/log", stranger.public_key())};
  EXPECT_FALSE(look().findings.empty());
  EXPECT_EQ(look().size, 0U);
}

TEST_F(InspectTest, LedgerInUse_IsSaidAndItsEndLeftAlone) {
  const auto ledger = must_open();
  run_one(*ledger);
  const auto found = look();
  EXPECT_TRUE(found.in_use);
  EXPECT_TRUE(found.findings.empty());
  EXPECT_EQ(found.size, 8U);
}

}  // namespace
}  // namespace bailey::ledger
