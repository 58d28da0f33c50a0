#include "ledger/leaf_bodies.h"

#include <gtest/gtest.h>

#include "ledger/street_for_test.h"

namespace bailey::ledger {
namespace {

class NoWatch final : public model::AuthorityWatch {
 public:
  void abandoned(const model::ActionDigest&,
                 const std::optional<model::IntentId>&) noexcept override {}
};

class LeafBodies : public ::testing::Test {
 protected:
  std::array<std::uint8_t, 32> secret_{7};
  crypto::SealKey key_{std::span(secret_)};
  merkle::Nonce nonce_{};
  Discloser discloser_{key_, nonce_};
  NoWatch watch_;
};

TEST_F(LeafBodies, AnIntentNamesTheApprovalThatAllowedIt) {
  const auto with = intent_body(a_permit(watch_, "", "ask-7"), discloser_);
  ASSERT_NE(with.find("approval_id"), nullptr);
  EXPECT_EQ(with.find("approval_id")->as_string(), "ask-7");
  EXPECT_EQ(intent_body(a_permit(watch_), discloser_).find("approval_id"), nullptr);
}

TEST_F(LeafBodies, ASecretInANameIsNotWritten) {
  const std::string token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
  const auto body = intent_body(a_permit(watch_, token, "ask " + token), discloser_);
  const std::string text = codec::canonical_json(body);
  EXPECT_EQ(text.find(token), std::string::npos);
  EXPECT_NE(text.find("ask [redacted:github]"), std::string::npos);
}

}  // namespace
}  // namespace bailey::ledger
