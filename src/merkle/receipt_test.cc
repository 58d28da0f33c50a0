#include "merkle/receipt.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "merkle/log_for_test.h"

namespace bailey::merkle {
namespace {

// intent 0, refusal 1, outcome 2 of intent 0, then others.
LogForTest a_log() {
  LogForTest log;
  log.add(LeafType::kIntent);
  log.add(LeafType::kRefusal);
  log.add(LeafType::kOutcome, 0);
  for (int i = 0; i < 5; ++i) log.add(LeafType::kControl);
  return log;
}

std::string verdict(const std::string& text, const std::vector<NoteVerifier>& trusted) {
  const auto receipt = parse_receipt(text);
  if (!receipt) return std::string(receipt.error().code);
  const auto verified = verify_receipt(*receipt, trusted);
  return verified ? "good" : std::string(verified.error().code);
}

TEST(Receipt, OfAnOutcomeProvesItsIntentToo) {
  const auto log = a_log();
  const auto text = log.receipt(2, 0);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const auto receipt = parse_receipt(text);
  ASSERT_TRUE(receipt) << receipt.error().message;
  const auto verified = verify_receipt(*receipt, {log.verifier()});
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->leaf.type, LeafType::kOutcome);
  EXPECT_EQ(verified->intent->type, LeafType::kIntent);
  EXPECT_EQ(verified->checkpoint.size, 8U);
  EXPECT_EQ(verdict(log.receipt(1), {log.verifier()}), "good");
}

TEST(Receipt, IsRefusedWithoutTheRightKey) {
  const auto log = a_log();
  LogForTest other("other.example/log");
  EXPECT_EQ(verdict(log.receipt(1), {}), "receipt.checkpoint");
  EXPECT_EQ(verdict(log.receipt(1), {other.verifier()}), "receipt.checkpoint");
  FakeEntropy entropy;
  (void)crypto::SigningKey::generate(entropy);
  const auto thief = crypto::SigningKey::generate(entropy);
  const auto stolen = write_receipt(log.parts(1, {}), log.origin(), thief);
  EXPECT_EQ(verdict(stolen, {log.verifier()}), "receipt.key");
  // A trusted key of another log does not vouch for this one.
  const auto foreign = write_receipt(log.parts(1, {}), other.origin(), other.key());
  EXPECT_EQ(verdict(foreign, {log.verifier(), other.verifier()}), "receipt.key");
}

TEST(Receipt, MayBeSignedByAKeyOfItsOwn) {
  const auto log = a_log();
  FakeEntropy entropy;
  (void)crypto::SigningKey::generate(entropy);
  const auto key = crypto::SigningKey::generate(entropy);
  const auto name = log.origin() + "/receipts";
  const auto text = write_receipt(log.parts(1, {}), name, key);
  const auto verifier = *NoteVerifier::create(name, key.public_key());
  EXPECT_EQ(verdict(text, {log.verifier(), verifier}), "good");
  EXPECT_EQ(verdict(text, {log.verifier()}), "receipt.key");
  EXPECT_EQ(verdict(text, {verifier}), "receipt.checkpoint");
}

TEST(Receipt, StaysGoodWhenAWitnessCosigns) {
  const auto log = a_log();
  LogForTest witness("witness.example");
  auto receipt = *parse_receipt(log.receipt(1));
  auto parts = receipt.parts;
  const auto cosigned =
      sign_note(checkpoint_text(log.checkpoint(8)), "witness.example", witness.key());
  receipt.parts.proof.checkpoint += cosigned.substr(cosigned.find("\n\n") + 2);
  EXPECT_TRUE(verify_receipt(receipt, {log.verifier()}));
}

TEST(Receipt, EveryFlippedBitOfItsTextIsNoticed) {
  const auto log = a_log();
  const auto text = log.receipt(2, 0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const unsigned bit : {0U, 3U, 5U}) {
      auto changed = text;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ (1U << bit));
      ASSERT_NE(verdict(changed, {log.verifier()}), "good") << i << " " << changed;
    }
  }
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    ASSERT_EQ(verdict(text.substr(0, cut), {log.verifier()}), "receipt.syntax");
  }
}

TEST(Receipt, PartsOfOthersDoNotFit) {
  const auto log = a_log();
  const std::vector<NoteVerifier> trusted{log.verifier()};
  const auto sign = [&](const ReceiptParts& parts) {
    return write_receipt(parts, log.origin(), log.key());
  };
  auto parts = log.parts(2, 0);
  parts.intent.reset();
  EXPECT_EQ(verdict(sign(parts), trusted), "receipt.intent");
  parts = log.parts(1, {});
  parts.intent = log.parts(2, 0).intent;
  EXPECT_EQ(verdict(sign(parts), trusted), "receipt.intent");
  parts = log.parts(2, 0);
  parts.intent = IntentProof{log.entries()[1], *inclusion_proof(1, 8, log.source())};
  EXPECT_EQ(verdict(sign(parts), trusted), "receipt.intent");
  parts = log.parts(2, 0);
  parts.intent->path[0][0] ^= 1U;
  EXPECT_EQ(verdict(sign(parts), trusted), "receipt.intent");
  parts = log.parts(1, {});
  parts.leaf = log.entries()[3];
  EXPECT_EQ(verdict(sign(parts), trusted), "receipt.leaf");
  parts = log.parts(1, {});
  parts.proof.path[0][0] ^= 1U;
  EXPECT_EQ(verdict(sign(parts), trusted), "receipt.inclusion");
  parts = log.parts(1, {});
  parts.leaf = Bytes{1, 2, 3};
  EXPECT_EQ(verdict(sign(parts), trusted), "receipt.leaf");
  // A leaf that was never logged, with the signature of another.
  auto receipt = *parse_receipt(log.receipt(1));
  receipt.parts.leaf = log.entries()[3];
  EXPECT_EQ(verify_receipt(receipt, trusted).error().code, "receipt.signature");
}

TEST(Receipt, SyntaxErrorsSayWhichMember) {
  const auto text = a_log().receipt(2, 0);
  const auto message = [&](std::string_view from, std::string_view to) {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    const auto parsed = parse_receipt(changed);
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_NE(message("\"v\":1", "\"v\":2").find("receipt: v: must be from 1 to 1"),
            std::string::npos);
  EXPECT_NE(message("bailey-receipt", "other").find("receipt: type:"), std::string::npos);
  EXPECT_NE(message("\"leaf\":\"", "\"leaf\":\"*").find("leaf:"), std::string::npos);
  EXPECT_NE(message("\"proof\":\"c2sp", "\"proof\":\"C2sp").find("receipt: proof:"),
            std::string::npos);
  EXPECT_NE(message("\"v\":1", "\"v\":1,\"w\":1").find("receipt: w: unknown key"),
            std::string::npos);
  EXPECT_NE(message("{", "{ ").find("canonical"), std::string::npos);
}

}  // namespace
}  // namespace bailey::merkle
