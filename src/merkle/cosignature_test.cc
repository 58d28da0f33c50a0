#include "merkle/cosignature.h"

#include <gtest/gtest.h>

#include <bit>

#include "base/fakes.h"
#include "merkle/add_checkpoint.h"
#include "merkle/tlog_policy.h"

namespace bailey::merkle {
namespace {

constexpr std::uint64_t kTime = 1'790'000'000;
constexpr std::string_view kText = "log.example\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

struct Key {
  crypto::SigningKey key;
  CosignatureVerifier witness;
};

Key key_called(const std::string& name, FakeEntropy& entropy) {
  auto key = crypto::SigningKey::generate(entropy);
  auto witness = *CosignatureVerifier::create(name, key.public_key());
  return {std::move(key), std::move(witness)};
}

TEST(Cosignature, IsOfThisNoteThisTimeAndThisWitness) {
  FakeEntropy entropy;
  const auto log = crypto::SigningKey::generate(entropy);
  const auto a = key_called("witness.example/a", entropy);
  const auto b = key_called("witness.example/b", entropy);
  const auto note =
      sign_note(kText, "log.example", log) + cosign(kText, a.witness.name(), kTime, a.key);
  const auto parsed = *parse_note(note);
  EXPECT_EQ(*cosigned_at(parsed, a.witness), std::optional(kTime));
  EXPECT_EQ(*cosigned_at(parsed, b.witness), std::nullopt);
  // The log's own signature still counts for itself beside it.
  EXPECT_TRUE(verify_note(parsed, {*NoteVerifier::create("log.example", log.public_key())}));
  auto changed = parsed;
  changed.text[0] = 'L';
  EXPECT_EQ(cosigned_at(changed, a.witness).error().code, "cosignature.signature");
  for (std::size_t bit = 0; bit < 72 * 8; ++bit) {
    auto flipped = parsed;
    flipped.signatures.back().signature[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(cosigned_at(flipped, a.witness)) << bit;
  }
}

TEST(Cosignature, APlainSignatureOfTheSameKeyIsNoCosignature) {
  FakeEntropy entropy;
  const auto a = key_called("log.example", entropy);
  const auto parsed = *parse_note(sign_note(kText, "log.example", a.key));
  EXPECT_EQ(*cosigned_at(parsed, a.witness), std::nullopt);  // another key id
  EXPECT_NE(a.witness.key_id(), NoteVerifier::create("log.example", a.key.public_key())->key_id());
}

TEST(TlogPolicy, EveryWitnessAddedToACheckpointOnlyHelps) {
  FakeEntropy entropy;
  std::vector<Key> keys;
  std::string text;
  for (int i = 0; i < 5; ++i) {
    keys.push_back(key_called("w" + std::to_string(i), entropy));
    text += "witness w" + std::to_string(i) + " " + keys.back().witness.vkey() + "\n";
  }
  text += "group one any w0 w1\ngroup two 2 one w2 w3\ngroup all_of all two w4\nquorum all_of\n";
  const auto policy = *parse_tlog_policy(text);
  // The slow and obvious reading of the same rule.
  const auto expected = [](unsigned by) {
    const auto has = [by](unsigned i) { return (by >> i & 1U) != 0; };
    const int two =
        static_cast<int>(has(0) || has(1)) + static_cast<int>(has(2)) + static_cast<int>(has(3));
    return two >= 2 && has(4);
  };
  for (unsigned by = 0; by < 32; ++by) {
    Note note{std::string(kText), {}};
    std::string lines = std::string(kText) + "\n" + cosign(kText, "stranger", kTime, keys[0].key);
    for (unsigned i = 0; i < 5; ++i) {
      if ((by >> i & 1U) != 0) lines += cosign(kText, keys[i].witness.name(), kTime, keys[i].key);
    }
    const auto report = count_cosignatures(*parse_note(lines), policy);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->quorum == Quorum::kMet, expected(by)) << by;
    EXPECT_EQ(report->by.size(), static_cast<std::size_t>(std::popcount(by)));
  }
}

TEST(TlogPolicy, HasLimits) {
  FakeEntropy entropy;
  std::string text;
  for (int i = 0; i < 129; ++i) {
    text += "witness w" + std::to_string(i) + " " +
            key_called("w" + std::to_string(i), entropy).witness.vkey() + "\n";
    if (i == 127) {
      EXPECT_TRUE(parse_tlog_policy(text + "quorum w0\n"));
    }
  }
  EXPECT_EQ(parse_tlog_policy(text + "quorum w0\n").error().code, "tlog_policy.limit");
  EXPECT_EQ(parse_tlog_policy(std::string((256U << 10) + 1, '\n')).error().code,
            "tlog_policy.limit");
}

TEST(TlogPolicy, SaysWhichLineIsWrong) {
  const auto policy = parse_tlog_policy("# one\n\nquorum none\nquorum none\n");
  ASSERT_FALSE(policy);
  EXPECT_NE(policy.error().message.find("line 4"), std::string::npos) << policy.error().message;
}

TEST(AddCheckpoint, CutAnywhereIsNeverAnotherRequest) {
  AddCheckpoint request{5, {Hash{1}, Hash{2}}, "note\n"};
  const auto body = write_add_checkpoint(request);
  ASSERT_TRUE(parse_add_checkpoint(body));
  for (std::size_t cut = 0; cut + request.checkpoint.size() <= body.size(); ++cut) {
    EXPECT_FALSE(parse_add_checkpoint(std::string_view(body).substr(0, cut))) << cut;
  }
}

TEST(TlogSize, IsOneNumberAndANewline) {
  EXPECT_EQ(*parse_tlog_size("0\n"), 0U);
  EXPECT_EQ(*parse_tlog_size(write_tlog_size(INT64_MAX)), static_cast<std::uint64_t>(INT64_MAX));
  for (const char* bad :
       {"", "\n", "1", "01\n", "1\n\n", "-1\n", " 1\n", "9223372036854775808\n"}) {
    EXPECT_EQ(parse_tlog_size(bad).error().code, "witness.syntax") << bad;
  }
}

}  // namespace
}  // namespace bailey::merkle
