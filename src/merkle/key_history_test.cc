#include "merkle/key_history.h"

#include <gtest/gtest.h>

#include "merkle/log_for_test.h"

namespace bailey::merkle {
namespace {

constexpr const char* kOrigin = "bailey.example/test";

// Keys k[0], k[1], ... and the statements that somebody makes with them.
class KeyHistoryTest : public ::testing::Test {
 protected:
  struct Held {
    crypto::KeySigner signer;
    NoteVerifier key;
  };
  Held make(KeyRole role = KeyRole::kLedger) {
    crypto::KeySigner signer(crypto::SigningKey::generate(entropy_));
    auto key = *NoteVerifier::create(key_name(kOrigin, role), signer.public_key());
    return {std::move(signer), std::move(key)};
  }
  KeyStatement statement(KeyAction action, KeyRole role, const Held& key) const {
    KeyStatement s{.action = action, .role = role, .key = key.key};
    s.sequence = history_.next_sequence();
    s.prior = history_.prior();
    s.valid_from = WallTime{1'790'000'000'000'000'000};
    return s;
  }
  KeyStatement rotation(const Held& from, const Held& to, KeyRole role = KeyRole::kLedger) const {
    auto s = statement(KeyAction::kRotate, role, to);
    s.previous = from.key;
    s.valid_until = s.valid_from;
    return s;
  }
  static codec::Json sign(const KeyStatement& s, const Held& by, const Held& own) {
    return to_json(*sign_statement(s, by.key, by.signer, begins(s.action) ? &own.signer : nullptr));
  }
  std::string add(std::uint64_t index, const codec::Json& body) {
    const auto added = history_.add(index, body);
    return added ? std::string("ok")
                 : std::string(added.error().code) + ": " + added.error().message;
  }
  std::string rotate(std::uint64_t index, const Held& from, const Held& to) {
    return add(index, sign(rotation(from, to), from, to));
  }
  bool speaks(const Held& key, std::uint64_t size) const {
    const auto keys = history_.believed_at(size);
    return std::any_of(keys.begin(), keys.end(),
                       [&](const auto& each) { return each.vkey() == key.key.vkey(); });
  }

  FakeEntropy entropy_;
  Held first_ = make();
  Held second_ = make();
  Held third_ = make();
  KeyHistory history_{kOrigin, {first_.key}};
};

TEST_F(KeyHistoryTest, LeadsFromTheFirstKeyToTheThird) {
  ASSERT_EQ(rotate(5, first_, second_), "ok");
  ASSERT_EQ(rotate(9, second_, third_), "ok");
  EXPECT_TRUE(speaks(first_, 0));
  EXPECT_FALSE(speaks(second_, 5));
  EXPECT_TRUE(speaks(second_, 6));
  EXPECT_FALSE(speaks(third_, 9));
  EXPECT_TRUE(speaks(third_, 10));
  EXPECT_TRUE(speaks(first_, 1000));  // overlaps until somebody ends it
  EXPECT_EQ(history_.in_force(KeyRole::kLedger)->key.vkey(), third_.key.vkey());
  ASSERT_EQ(add(12, sign(statement(KeyAction::kArchive, KeyRole::kLedger, first_), third_, third_)),
            "ok");
  EXPECT_TRUE(speaks(first_, 13));
  EXPECT_FALSE(speaks(first_, 14));
}

TEST_F(KeyHistoryTest, BelievesNobodyThatTheTrustedKeyDoesNotLeadTo) {
  KeyHistory stranger(kOrigin, {make().key});
  const auto body = sign(rotation(first_, second_), first_, second_);
  ASSERT_TRUE(stranger.add(5, body));
  EXPECT_EQ(stranger.believed_at(6).size(), 1U);  // whom it trusted before, alone
  KeyHistory nobody(kOrigin, {});
  ASSERT_TRUE(nobody.add(5, body));
  EXPECT_TRUE(nobody.believed_at(6).empty());
  // Who trusts the second key needs not to believe the first.
  KeyHistory late(kOrigin, {second_.key});
  ASSERT_TRUE(late.add(5, body));
  EXPECT_EQ(late.believed_at(6).size(), 1U);
  EXPECT_TRUE(late.believed_at(5).empty());
}

TEST_F(KeyHistoryTest, ARevokedKeySpeaksUpToTheSizeThatIsSaidAndNoFurther) {
  ASSERT_EQ(rotate(5, first_, second_), "ok");
  auto revoke = statement(KeyAction::kRevoke, KeyRole::kLedger, first_);
  revoke.until_size = 3;
  ASSERT_EQ(add(7, sign(revoke, second_, second_)), "ok");
  EXPECT_TRUE(speaks(first_, 3));
  EXPECT_FALSE(speaks(first_, 4));
  EXPECT_TRUE(speaks(second_, 6));  // begun by the first one, before anybody knew
  // It has no say any more.
  const auto more = make(KeyRole::kReceipts);
  EXPECT_EQ(add(8, sign(statement(KeyAction::kGenerate, KeyRole::kReceipts, more), first_, more))
                .substr(0, 11),
            "key.history");
}

TEST_F(KeyHistoryTest, AnEndCountsWhoeverSaidIt) {
  KeyHistory untrusting(kOrigin, {second_.key});
  ASSERT_TRUE(untrusting.add(5, sign(rotation(first_, second_), first_, second_)));
  history_ = untrusting;
  ASSERT_EQ(rotate(6, second_, third_), "ok");
  ASSERT_EQ(add(7, sign(statement(KeyAction::kRevoke, KeyRole::kLedger, second_), first_, first_)),
            "ok");
  EXPECT_FALSE(speaks(second_, 9));
  EXPECT_TRUE(speaks(third_, 9));
}

TEST_F(KeyHistoryTest, KeysOfOtherRolesAreBegunByTheLedgersKey) {
  const auto receipts = make(KeyRole::kReceipts);
  const auto next = make(KeyRole::kReceipts);
  ASSERT_EQ(
      add(0, sign(statement(KeyAction::kGenerate, KeyRole::kReceipts, receipts), first_, receipts)),
      "ok");
  EXPECT_TRUE(speaks(receipts, 0));
  ASSERT_EQ(add(1, sign(rotation(receipts, next, KeyRole::kReceipts), first_, next)), "ok");
  EXPECT_TRUE(speaks(receipts, 9));
  EXPECT_TRUE(speaks(next, 9));
  ASSERT_EQ(
      add(2, sign(statement(KeyAction::kRevoke, KeyRole::kReceipts, receipts), first_, first_)),
      "ok");
  EXPECT_FALSE(speaks(receipts, 9));
  ASSERT_EQ(add(3, sign(statement(KeyAction::kRevoke, KeyRole::kReceipts, next), first_, first_)),
            "ok");
  EXPECT_EQ(history_.in_force(KeyRole::kReceipts), nullptr);
  const auto imported = make(KeyRole::kReceipts);
  EXPECT_EQ(
      add(4, sign(statement(KeyAction::kImport, KeyRole::kReceipts, imported), first_, imported)),
      "ok");
}

TEST_F(KeyHistoryTest, AStatementSaidTwiceCountsOnce) {
  const auto body = sign(rotation(first_, second_), first_, second_);
  ASSERT_EQ(add(5, body), "ok");
  EXPECT_EQ(add(6, body), "ok");
  EXPECT_EQ(history_.next_sequence(), 1U);
  ASSERT_EQ(rotate(7, second_, third_), "ok");
  EXPECT_NE(add(8, body), "ok");  // not the one right before any more
}

TEST_F(KeyHistoryTest, EveryRuleThatIsBrokenRefusesTheLog) {
  const KeyHistory fresh = history_;
  const auto refused = [&](std::string_view why, const codec::Json& body, std::uint64_t at = 20) {
    const KeyHistory before = history_;
    const auto said = add(at, body);
    EXPECT_TRUE(said.starts_with("key.history")) << said;
    EXPECT_NE(said.find(why), std::string::npos) << said;
    history_ = before;
  };
  auto s = rotation(first_, second_);
  s.sequence = 1;
  s.prior = Digest{};
  refused("does not follow", sign(s, first_, second_));
  refused("never began",
          sign(statement(KeyAction::kRevoke, KeyRole::kLedger, second_), first_, first_));
  refused("another one takes over",
          sign(statement(KeyAction::kRevoke, KeyRole::kLedger, first_), first_, first_));
  refused("is in force",
          sign(statement(KeyAction::kGenerate, KeyRole::kLedger, second_), first_, second_));
  refused("not in force", sign(rotation(second_, third_), first_, third_));
  s = rotation(first_, second_);
  s.role = KeyRole::kReceipts;
  refused("name of a key", sign(s, first_, second_));

  ASSERT_EQ(rotate(10, first_, second_), "ok");
  refused("behind the one before", sign(rotation(second_, third_), second_, third_), 10);
  refused("not signed by the one before", sign(rotation(second_, third_), first_, third_));
  refused("not in force", sign(rotation(first_, third_), first_, third_));
  refused("begun before", sign(rotation(second_, first_), second_, first_));
  const auto fourth = make();
  refused("does not speak", sign(rotation(third_, fourth), third_, fourth));
  s = statement(KeyAction::kArchive, KeyRole::kLedger, first_);
  s.until_size = 22;
  refused("after its end", sign(s, second_, second_));
  ASSERT_EQ(
      add(11, sign(statement(KeyAction::kArchive, KeyRole::kLedger, first_), second_, second_)),
      "ok");
  refused("ended before",
          sign(statement(KeyAction::kArchive, KeyRole::kLedger, first_), second_, second_));
  refused("does not speak", sign(rotation(first_, third_), first_, third_));
  EXPECT_EQ(
      add(12, sign(statement(KeyAction::kRevoke, KeyRole::kLedger, first_), second_, second_)),
      "ok");

  // Signatures, and the name of another log.
  history_ = fresh;
  auto record =
      *sign_statement(rotation(first_, second_), first_.key, first_.signer, &second_.signer);
  record.signature[0] ^= 1;
  refused("signature of the ledger", to_json(record));
  record.signature[0] ^= 1;
  (*record.possession)[63] ^= 1;
  refused("nobody proved", to_json(record));
  (*record.possession)[63] ^= 1;
  record.statement.reason = "another";
  refused("signature of the ledger", to_json(record));
  KeyHistory elsewhere("other.example/log", {first_.key});
  EXPECT_EQ(elsewhere.add(1, sign(rotation(first_, second_), first_, second_)).error().code,
            "key.history");
}

TEST_F(KeyHistoryTest, ARecordHasOneForm) {
  const auto good = sign(rotation(first_, second_), first_, second_);
  ASSERT_TRUE(read_key_record(good));
  const auto with = [&](const std::string& name, codec::Json value) {
    codec::Json body = good;
    for (auto* object : {&body.as_object()[3].second.as_object(), &body.as_object()})
      for (auto& [key, member] : *object)
        if (key == name) member = value;
    const auto read = read_key_record(body);
    return read ? std::string("read") : std::string(read.error().code);
  };
  EXPECT_EQ(with("reason", "why not"), "read");
  for (const auto& [name, value] : std::vector<std::pair<std::string, codec::Json>>{
           {"action", "steal"},
           {"action", "archive"},
           {"action", "generate"},
           {"role", "king"},
           {"vkey", ""},
           {"vkey", "a+b+c"},
           {"previous", ""},
           {"sequence", -1},
           {"sequence", 1},
           {"sequence", "0"},
           {"prior", std::string(64, '0')},
           {"prior", "x"},
           {"valid_from", ""},
           {"valid_from", "2026-11-21"},
           {"valid_until", ""},
           {"until_size", "5"},
           {"valid_until", "2000-01-01T00:00:00.000000000Z"},
           {"reason", std::string(513, 'x')},
           {"reason", 5},
           {"authority", "x"},
           {"signature", ""},
           {"signature", "AAAA"},
           {"possession", ""},
           {"statement", "x"},
           {"statement", codec::Json(codec::Json::Object{})}})
    EXPECT_EQ(with(name, value), "key.statement") << name;
  codec::Json more = good;
  more.set("more", 1);
  EXPECT_EQ(read_key_record(more).error().code, "key.statement");
}

TEST_F(KeyHistoryTest, AHistoryFileLeadsToTheKeysWithoutTheLog) {
  LogForTest log(kOrigin);
  const Held anchor{crypto::KeySigner(*crypto::SigningKey::from_pem(log.key().to_pem())),
                    log.verifier()};
  log.add(LeafType::kIntent);
  const auto at = log.add_body(LeafType::kKey, sign(rotation(anchor, second_), anchor, second_));
  log.add(LeafType::kControl);
  HistoryFile file;
  const auto size = log.entries().size();
  const auto text = checkpoint_text(log.checkpoint(size));
  file.leaves.push_back({log.entries()[at], *inclusion_proof(at, size, log.source())});
  const auto signed_by = [&](const Held& held) {
    const auto key = *NoteVerifier::create(kOrigin, held.signer.public_key());
    Bytes blob;
    for (int shift = 24; shift >= 0; shift -= 8)
      blob.push_back(static_cast<std::uint8_t>(key.key_id() >> shift));
    const auto signature = *held.signer.sign_raw(as_bytes(text));
    blob.insert(blob.end(), signature.begin(), signature.end());
    return text + "\n\u2014 " + kOrigin + " " + codec::to_base64(blob) + "\n";
  };
  file.checkpoint = signed_by(second_);
  const auto written = write_history_file(file);
  const auto read = parse_history_file(written);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(write_history_file(*read), written);
  const auto followed = verify_history_file(*read, {anchor.key});
  ASSERT_TRUE(followed) << followed.error().message;
  EXPECT_EQ(followed->in_force(KeyRole::kLedger)->key.vkey(), second_.key.vkey());
  EXPECT_EQ(verify_history_file(*read, {third_.key}).error().code, "note.signature");
  EXPECT_FALSE(verify_history_file(*read, {}));
  file.checkpoint = signed_by(third_);
  EXPECT_EQ(verify_history_file(file, {anchor.key}).error().code, "note.signature");
  file.checkpoint = signed_by(second_);
  file.leaves[0].path[0][0] ^= 1;
  EXPECT_EQ(verify_history_file(file, {anchor.key}).error().code, "proof.inclusion");
  file.leaves.clear();
  EXPECT_EQ(verify_history_file(file, {anchor.key}).error().code, "note.signature");
  EXPECT_EQ(parse_history_file(written.substr(0, written.size() - 1)).error().code,
            "key.history_file");
}

}  // namespace
}  // namespace bailey::merkle
