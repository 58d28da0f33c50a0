#include "ledger/evidence_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/fakes.h"
#include "crypto/hash.h"
#include "ledger/fakes.h"
#include "ledger/street_for_test.h"
#include "test_disk.h"

namespace bailey::ledger {
namespace {

class EvidenceFolderTest : public ::testing::Test {
 protected:
  EvidenceFolderTest() {
    TestKeys keys;
    std::array<std::uint8_t, 32> secret{7};
    ledger_ =
        *Ledger::open(scratch_.open(),
                      LedgerKeys{"test.example/log", std::move(keys.log), std::move(keys.receipts),
                                 crypto::SealKey(std::span(secret))},
                      clock_, entropy_, report_, {.segment_bytes = 256U << 10});
  }
  void run_some(int count) {
    for (int i = 0; i < count; ++i) {
      auto recorded = ledger_->record(a_permit(ledger_->watch()));
      ASSERT_TRUE(recorded);
      ASSERT_TRUE(ledger_->close(effect::Effects::run(*std::move(recorded), some_evidence())));
    }
  }
  Result<merkle::EvidenceScope> write(const Selection& selection) {
    std::filesystem::remove_all(out_.path());
    std::filesystem::create_directory(out_.path());
    return write_evidence(*ledger_, *ledger_->head(), selection, out_.open(), {});
  }
  Result<merkle::EvidenceReport> verify() const {
    const Dir dir = out_.open();
    return merkle::verify_evidence(
        [&](const std::string& path) -> Result<std::string> {
          const auto text = dir.read_file(RelPath::known(path), 64U << 20);
          if (!text) return fail("log.missing", text.error().message);
          return *text;
        },
        ledger_->verifiers());
  }
  std::string code() const {
    const auto verified = verify();
    return std::string(verified ? "" : verified.error().code);
  }
  std::filesystem::path at(const std::string& path) const {
    return std::filesystem::path(out_.path()) / path;
  }
  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void put(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }

  test::ScratchDir scratch_;
  test::ScratchDir out_;
  FakeClock clock_;
  FakeEntropy entropy_;
  OpenReport report_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(EvidenceFolderTest, TheWholeLogVerifiesAndHoldsNoOtherFile) {
  run_some(150);  // 300 entries: full tiles and partial ones
  ASSERT_TRUE(ledger_->note(merkle::LeafType::kControl, codec::Json(codec::Json::Object{})));
  const auto scope = write({0, 300, ""});
  ASSERT_TRUE(scope) << scope.error().message;
  EXPECT_EQ(scope->receipts, 301U);
  EXPECT_EQ(scope->actions, 150U);
  const auto verified = verify();
  ASSERT_TRUE(verified) << verified.error().message;
  ASSERT_TRUE(verified->log);
  EXPECT_EQ(verified->log->closed, 150U);
  std::set<std::string> there;
  for (const auto& each : std::filesystem::recursive_directory_iterator(out_.path())) {
    if (each.is_regular_file()) {
      there.insert(std::filesystem::relative(each.path(), out_.path()).string());
    }
  }
  EXPECT_EQ(there, std::set<std::string>(verified->paths.begin(), verified->paths.end()));
}

TEST_F(EvidenceFolderTest, ASelectionHoldsNothingOfTheOthers) {
  run_some(3);
  const auto scope = write({2, 3, ""});
  ASSERT_TRUE(scope) << scope.error().message;
  EXPECT_EQ(scope->receipts, 2U);
  const auto verified = verify();
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_FALSE(verified->log);
  EXPECT_FALSE(std::filesystem::exists(at("log/tile")));
  EXPECT_EQ(write({0, 5, "no-such-session"}).error().code, "evidence.empty");
  EXPECT_TRUE(write({0, 5, "00ff"}));
  EXPECT_EQ(code(), "");
}

TEST_F(EvidenceFolderTest, AFolderInUseIsLeftAlone) {
  run_some(1);
  ASSERT_TRUE(write({0, 1, ""}));
  const auto again = write_evidence(*ledger_, *ledger_->head(), {0, 1, ""}, out_.open(), {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "evidence.exists");
}

TEST_F(EvidenceFolderTest, EveryFlippedBitIsFound) {
  run_some(1);
  ASSERT_TRUE(write({0, 1, ""}));
  ASSERT_EQ(code(), "");
  std::size_t flips = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(out_.path())) {
    if (!each.is_regular_file()) continue;
    const std::string good = read(each.path());
    // Every byte of the manifest, whose checks are ours; of files under a digest some.
    const bool manifest = each.path().filename() == merkle::kManifestFile;
    for (std::size_t i = 0; i < good.size(); i += manifest ? 1 : 1 + good.size() / 40) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
      put(each.path(), bad);
      EXPECT_FALSE(verify()) << each.path() << " byte " << i;
      ++flips;
    }
    put(each.path(), good);
  }
  EXPECT_GT(flips, 1000U);
  EXPECT_EQ(code(), "");
}

TEST_F(EvidenceFolderTest, WhatIsTakenOutOrPutInShows) {
  run_some(3);
  ASSERT_TRUE(write({0, 5, ""}));
  const auto receipts = at(merkle::receipts_file(0));
  const std::string good = read(receipts);
  put(receipts, good.substr(good.find('\n') + 1));
  EXPECT_EQ(code(), "evidence.digest");
  put(receipts, good);
  EXPECT_EQ(code(), "");
  std::filesystem::remove(at("README.md"));
  EXPECT_EQ(code(), "evidence.missing");
}

// Whoever holds the key can sign any manifest: that it says what it says is checked still.
TEST_F(EvidenceFolderTest, ASignedManifestMustBeTrue) {
  run_some(3);
  const auto scope = write({0, 5, ""});
  ASSERT_TRUE(scope);
  const auto good = *verify();
  const auto sign = [&](const merkle::EvidenceScope& claim, const std::string& drop) {
    std::vector<merkle::EvidenceFile> files;
    for (const auto& path : good.paths) {
      if (path == merkle::kManifestFile || path == drop) continue;
      files.push_back({path, crypto::sha256(as_bytes(read(at(path))))});
    }
    put(at(std::string(merkle::kManifestFile)),
        *ledger_->attest(merkle::manifest_statement(claim, good.checkpoint, files)) + "\n");
    return code();
  };
  EXPECT_EQ(sign(*scope, ""), "");  // the control
  auto claim = *scope;
  claim.receipts = 5;
  EXPECT_EQ(sign(claim, ""), "evidence.scope");
  claim = *scope;
  claim.last = 4;
  EXPECT_EQ(sign(claim, ""), "evidence.receipt");
  claim = *scope;
  claim.session = "another";
  EXPECT_EQ(sign(claim, ""), "evidence.receipt");
  EXPECT_EQ(sign(*scope, merkle::receipts_file(0)), "evidence.scope");
  EXPECT_EQ(sign(*scope, merkle::attestations_file(0)), "evidence.scope");
  EXPECT_EQ(sign(*scope, std::string(merkle::kEvidenceCheckpoint)), "evidence.manifest");
  EXPECT_EQ(sign(*scope, "log/tile/entries/000.p/6"), "log.missing");
}

}  // namespace
}  // namespace bailey::ledger
