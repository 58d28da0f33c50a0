// A log whose keys change while processes have it open, and signers that fail.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/fakes.h"
#include "ledger/log.h"
#include "merkle/receipt.h"
#include "test_disk.h"

namespace bailey::ledger {
namespace {

constexpr const char* kOrigin = "test.example/log";

// A token that can be pulled out.
class Pulled final : public crypto::Signer {
 public:
  explicit Pulled(crypto::SigningKey key) : key_(std::move(key)) {}
  const crypto::PublicKey& public_key() const noexcept override { return key_.public_key(); }
  Result<crypto::Signature> sign_raw(ByteView message) const override {
    if (gone.load()) return fail("token.failed", "it is gone");
    return key_.sign_raw(message);
  }
  std::atomic<bool> gone{false};

 private:
  crypto::SigningKey key_;
};

class LogKeysTest : public ::testing::Test {
 protected:
  crypto::AnySigner make() { return crypto::SigningKey::generate(entropy_); }
  static merkle::NoteVerifier named(const crypto::AnySigner& signer) {
    return *merkle::NoteVerifier::create(kOrigin, signer.public_key());
  }
  LogKeys keys(const crypto::AnySigner& signer, std::vector<crypto::AnySigner> ring) const {
    LogKeys out{.origin = kOrigin, .signer = signer};
    for (const auto& each : ring) out.ring.push_back(named(each));
    return out;
  }
  std::unique_ptr<Log> open(LogKeys keys) {
    auto log = Log::open(scratch_.open(), std::move(keys), clock_, {}, report_);
    EXPECT_TRUE(log.has_value()) << log.error().message;
    return log ? *std::move(log) : nullptr;
  }
  static std::string append(Log& log) {
    const auto appended = log.append(as_bytes("an entry"));
    return appended ? "ok" : std::string(appended.error().code);
  }
  // The signers of the newest checkpoint, by their place in `all`.
  static std::vector<std::size_t> signers(Log& log, const std::vector<crypto::AnySigner>& all) {
    const auto note = merkle::parse_note(log.checkpoint_note(*log.head()));
    std::vector<std::size_t> out;
    for (const auto& line : note->signatures)
      for (std::size_t i = 0; i < all.size(); ++i)
        if (line.key_id == named(all[i]).key_id()) out.push_back(i);
    return out;
  }

  test::ScratchDir scratch_;
  FakeClock clock_;
  FakeEntropy entropy_;
  OpenReport report_;
  crypto::AnySigner first_ = make();
  crypto::AnySigner second_ = make();
};

TEST_F(LogKeysTest, AProcessThatIsToldLoadsTheNewKeyBeforeItWrites) {
  std::atomic<int> loaded{0};
  LogKeys old = keys(first_, {first_});
  old.reload = [&]() -> Result<LogKeys> {
    ++loaded;
    auto fresh = keys(second_, {first_, second_});
    fresh.cosigners = {first_};
    return fresh;
  };
  const auto here = open(std::move(old));
  ASSERT_EQ(append(*here), "ok");
  EXPECT_EQ(signers(*here, {first_, second_}), (std::vector<std::size_t>{0}));
  {
    const auto there = open(keys(second_, {first_, second_}));
    there->announce_new_keys();
  }
  ASSERT_EQ(append(*here), "ok");
  ASSERT_EQ(append(*here), "ok");
  EXPECT_EQ(loaded.load(), 1);
  EXPECT_EQ(signers(*here, {first_, second_}), (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(here->verifier().vkey(), named(first_).vkey());
}

TEST_F(LogKeysTest, AProcessThatCannotLoadItWritesNothingMore) {
  const auto here = open(keys(first_, {first_}));
  ASSERT_EQ(append(*here), "ok");
  here->announce_new_keys();
  EXPECT_EQ(append(*here), "log.key");
  EXPECT_EQ(here->head()->size, 1U);
}

TEST_F(LogKeysTest, HeadsOfEveryKeyOfTheRingAreOursAndOfNoOther) {
  {
    const auto log = open(keys(first_, {first_}));
    ASSERT_EQ(append(*log), "ok");
  }
  const auto stranger = make();
  EXPECT_EQ(Log::open(scratch_.open(), keys(second_, {second_}), clock_, {}, report_).error().code,
            "log.key");
  EXPECT_EQ(Log::open(scratch_.open(), keys(stranger, {stranger, first_}), clock_, {}, report_)
                .error()
                .code,
            "log.key");
  {
    const auto log = open(keys(second_, {first_, second_}));
    ASSERT_EQ(append(*log), "ok");
  }
  // A new boot reads the journal from its beginning, under heads of two keys.
  clock_.set_boot("00000000-0000-4000-8000-000000000002");
  const auto log = open(keys(second_, {first_, second_}));
  EXPECT_EQ(log->head()->size, 2U);
  EXPECT_TRUE(log->check_journal([](const Frame&) -> Status { return {}; }));
  // The second key alone, without the first: another log.
  EXPECT_FALSE(Log::open(scratch_.open(), keys(first_, {second_, first_}), clock_, {}, report_));
}

TEST_F(LogKeysTest, NothingIsAcknowledgedThatTheTokenDidNotSign) {
  auto token = std::make_shared<Pulled>(crypto::SigningKey::generate(entropy_));
  const crypto::AnySigner signer{std::shared_ptr<const crypto::Signer>(token)};
  const auto log = open(keys(signer, {signer}));
  ASSERT_EQ(append(*log), "ok");
  token->gone.store(true);
  EXPECT_EQ(append(*log), "token.failed");
  EXPECT_EQ(log->head()->size, 1U);
  EXPECT_EQ(append(*log), "token.failed");
  token->gone.store(false);
  ASSERT_EQ(append(*log), "ok");
  // What was refused stands in the log like what a dying process left: under the next head.
  EXPECT_EQ(log->head()->size, 4U);
}

TEST_F(LogKeysTest, ACosignerThatIsGoneIsLeftOut) {
  auto token = std::make_shared<Pulled>(crypto::SigningKey::generate(entropy_));
  const crypto::AnySigner gone{std::shared_ptr<const crypto::Signer>(token)};
  token->gone.store(true);
  auto with = keys(first_, {first_, gone});
  with.cosigners = {gone};
  const auto log = open(std::move(with));
  ASSERT_EQ(append(*log), "ok");
  EXPECT_EQ(signers(*log, {first_, gone}), (std::vector<std::size_t>{0}));
}

TEST_F(LogKeysTest, ManyWritersTakeManyChanges) {
  std::atomic<int> turn{0};
  std::vector<crypto::AnySigner> all;
  for (int i = 0; i < 20; ++i) all.push_back(make());
  const auto now = [&](int i) {
    LogKeys out = keys(all[static_cast<std::size_t>(i)], all);
    return out;
  };
  LogKeys start = now(0);
  std::function<Result<LogKeys>()> reload = [&]() -> Result<LogKeys> {
    LogKeys fresh = now(turn.load());
    fresh.reload = reload;
    return fresh;
  };
  start.reload = reload;
  const auto log = open(std::move(start));
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 4; ++w)
      writers.emplace_back([&] {
        for (int i = 0; i < 40; ++i) {
          EXPECT_EQ(append(*log), "ok");
          (void)log->checkpoint_note(*log->head());
        }
      });
    for (int i = 1; i < 20; ++i) {
      turn.store(i);
      log->announce_new_keys();
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  ASSERT_EQ(append(*log), "ok");
  EXPECT_EQ(signers(*log, all), (std::vector<std::size_t>{19}));
  EXPECT_TRUE(log->check_journal([](const Frame&) -> Status { return {}; }));
}

}  // namespace
}  // namespace bailey::ledger
