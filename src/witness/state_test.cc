#include "witness/state.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fakes.h"
#include "codec/text.h"
#include "merkle/add_checkpoint.h"
#include "merkle/receipt.h"
#include "test_disk.h"
#include "witness/service.h"

namespace bailey::witness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOrigin = "log.example/one";

merkle::Hash root_of(const std::vector<merkle::Hash>& leaves, std::size_t size) {
  merkle::Frontier frontier;
  for (std::size_t i = 0; i < size; ++i) frontier.append(leaves[i]);
  return frontier.root();
}

class StateTest : public ::testing::Test {
 protected:
  StateTest() {
    for (std::uint8_t i = 0; i < 40; ++i) leaves_.push_back(merkle::leaf_hash(Bytes{i}));
    others_ = leaves_;
    others_[0] = merkle::leaf_hash(Bytes{99});
  }

  std::unique_ptr<State> open() {
    auto state = State::open(app::World::open(disk_.path()), {log_verifier_}, "witness.example/w",
                             witness_, clock_);
    EXPECT_TRUE(state) << state.error().message;
    return state ? *std::move(state) : nullptr;
  }

  [[nodiscard]] std::string note(std::size_t size, const std::vector<merkle::Hash>& leaves) const {
    return merkle::sign_note(merkle::checkpoint_text({kOrigin, size, root_of(leaves, size)}),
                             kOrigin, log_);
  }
  [[nodiscard]] static std::vector<merkle::Hash> proof(const std::vector<merkle::Hash>& leaves,
                                                       std::size_t first, std::size_t second) {
    const auto source = [&](unsigned level, std::uint64_t index) -> Result<merkle::Hash> {
      merkle::Frontier frontier;
      for (std::uint64_t i = index << level; i < (index + 1) << level; ++i) {
        frontier.append(leaves.at(i));
      }
      return frontier.root();
    };
    return *merkle::consistency_proof(first, second, source);
  }
  [[nodiscard]] std::string body(std::size_t old, std::size_t size) const {
    return merkle::write_add_checkpoint({old, proof(leaves_, old, size), note(size, leaves_)});
  }
  [[nodiscard]] std::string file() const { return disk_.path() + "/logs/" + origin_hash(kOrigin); }

  test::ScratchDir disk_;
  FakeClock clock_;
  FakeEntropy entropy_;
  crypto::SigningKey log_ = crypto::SigningKey::generate(entropy_);
  crypto::SigningKey witness_ = crypto::SigningKey::generate(entropy_);
  crypto::SigningKey stranger_ = crypto::SigningKey::generate(entropy_);
  merkle::NoteVerifier log_verifier_ = *merkle::NoteVerifier::create(kOrigin, log_.public_key());
  std::vector<merkle::Hash> leaves_;
  std::vector<merkle::Hash> others_;
};

TEST_F(StateTest, AnswersEveryCaseOfTheStandard) {
  auto state = open();
  // 400
  EXPECT_EQ(state->add_checkpoint("").status, 400U);
  EXPECT_EQ(state->add_checkpoint("old 0\n\nnot a note\n").status, 400U);
  EXPECT_EQ(state->add_checkpoint(body(0, 5).replace(4, 1, "6")).status, 400U);  // old > size
  // 404, before any signature is looked at
  const auto unknown =
      merkle::sign_note(merkle::checkpoint_text({"else", 1, leaves_[0]}), "else", log_);
  EXPECT_EQ(state->add_checkpoint(merkle::write_add_checkpoint({0, {}, unknown})).status, 404U);
  // 403
  const auto text = merkle::checkpoint_text({kOrigin, 5, root_of(leaves_, 5)});
  const auto forged = merkle::sign_note(text, kOrigin, stranger_);
  EXPECT_EQ(state->add_checkpoint(merkle::write_add_checkpoint({0, {}, forged})).status, 403U);
  auto wrong = note(5, leaves_);
  wrong += merkle::sign_note("else\n", kOrigin, log_).substr(6);
  EXPECT_EQ(state->add_checkpoint(merkle::write_add_checkpoint({0, {}, wrong})).status, 403U);
  // 409: nothing was cosigned yet, and the size says so
  const auto early = state->add_checkpoint(body(2, 5));
  EXPECT_EQ(early.status, 409U);
  EXPECT_EQ(early.body, "0\n");
  EXPECT_EQ(early.content_type, "text/x.tlog.size");
  // 422: a proof from nothing; the empty tree under another root
  EXPECT_EQ(state->add_checkpoint(merkle::write_add_checkpoint({0, {leaves_[0]}, note(5, leaves_)}))
                .status,
            422U);
  const auto hollow =
      merkle::sign_note(merkle::checkpoint_text({kOrigin, 0, leaves_[0]}), kOrigin, log_);
  EXPECT_EQ(state->add_checkpoint(merkle::write_add_checkpoint({0, {}, hollow})).status, 422U);
  EXPECT_FALSE(fs::exists(file()));

  // 200, and the line is a cosignature of exactly this note
  const auto good = state->add_checkpoint(body(0, 5));
  ASSERT_EQ(good.status, 200U);
  const auto cosigned = *merkle::parse_note(note(5, leaves_) + good.body);
  EXPECT_EQ(*merkle::cosigned_at(cosigned, state->verifier()),
            std::optional<std::uint64_t>(1'790'000'000));
  EXPECT_EQ(state->add_checkpoint(body(5, 12)).status, 200U);
  EXPECT_EQ(state->add_checkpoint(body(12, 12)).status, 200U);  // the same once more
  // 409: older sizes do not come back
  EXPECT_EQ(state->add_checkpoint(body(5, 20)).body, "12\n");
  EXPECT_EQ(state->add_checkpoint(body(0, 5)).body, "12\n");
  // 422: another tree, whatever its size and proof
  EXPECT_EQ(state->add_checkpoint(merkle::write_add_checkpoint({12, {}, note(12, others_)})).status,
            422U);
  EXPECT_EQ(state
                ->add_checkpoint(
                    merkle::write_add_checkpoint({12, proof(others_, 12, 20), note(20, others_)}))
                .status,
            422U);
  EXPECT_EQ(state->add_checkpoint(merkle::write_add_checkpoint({12, {}, note(20, leaves_)})).status,
            422U);
  EXPECT_EQ(state->add_checkpoint(body(12, 20)).status, 200U);
}

TEST_F(StateTest, GoesOnAfterARestartFromWhatItCosigned) {
  EXPECT_EQ(open()->add_checkpoint(body(0, 5)).status, 200U);
  auto again = open();
  EXPECT_EQ(again->add_checkpoint(body(0, 5)).body, "5\n");
  EXPECT_EQ(again->add_checkpoint(body(5, 7)).status, 200U);
  const auto kept = again->checkpoint(origin_hash(kOrigin));
  ASSERT_TRUE(kept);
  EXPECT_EQ(merkle::verify_checkpoint(*kept, {log_verifier_})->size, 7U);
  EXPECT_FALSE(again->checkpoint(origin_hash("else")));
}

TEST_F(StateTest, DoesNotOpenOnWhatIsDamaged) {
  EXPECT_EQ(open()->add_checkpoint(body(0, 5)).status, 200U);
  std::ifstream in(file());
  const std::string kept((std::istreambuf_iterator<char>(in)), {});
  const auto code = [&](const std::string& text) {
    std::ofstream(file()) << text;
    const auto state = State::open(app::World::open(disk_.path()), {log_verifier_},
                                   "witness.example/w", witness_, clock_);
    return state ? std::string() : std::string(state.error().code);
  };
  EXPECT_EQ(code(kept), "");
  for (std::size_t cut = 0; cut < kept.size(); cut += 7) {
    EXPECT_EQ(code(kept.substr(0, cut)), "witness.state") << cut;
  }
  auto smaller = kept;
  smaller.replace(smaller.find("\n5\n"), 3, "\n4\n");
  EXPECT_EQ(code(smaller), "witness.state");
  EXPECT_EQ(code(note(5, leaves_)), "witness.state");  // without our line
}

TEST_F(StateTest, HasOneProcess) {
  const auto one = open();
  const auto two = State::open(app::World::open(disk_.path()), {log_verifier_}, "witness.example/w",
                               witness_, clock_);
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, "witness.busy");
}

TEST_F(StateTest, OfManyAtOnceExactlyOneWins) {
  auto state = open();
  ASSERT_EQ(state->add_checkpoint(body(0, 5)).status, 200U);
  std::vector<std::string> bodies;
  for (std::size_t size = 6; size < 38; ++size) bodies.push_back(body(5, size));
  std::atomic<int> won{0};
  std::atomic<int> lost{0};
  {
    std::vector<std::jthread> threads;
    for (const auto& each : bodies) {
      threads.emplace_back([&, each] {
        const auto reply = state->add_checkpoint(each);
        if (reply.status == 200) ++won;
        if (reply.status == 409) ++lost;
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, static_cast<int>(bodies.size()) - 1);
}

TEST_F(StateTest, CosignsNothingThatItCannotKeep) {
  auto state = open();
  ASSERT_EQ(state->add_checkpoint(body(0, 5)).status, 200U);
  fs::remove_all(disk_.path() + "/logs");
  const auto reply = state->add_checkpoint(body(5, 6));
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.body.find("\xE2\x80\x94"), std::string::npos);
  EXPECT_EQ(state->add_checkpoint(body(5, 7)).status, 500U);
}

TEST_F(StateTest, ServesItsPathsAndNoOther) {
  auto state = open();
  const auto posted = answer(*state, {"POST", "/add-checkpoint", body(0, 5)}, {});
  EXPECT_EQ(posted.status, 200U);
  const std::string path = "/" + origin_hash(kOrigin) + "/checkpoint";
  const auto shown = answer(*state, {"GET", path, ""}, {});
  EXPECT_EQ(shown.status, 200U);
  EXPECT_TRUE(merkle::verify_checkpoint(shown.body, {log_verifier_}));
  EXPECT_EQ(answer(*state, {"GET", "/add-checkpoint", ""}, {}).status, 405U);
  EXPECT_EQ(answer(*state, {"POST", path, ""}, {}).status, 405U);
  for (const std::string& other :
       {std::string("/"), std::string("/witness.pem"), "/" + origin_hash("else") + "/checkpoint",
        path + "/", std::string("/../witness.pem")}) {
    EXPECT_EQ(answer(*state, {"GET", other, ""}, {}).status, 404U) << other;
  }
}

}  // namespace
}  // namespace bailey::witness
