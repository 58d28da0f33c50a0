#include "store/key_ring.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/fakes.h"
#include "test_disk.h"

namespace bailey::store {
namespace {

namespace fs = std::filesystem;

using test::ScratchDir;

struct Desk {
  ScratchDir scratch;
  FakeClock clock;
  FakeEntropy entropy;
  Home home = opened();

  Home opened() {
    EXPECT_EQ(::chmod(scratch.path().c_str(), 0700), 0);
    return *Home::open(scratch.open(), scratch.path(), ::geteuid(), HomeUse::kOwner, clock);
  }
  RingKey key(KeyRole role, const std::string& origin) {
    const auto made = crypto::SigningKey::generate(entropy);
    RingKey out{
        .role = role,
        .key = *merkle::NoteVerifier::create(merkle::key_name(origin, role), made.public_key())};
    EXPECT_TRUE(keep_key_file(home, role, made.public_key(), made.to_pem()));
    return out;
  }
  KeyRing ring() {
    KeyRing out;
    const auto first = crypto::SigningKey::generate(entropy);
    out.origin = ledger_origin(first.public_key());
    EXPECT_TRUE(keep_key_file(home, KeyRole::kLedger, first.public_key(), first.to_pem()));
    out.keys.push_back({.role = KeyRole::kLedger,
                        .key = *merkle::NoteVerifier::create(out.origin, first.public_key()),
                        .state = KeyState::kRevoked,
                        .from = WallTime{1'790'000'000'000'000'000},
                        .until = WallTime{1'790'000'000'000'000'001},
                        .until_size = 7,
                        .reason = "stolen",
                        .told = true});
    out.keys.push_back(key(KeyRole::kLedger, out.origin));
    out.keys.push_back(key(KeyRole::kReceipts, out.origin));
    out.sequence = 3;
    out.prior = Digest{1};
    out.stored = true;
    return out;
  }
};

TEST(KeyRing, IsReadBackAsItWasWritten) {
  Desk desk;
  const auto ring = desk.ring();
  ASSERT_TRUE(store_key_ring(desk.home, ring));
  const auto read = read_key_ring(desk.home);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(ring));
  EXPECT_EQ(read->in_force(KeyRole::kLedger)->key.vkey(), ring.keys[1].key.vkey());
  EXPECT_EQ(read->speaking_for(7).size(), 3U);
  EXPECT_EQ(read->speaking_for(8).size(), 2U);
  EXPECT_EQ(read->ledger_keys().size(), 2U);
  for (const auto& key : read->keys) EXPECT_TRUE(read_key_file(desk.home, *read, key));
}

TEST(KeyRing, OfAnotherFormIsRefused) {
  Desk desk;
  const auto ring = desk.ring();
  const auto code = [](const codec::Json& json) {
    const auto read = parse_key_ring(codec::canonical_json(json));
    return read ? std::string("read") : std::string(read.error().code);
  };
  ASSERT_EQ(code(to_json(ring)), "read");
  const auto changed = [&](const auto& change) {
    KeyRing other = ring;
    change(other);
    return code(to_json(other));
  };
  EXPECT_EQ(changed([](KeyRing& r) { r.keys.push_back(r.keys[2]); }), "key.ring");
  EXPECT_EQ(changed([](KeyRing& r) { r.keys[0].state = KeyState::kInForce; }), "key.ring");
  EXPECT_EQ(changed([](KeyRing& r) { r.keys.erase(r.keys.begin()); }), "key.ring");
  EXPECT_EQ(changed([](KeyRing& r) { r.keys.clear(); }), "key.ring");
  EXPECT_EQ(changed([](KeyRing& r) { r.keys[1].role = KeyRole::kSkill; }), "key.ring");
  EXPECT_EQ(changed([](KeyRing& r) { r.origin = "bailey/0000000000000000"; }), "key.ring");
  EXPECT_EQ(changed([](KeyRing& r) { r.prior.reset(); }), "key.ring");
  codec::Json more = to_json(ring);
  more.set("more", 1);
  EXPECT_EQ(code(more), "key.ring");
  for (const char* text : {"", "{}", "[]", "null", "{\"v\":1}"})
    EXPECT_EQ(parse_key_ring(text).error().code, "key.ring") << text;
}

TEST(KeyRing, AKeyFileIsNeverReplacedAndHoldsItsOwnKey) {
  Desk desk;
  const auto ring = desk.ring();
  const auto& key = ring.keys[1];
  const auto good = read_key_file(desk.home, ring, key)->text();
  ASSERT_TRUE(keep_key_file(desk.home, key.role, key.key.key(), "something else"));
  EXPECT_EQ(read_key_file(desk.home, ring, key)->text(), good);
  const fs::path all = fs::path(desk.scratch.path()) / "keys/all";
  const auto path = all / key_file_name(key.role, key.key.key());
  const auto other = all / key_file_name(ring.keys[2].role, ring.keys[2].key.key());
  fs::copy_file(other, path, fs::copy_options::overwrite_existing);
  EXPECT_EQ(read_key_file(desk.home, ring, key).error().code, "key.other");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(read_key_file(desk.home, ring, key).error().code, "key.mode");
  fs::remove(path);
  EXPECT_EQ(read_key_file(desk.home, ring, key).error().code, "key.missing");
  fs::create_symlink(other, path);
  EXPECT_FALSE(read_key_file(desk.home, ring, key));
}

TEST(KeyRing, AChangeIsReadBackAndADamagedOneRefused) {
  Desk desk;
  EXPECT_FALSE(read_key_change(desk.home)->has_value());
  KeyChange change;
  change.from_size = 9;
  change.ring = desk.ring();
  ASSERT_TRUE(begin_key_change(desk.home, change));
  const auto read = read_key_change(desk.home);
  ASSERT_TRUE(read && read->has_value());
  EXPECT_EQ(write_key_change(**read), write_key_change(change));
  EXPECT_EQ(parse_key_change("{}").error().code, "key.change");
  auto text = write_key_change(change);
  text.replace(text.find("\"before_switch\":0"), 17, "\"before_switch\":1");
  EXPECT_EQ(parse_key_change(text).error().code, "key.change");
  ASSERT_TRUE(end_key_change(desk.home, change.ring));
  EXPECT_FALSE(read_key_change(desk.home)->has_value());
}

TEST(KeyRing, OneChangesKeysAtATime) {
  Desk desk;
  auto held = lock_keys(desk.home);
  ASSERT_TRUE(held);
  EXPECT_EQ(lock_keys(desk.home, 100).error().code, "key.busy");
  *held = Fd();
  EXPECT_TRUE(lock_keys(desk.home));
}

TEST(KeyText, OfASealedKeyOpensWithItsPassphraseAlone) {
  FakeEntropy entropy;
  const auto key = crypto::SigningKey::generate(entropy);
  const crypto::PassphraseCost cheap{.kib = 8'192, .passes = 1};
  const auto text = write_sealed_key(key, "correct horse", entropy, cheap);
  ASSERT_TRUE(text);
  const auto parsed = parse_key_text(*text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->form, KeyForm::kSealed);
  EXPECT_EQ(parsed->public_key, key.public_key());
  EXPECT_EQ(open_sealed_key(*parsed, "correct horse")->to_pem(), key.to_pem());
  EXPECT_EQ(open_sealed_key(*parsed, "wrong horse").error().code, "key.passphrase");
  EXPECT_EQ(open_sealed_key(*parsed, "").error().code, "key.passphrase");
  auto other = *parsed;
  other.public_key = crypto::SigningKey::generate(entropy).public_key();
  EXPECT_EQ(open_sealed_key(other, "correct horse").error().code, "key.passphrase");
  other = *parsed;
  other.cost.passes = 2;
  EXPECT_EQ(open_sealed_key(other, "correct horse").error().code, "key.passphrase");
  for (const crypto::PassphraseCost cost :
       {crypto::PassphraseCost{8'191, 1}, {2'000'000, 1}, {8'192, 0}, {8'192, 17}}) {
    other.cost = cost;
    EXPECT_EQ(open_sealed_key(other, "correct horse").error().code, "key.limit");
  }
  // Every line is needed, in its place and no other.
  for (std::size_t at = 0; at + 1 < text->size();) {
    const auto end = text->find('\n', at);
    std::string without = *text;
    without.erase(at, end - at + 1);
    EXPECT_FALSE(parse_key_text(without)) << without;
    at = end + 1;
  }
  EXPECT_FALSE(parse_key_text(*text + "\n"));
  EXPECT_FALSE(parse_key_text(text->substr(0, text->size() - 1)));
}

TEST(KeyText, OfATokenNamesAPlaceAndNoSecret) {
  FakeEntropy entropy;
  const auto key = crypto::SigningKey::generate(entropy).public_key();
  const TokenKey token{"/usr/lib/x.so", "one/ledger", ""};
  const auto text = write_token_key(token, key);
  ASSERT_TRUE(text);
  EXPECT_EQ(parse_key_text(*text)->token, token);
  for (const TokenKey& bad :
       {TokenKey{"x.so", "a", ""}, TokenKey{"/x.so", "", ""}, TokenKey{"/x.so", "a\nb", ""},
        TokenKey{"/x.so", "a", "pin"}, TokenKey{"", "a", ""}, TokenKey{"/x.so", "a\x1b[2J", ""}})
    EXPECT_EQ(write_token_key(bad, key).error().code, "key.syntax") << bad.label;
  EXPECT_EQ(parse_key_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n").error().code,
            "key.syntax");
}

}  // namespace
}  // namespace bailey::store
