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

TEST(VerifyLog, AcceptsALogAndCountsOpenIntents) {
  for (const int extra : {0, 1, 250, 600}) {
    auto log = a_log();
    for (int i = 0; i < extra; ++i) log.add(LeafType::kControl);
    log.add(LeafType::kIntent);
    const auto files = log.files();
    const auto report = verify_log(files_from(files), {log.verifier()});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->checkpoint.size, log.entries().size());
    EXPECT_EQ(report->intents, 2U);
    EXPECT_EQ(report->closed, 1U);
    EXPECT_EQ(report->open_intents, std::vector<std::uint64_t>{log.entries().size() - 1});
  }
  LogForTest empty;
  const auto files = empty.files();
  EXPECT_TRUE(verify_log(files_from(files), {empty.verifier()}));
}

TEST(VerifyLog, NoticesEveryMissingFileAndEveryChangedByte) {
  auto log = a_log();
  for (int i = 0; i < 250; ++i) log.add(LeafType::kControl);
  const auto files = log.files();
  ASSERT_EQ(files.size(), 6U);
  for (const auto& [path, content] : files) {
    auto without = files;
    without.erase(path);
    EXPECT_EQ(verify_log(files_from(without), {log.verifier()}).error().code, "log.missing")
        << path;
    for (std::size_t i = 0; i < content.size(); i += 1 + content.size() / 50) {
      auto changed = files;
      changed[path][i] ^= 1U;
      EXPECT_FALSE(verify_log(files_from(changed), {log.verifier()})) << path << " " << i;
      changed[path].resize(i);
      EXPECT_FALSE(verify_log(files_from(changed), {log.verifier()})) << path << " cut at " << i;
    }
  }
}

TEST(VerifyLog, NoticesLeavesThatContradictEachOther) {
  const auto code = [](LogForTest& log) {
    const auto files = log.files();
    const auto report = verify_log(files_from(files), {log.verifier()});
    return report ? std::string("good") : std::string(report.error().code);
  };
  auto twice = a_log();
  twice.add(LeafType::kInterrupted, 0);
  EXPECT_EQ(code(twice), "log.intent");
  auto no_intent = a_log();
  no_intent.add(LeafType::kOutcome, 1);
  EXPECT_EQ(code(no_intent), "log.intent");
  auto misplaced = a_log();
  misplaced.add_bytes(misplaced.entries()[1]);
  EXPECT_EQ(code(misplaced), "log.entry");
  auto junk = a_log();
  junk.add_bytes(Bytes{1, 2});
  EXPECT_EQ(code(junk), "log.entry");
  auto forged = a_log();
  forged.hashes()[3][0] ^= 1U;  // the tree says another thing than the entries
  EXPECT_EQ(code(forged), "log.tile");
}

TEST(VerifyExtension, NoticesAForkAndARollback) {
  auto log = a_log();
  const auto proof = *consistency_proof(5, 8, log.source());
  const std::vector<NoteVerifier> trusted{log.verifier()};
  EXPECT_TRUE(verify_extension(log.note(5), log.note(8), proof, trusted));
  EXPECT_EQ(verify_extension(log.note(8), log.note(5), proof, trusted).error().code,
            "proof.consistency");
  auto fork = a_log();
  fork.hashes()[2][0] ^= 1U;
  EXPECT_EQ(
      verify_extension(log.note(5), fork.note(8), *consistency_proof(5, 8, fork.source()), trusted)
          .error()
          .code,
      "proof.consistency");
  EXPECT_EQ(verify_extension(log.note(8), fork.note(8), {}, trusted).error().code,
            "proof.consistency");
  EXPECT_TRUE(verify_extension(log.note(8), log.note(8), {}, trusted));
  LogForTest other("other.example");
  other.add(LeafType::kControl);
  EXPECT_EQ(verify_extension(log.note(5), other.note(), {}, {log.verifier(), other.verifier()})
                .error()
                .code,
            "checkpoint.origin");
}

}  // namespace
}  // namespace bailey::merkle
