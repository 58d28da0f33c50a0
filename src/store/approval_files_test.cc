// Asks and answers on disk: sealed, bound, answered once, used once.
#include "store/approval_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fakes.h"
#include "store/key_files.h"
#include "test_disk.h"

namespace bailey::store {
namespace {

namespace fs = std::filesystem;
using consent::Answer;
using consent::Ask;

constexpr std::int64_t kMinute = 60'000'000'000;

struct Bench {
  Bench()
      : home([&] {
          EXPECT_EQ(::chmod(scratch.path().c_str(), 0700), 0);
          return *Home::open(scratch.open(), scratch.path(), ::geteuid(), HomeUse::kOwner, clock);
        }()),
        files(*ApprovalFiles::open(home, disclosure_key(home, entropy)->key, clock, entropy)) {}

  Ask question(std::uint8_t number = 1) {
    Ask ask;
    ask.action.bytes[0] = number;
    ask.policy[0] = 7;
    ask.what = "curl -H 'token: planted-secret-1234'";
    ask.why = "a rule asks";
    ask.who = consent::WhoAnswers::kSelf;
    ask.created = clock.wall();
    ask.expires = {clock.wall().unix_ns + 10 * kMinute};
    ask.boot = clock.boot_id();
    ask.expires_mono = {clock.monotonic().ns + 10 * kMinute};
    ask.requester = "session:1";
    ask.owner = me();
    return ask;
  }
  static std::string me() { return "uid:" + std::to_string(::geteuid()); }
  Status say(const Ask& ask, Answer answer) {
    return files.answer(ask, {answer, me(), clock.wall()});
  }
  [[nodiscard]] fs::path file(const std::string& name) const {
    return fs::path(scratch.path()) / "approvals" / name;
  }
  std::optional<gate::Approval> found(const Ask& ask) {
    const auto found = files.find(ask.action, ask.policy);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : std::nullopt;
  }

  test::ScratchDir scratch;
  FakeClock clock;
  FakeEntropy entropy;
  Home home;
  ApprovalFiles files;
};

TEST(ApprovalFiles, KeepAnAskAcrossProcesses) {
  Bench bench;
  const auto ask = bench.files.put(bench.question());
  ASSERT_TRUE(ask) << ask.error().message;
  EXPECT_EQ(ask->id.size(), 16U);
  FakeEntropy entropy;
  const auto key = existing_disclosure_key(bench.home);
  const auto other = ApprovalFiles::open(bench.home, *key, bench.clock, entropy);
  const auto stored = other->get(ask->id);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->ask.what, bench.question().what);
  EXPECT_EQ(stored->ask.nonce, ask->nonce);
  EXPECT_EQ(stored->ask.owner, Bench::me());
  EXPECT_FALSE(stored->answer);
  EXPECT_EQ(other->list()->size(), 1U);
}

TEST(ApprovalFiles, HoldNoSecretInTheClear) {
  Bench bench;
  ASSERT_TRUE(bench.files.put(bench.question()));
  int looked = 0;
  for (const auto& entry : fs::recursive_directory_iterator(bench.scratch.path())) {
    if (!entry.is_regular_file()) continue;
    ++looked;
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(text.find("planted-secret"), std::string::npos) << entry.path();
    EXPECT_EQ(text.find("curl"), std::string::npos) << entry.path();
  }
  EXPECT_GE(looked, 3);
}

TEST(ApprovalFiles, TheSameQuestionIsTheSameAsk) {
  Bench bench;
  const auto first = bench.files.put(bench.question());
  const auto again = bench.files.put(bench.question());
  EXPECT_EQ(first->id, again->id);
  EXPECT_EQ(first->nonce, again->nonce);
  EXPECT_NE(bench.files.put(bench.question(2))->id, first->id);
  auto other_policy = bench.question();
  other_policy.policy[0] = 8;
  EXPECT_NE(bench.files.put(other_policy)->id, first->id);
}

TEST(ApprovalFiles, AGrantIsFoundAndUsedOnce) {
  Bench bench;
  const auto ask = *bench.files.put(bench.question());
  EXPECT_FALSE(bench.found(ask));
  ASSERT_TRUE(bench.say(ask, Answer::kGrant));
  ASSERT_TRUE(bench.found(ask));
  EXPECT_EQ(bench.found(ask)->answer, gate::Answer::kGranted);
  EXPECT_FALSE(bench.found(bench.question(2)));
  EXPECT_TRUE(bench.files.use(ask.id));
  EXPECT_EQ(bench.files.use(ask.id).error().code, "approval.used");
  EXPECT_FALSE(bench.found(ask));
  EXPECT_EQ(bench.files.get(ask.id).error().code, "approval.missing");
}

TEST(ApprovalFiles, OfManyUsersOfOneYesOneWins) {
  Bench bench;
  const auto ask = *bench.files.put(bench.question());
  ASSERT_TRUE(bench.say(ask, Answer::kGrant));
  std::atomic<int> won{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] { won += bench.files.use(ask.id).has_value() ? 1 : 0; });
  }
  EXPECT_EQ(won, 1);
}

TEST(ApprovalFiles, TheFirstAnswerWins) {
  Bench bench;
  const auto ask = *bench.files.put(bench.question());
  ASSERT_TRUE(bench.say(ask, Answer::kDeny));
  EXPECT_EQ(bench.say(ask, Answer::kGrant).error().code, "approval.answered");
  EXPECT_EQ(bench.found(ask)->answer, gate::Answer::kDenied);
  EXPECT_EQ(bench.files.use(ask.id).error().code, "approval.used");
}

TEST(ApprovalFiles, AnAnswerEndsWithItsAsk) {
  Bench bench;
  const auto ask = *bench.files.put(bench.question());
  ASSERT_TRUE(bench.say(ask, Answer::kGrant));
  bench.clock.advance_ns(10 * kMinute);
  EXPECT_FALSE(bench.found(ask));
  EXPECT_EQ(bench.files.use(ask.id).error().code, "approval.used");
  ASSERT_TRUE(bench.files.sweep());
  EXPECT_FALSE(fs::exists(bench.file(ask.id + ".ask")));
  EXPECT_FALSE(fs::exists(bench.file(ask.id + ".answer")));
}

TEST(ApprovalFiles, AnOldYesDoesNotAnswerANewAsk) {
  Bench bench;
  const auto first = *bench.files.put(bench.question());
  ASSERT_TRUE(bench.say(first, Answer::kGrant));
  fs::copy(bench.file(first.id + ".answer"), bench.file("kept"));
  bench.clock.advance_ns(10 * kMinute);
  const auto second = *bench.files.put(bench.question());
  EXPECT_EQ(second.id, first.id);
  EXPECT_FALSE(bench.found(second));
  fs::copy(bench.file("kept"), bench.file(second.id + ".answer"));
  EXPECT_FALSE(bench.found(second));  // put back by hand: still for the first asking
}

TEST(ApprovalFiles, DamageIsNeverAYes) {
  Bench bench;
  const auto ask = *bench.files.put(bench.question());
  ASSERT_TRUE(bench.say(ask, Answer::kGrant));
  const auto path = bench.file(ask.id + ".answer");
  std::string good;
  {
    std::ifstream in(path);
    good.assign(std::istreambuf_iterator<char>(in), {});
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(path) << bad;
    EXPECT_FALSE(bench.files.find(ask.action, ask.policy)) << i;
    std::ofstream(path) << good.substr(0, i);
    EXPECT_FALSE(bench.files.find(ask.action, ask.policy)) << i;
  }
  std::ofstream(path) << good;
  EXPECT_TRUE(bench.found(ask));
  // The answer to one ask in the place of another's.
  const auto other = *bench.files.put(bench.question(2));
  fs::copy(path, bench.file(other.id + ".answer"));
  EXPECT_FALSE(bench.files.find(other.action, other.policy));
  // And one ask's file under another's name.
  fs::copy(bench.file(ask.id + ".ask"), bench.file(other.id + ".ask"),
           fs::copy_options::overwrite_existing);
  EXPECT_EQ(bench.files.get(other.id).error().code, "approval.unreadable");
}

TEST(ApprovalFiles, AnAnswerCountsOnlyInTheNameOfItsFilesOwner) {
  Bench bench;
  auto question = bench.question();
  question.who = consent::WhoAnswers::kOther;
  const auto ask = *bench.files.put(question);
  // The owner writes somebody else's yes: the kernel knows who wrote the file.
  ASSERT_TRUE(bench.files.answer(ask, {Answer::kGrant, "uid:4242", bench.clock.wall()}));
  EXPECT_FALSE(bench.files.find(ask.action, ask.policy));
  fs::remove(bench.file(ask.id + ".answer"));
  // Nor does the owner's own yes count, however it got there.
  ASSERT_TRUE(bench.say(ask, Answer::kGrant));
  EXPECT_FALSE(bench.files.find(ask.action, ask.policy));
  if (::geteuid() != 0) return;
  fs::remove(bench.file(ask.id + ".answer"));
  ASSERT_TRUE(bench.files.answer(ask, {Answer::kGrant, "uid:4242", bench.clock.wall()}));
  ASSERT_EQ(::chown(bench.file(ask.id + ".answer").c_str(), 4242, 4242), 0);
  EXPECT_TRUE(bench.found(ask));
}

TEST(ApprovalFiles, StrangeNamesAreNoAsks) {
  Bench bench;
  for (const char* id :
       {"", "x", "../keys/ledger", "0123456789ABCDEF", "0123456789abcde", "0123456789abcdef0"})
    EXPECT_EQ(bench.files.get(id).error().code, "approval.missing") << id;
  std::ofstream(bench.file("junk.ask")) << "x";
  EXPECT_TRUE(bench.files.list()->empty());
}

}  // namespace
}  // namespace bailey::store
