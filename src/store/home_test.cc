// The home and what is kept in it: whose it is, who may read it, what damage does.
#include "store/home.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fakes.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "gate/kill_switch.h"
#include "policy/defaults.h"
#include "store/key_files.h"
#include "store/level_file.h"
#include "store/policy_cache.h"
#include "test_disk.h"

namespace bailey::store {
namespace {

namespace fs = std::filesystem;

struct Bench {
  Bench() { EXPECT_EQ(::chmod(scratch.path().c_str(), 0700), 0); }
  Result<Home> open(HomeUse use = HomeUse::kOwner) {
    return Home::open(scratch.open(), scratch.path(), ::geteuid(), use, clock);
  }
  Home home() { return *open(); }
  [[nodiscard]] fs::path file(const std::string& name) const {
    return fs::path(scratch.path()) / name;
  }
  void write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(file(name)) << text;
    EXPECT_EQ(::chmod(file(name).c_str(), mode), 0);
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream in(file(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  test::ScratchDir scratch;
  FakeClock clock;
  FakeEntropy entropy;
};

TEST(Home, AFreshOneGetsItsLayoutClosedToOthers) {
  Bench bench;
  const auto home = bench.open();
  ASSERT_TRUE(home) << home.error().message;
  EXPECT_EQ(home->freshness(), Freshness::kFresh);
  for (const char* folder : {"keys", "ledger", "cache", "cache/policy", "approvals", "sessions"}) {
    struct stat st{};
    ASSERT_EQ(::stat(bench.file(folder).c_str(), &st), 0) << folder;
    EXPECT_EQ(st.st_mode & 0777, 0700U) << folder;
  }
  EXPECT_FALSE(gate::KillSwitch(home->dir(), std::nullopt).look().halted);
  EXPECT_EQ(bench.open()->freshness(), Freshness::kExisting);
}

TEST(Home, OpenToOthersIsRefusedWithWhatToType) {
  for (const mode_t mode : {0755U, 0750U, 0770U, 0701U, 0720U, 0500U}) {
    Bench bench;
    ASSERT_EQ(::chmod(bench.scratch.path().c_str(), mode), 0);
    const auto home = bench.open();
    ASSERT_FALSE(home) << mode;
    EXPECT_EQ(home.error().code, "home.mode");
    EXPECT_EQ(home.error().hint, "chmod 700 '" + bench.scratch.path() + "'");
    ASSERT_EQ(::chmod(bench.scratch.path().c_str(), 0700), 0);
  }
}

TEST(Home, OfSomebodyElseIsRefused) {
  Bench bench;
  const auto home =
      Home::open(bench.scratch.open(), "h", ::geteuid() + 1, HomeUse::kOwner, bench.clock);
  ASSERT_FALSE(home);
  EXPECT_EQ(home.error().code, "home.owner");
}

TEST(Home, AFolderInItThatIsOpenOrALinkIsRefused) {
  Bench bench;
  (void)bench.home();
  ASSERT_EQ(::chmod(bench.file("keys").c_str(), 0755), 0);
  EXPECT_EQ(bench.open().error().code, "home.mode");
  fs::remove_all(bench.file("keys"));
  fs::create_directory_symlink("/tmp", bench.file("keys"));
  EXPECT_FALSE(bench.open());
}

TEST(Home, ThatLostItsKillStateIsHalted) {
  Bench bench;
  (void)bench.home();
  fs::remove(bench.file("kill.json"));
  const auto home = bench.home();
  EXPECT_TRUE(gate::KillSwitch(home.dir(), std::nullopt).look().halted);
}

TEST(Home, RootMayVisitButMakesNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to be somebody else";
  Bench bench;
  ASSERT_EQ(::chown(bench.scratch.path().c_str(), 1000, 1000), 0);
  EXPECT_EQ(bench.open(HomeUse::kOwner).error().code, "home.owner");
  EXPECT_EQ(bench.open(HomeUse::kVisitor).error().code, "home.owner");
  EXPECT_TRUE(fs::is_empty(bench.scratch.path()));
}

TEST(Keys, AreMadeOnceAndStay) {
  Bench bench;
  const auto home = bench.home();
  const auto made = signing_key(home, KeyUse::kLedger, bench.entropy);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->made, Made::kNow);
  struct stat st{};
  ASSERT_EQ(::stat(bench.file("keys/ledger.pem").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600U);
  const auto loaded = signing_key(home, KeyUse::kLedger, bench.entropy);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->made, Made::kLoaded);
  EXPECT_EQ(loaded->key.public_key(), made->key.public_key());
  const auto other = signing_key(home, KeyUse::kReceipts, bench.entropy);
  ASSERT_TRUE(other);
  EXPECT_NE(other->key.public_key(), made->key.public_key());
  EXPECT_FALSE(existing_disclosure_key(home));
  ASSERT_TRUE(disclosure_key(home, bench.entropy));
  EXPECT_TRUE(existing_disclosure_key(home));
  for (const auto& entry : fs::directory_iterator(bench.file("keys")))
    EXPECT_FALSE(entry.path().filename().string().starts_with(".")) << entry.path();
}

TEST(Keys, TwoMakersAtOnceHoldTheSameKey) {
  Bench bench;
  const auto home = bench.home();
  std::vector<std::string> keys(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < keys.size(); ++i)
      threads.emplace_back([&, i] {
        FakeEntropy entropy;
        for (std::size_t k = 0; k <= i; ++k) (void)crypto::generate_seal_key(entropy);
        const auto key = signing_key(home, KeyUse::kLedger, entropy);
        if (key) keys[i] = crypto::to_spki_pem(key->key.public_key());
      });
  }
  for (const auto& key : keys) EXPECT_EQ(key, keys.front());
  EXPECT_FALSE(keys.front().empty());
}

TEST(Keys, ABadOneIsRefusedAndNeverReplaced) {
  Bench bench;
  const auto home = bench.home();
  ASSERT_TRUE(signing_key(home, KeyUse::kLedger, bench.entropy));
  ASSERT_TRUE(disclosure_key(home, bench.entropy));
  const auto code = [&] {
    return std::string(signing_key(home, KeyUse::kLedger, bench.entropy).error().code);
  };
  const auto good = bench.text("keys/ledger.pem");
  for (const mode_t mode : {0640U, 0604U, 0660U, 0644U}) {
    bench.write("keys/ledger.pem", good, mode);
    EXPECT_EQ(code(), "key.mode");
  }
  bench.write("keys/ledger.pem", good.substr(0, good.size() / 2));
  EXPECT_TRUE(code() == "key.syntax" || code() == "key.length") << code();
  bench.write("keys/ledger.pem", "");
  EXPECT_FALSE(signing_key(home, KeyUse::kLedger, bench.entropy));
  bench.write("keys/ledger.pem", std::string(5000, 'x'));
  EXPECT_EQ(code(), "disk.too_big");
  fs::remove(bench.file("keys/ledger.pem"));
  fs::create_symlink("receipts.pem", bench.file("keys/ledger.pem"));
  EXPECT_FALSE(signing_key(home, KeyUse::kLedger, bench.entropy));
  bench.write("keys/disclosure.key", "bailey-seal-key/v1 00\n");
  EXPECT_FALSE(disclosure_key(home, bench.entropy));
  EXPECT_EQ(bench.text("keys/disclosure.key"), "bailey-seal-key/v1 00\n");
}

TEST(Keys, OfAnotherOwnerAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  Bench bench;
  const auto home = bench.home();
  ASSERT_TRUE(signing_key(home, KeyUse::kLedger, bench.entropy));
  ASSERT_EQ(::chown(bench.file("keys/ledger.pem").c_str(), 1000, 1000), 0);
  EXPECT_EQ(signing_key(home, KeyUse::kLedger, bench.entropy).error().code, "key.owner");
}

TEST(Level, IsKeptUntilItsEndAndClearedOnDemand) {
  Bench bench;
  const auto home = bench.home();
  EXPECT_FALSE(read_level(home).stored);
  EXPECT_FALSE(read_level(home).unreadable);
  ASSERT_TRUE(write_level(home, model::Level::kRoot, 3'600'000'000'000, bench.clock));
  const auto state = read_level(home);
  ASSERT_TRUE(state.stored);
  EXPECT_EQ(state.stored->level, model::Level::kRoot);
  EXPECT_TRUE(gate::is_in_force(*state.stored, bench.clock));
  bench.clock.advance_ns(3'600'000'000'000);
  EXPECT_FALSE(gate::is_in_force(*state.stored, bench.clock));
  ASSERT_TRUE(clear_level(home));
  EXPECT_FALSE(read_level(home).stored);
  EXPECT_FALSE(write_level(home, model::Level::kRoot, 0, bench.clock));
  EXPECT_FALSE(write_level(home, model::Level::kRoot, kMaxLevelNs + 1, bench.clock));
}

TEST(Level, ADamagedOneIsUnreadable) {
  Bench bench;
  const auto home = bench.home();
  ASSERT_TRUE(write_level(home, model::Level::kRoot, 3'600'000'000'000, bench.clock));
  const auto good = bench.text("level.json");
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    bench.write("level.json", good.substr(0, cut));
    EXPECT_TRUE(read_level(home).unreadable) << cut;
  }
  bench.write("level.json", good, 0666);
  EXPECT_TRUE(read_level(home).unreadable);
  bench.write("level.json", good);
  EXPECT_TRUE(read_level(home).stored);
  std::string longer = good;
  longer.replace(longer.find("\"set_at_ms\":") + 12, 1, "0");
  bench.write("level.json", longer);
  EXPECT_TRUE(read_level(home).unreadable);
}

TEST(Level, TheMatrixIsBuiltInOverriddenOrIsolated) {
  Bench bench;
  const auto home = bench.home();
  EXPECT_EQ(read_matrix(home).matrix.rows().size(), 5U);
  bench.write("levels.yaml", "levels: [");
  EXPECT_EQ(read_matrix(home).matrix.rows().size(), 1U);
  EXPECT_TRUE(read_matrix(home).error);
  bench.write(
      "levels.yaml",
      "levels:\n  - {id: 0, name: A, permissions: {network_enabled: true, paid_api_enabled: "
      "false, filesystem_mode: read_write, shell_enabled: true}}\n");
  EXPECT_FALSE(read_matrix(home).error);
  EXPECT_EQ(read_matrix(home).matrix.least_for(gate::Ability::kShell), model::Level::kIsolated);
}

TEST(PolicyCache, HitsTheSecondTimeAndNeverBelievesDamage) {
  Bench bench;
  const auto home = bench.home();
  const std::string text(policy::default_policy(model::Profile::kStrict));
  const policy::PolicySource source{"strict", text};
  EXPECT_EQ(compiled(home, source)->use, CacheUse::kMiss);
  const auto hit = compiled(home, source);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->use, CacheUse::kHit);
  EXPECT_EQ(hit->policy.policy().name, "strict");
  const auto path = bench.file("cache/policy/" + codec::to_hex(crypto::sha256(as_bytes(text))));
  std::ofstream(path) << "{}";
  EXPECT_EQ(compiled(home, source)->use, CacheUse::kMiss);
  EXPECT_EQ(compiled(home, source)->use, CacheUse::kHit);
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(compiled(home, source)->use, CacheUse::kMiss);
  EXPECT_FALSE(compiled(home, {"", "version: 9"}));
}

TEST(PolicyCache, StaysSmallAndNeverFailsARun) {
  Bench bench;
  const auto home = bench.home();
  for (std::size_t i = 0; i < kMaxCached + 10; ++i)
    ASSERT_TRUE(compiled(home, {"", "version: 1\nname: n" + std::to_string(i)}));
  EXPECT_LE(std::distance(fs::directory_iterator(bench.file("cache/policy")), {}),
            static_cast<std::ptrdiff_t>(kMaxCached));
  fs::remove_all(bench.file("cache/policy"));
  EXPECT_TRUE(compiled(home, {"", "version: 1\n"}));
}

}  // namespace
}  // namespace bailey::store
