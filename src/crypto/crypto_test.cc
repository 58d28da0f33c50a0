// Vectors: FIPS 180-4 examples, RFC 4231, RFC 8032 section 7.1,
// draft-irtf-cfrg-xchacha-03 appendix A.3.1.
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/fakes.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "crypto/secret_access.h"
#include "crypto/sign.h"

namespace bailey::crypto {
namespace {

static_assert(!std::is_default_constructible_v<SecretAccess>);
static_assert(!std::is_copy_constructible_v<SealKey>);
static_assert(!std::is_copy_constructible_v<SigningKey>);

Bytes unhex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return out;
}
std::string hex(ByteView bytes) {
  std::string out;
  for (const auto byte : bytes) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}
std::string pem_of_seed(std::string_view seed_hex) {
  auto der = unhex("302e020100300506032b657004220420" + std::string(seed_hex));
  std::string text((der.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), der.data(),
                  static_cast<int>(der.size()));
  return "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n";
}

TEST(Sha256, MeetsFips180) {
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  Sha256 stream;
  const std::string block(1000, 'a');
  for (int i = 0; i < 1000; ++i) stream.update(as_bytes(block));
  EXPECT_EQ(hex(stream.finish()),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(HmacSha256, MeetsRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(Bytes(131, 0xaa),
                            as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(EqualConstantTime, ComparesLengthAndBytes) {
  EXPECT_TRUE(equal_constant_time({}, {}));
  EXPECT_TRUE(equal_constant_time(as_bytes("ab"), as_bytes("ab")));
  EXPECT_FALSE(equal_constant_time(as_bytes("ab"), as_bytes("ac")));
  EXPECT_FALSE(equal_constant_time(as_bytes("ab"), as_bytes("abc")));
}

struct EdVector {
  const char* seed;
  const char* key;
  const char* message;
  const char* signature;
};
constexpr EdVector kRfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
};

Signature to_signature(const Bytes& bytes) {
  Signature out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

TEST(Ed25519, MeetsRfc8032) {
  for (const auto& vector : kRfc8032) {
    const auto key = SigningKey::from_pem(pem_of_seed(vector.seed));
    ASSERT_TRUE(key);
    EXPECT_EQ(hex(key->public_key().bytes()), vector.key);
    const auto message = unhex(vector.message);
    EXPECT_EQ(hex(key->sign_raw(message)), vector.signature);
    const auto public_key = PublicKey::create(unhex(vector.key));
    ASSERT_TRUE(public_key);
    EXPECT_TRUE(public_key->verify_raw(message, to_signature(unhex(vector.signature))));
  }
}

TEST(Ed25519, RefusesEveryFlippedBit) {
  const auto key = PublicKey::create(unhex(kRfc8032[2].key));
  const auto message = unhex(kRfc8032[2].message);
  const auto good = unhex(kRfc8032[2].signature);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(key->verify_raw(message, to_signature(bad))) << bit;
  }
}

TEST(Ed25519, RefusesANonCanonicalS) {
  // S + L of the second vector: the same signature in another spelling.
  const auto key = PublicKey::create(unhex(kRfc8032[1].key));
  auto spelled = unhex(kRfc8032[1].signature);
  const auto order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += unsigned{spelled[32 + i]} + order[i];
    spelled[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8U;
  }
  EXPECT_FALSE(key->verify_raw(unhex("72"), to_signature(spelled)));
}

TEST(Ed25519, RefusesKeysThatSignAnything) {
  for (const char* point : {
           "0100000000000000000000000000000000000000000000000000000000000000",  // identity
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // order 2
           "0000000000000000000000000000000000000000000000000000000000000000",  // order 4
           "0000000000000000000000000000000000000000000000000000000000000080",
           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  // order 8
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
           "0100000000000000000000000000000000000000000000000000000000000080",  // -0
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // p: not reduced
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "0200000000000000000000000000000000000000000000000000000000000000",  // not on the curve
       }) {
    const auto key = PublicKey::create(unhex(point));
    ASSERT_FALSE(key) << point;
    EXPECT_EQ(key.error().code, "key.invalid");
  }
  EXPECT_EQ(PublicKey::create(Bytes(31)).error().code, "key.length");
  EXPECT_EQ(PublicKey::create(Bytes(33)).error().code, "key.length");
}

TEST(Ed25519, ContextSeparatesWhatASignatureIsFor) {
  FakeEntropy entropy;
  const auto key = SigningKey::generate(entropy);
  const auto signature = key.sign("bailey/receipt/v1", as_bytes("m"));
  EXPECT_TRUE(key.public_key().verify("bailey/receipt/v1", as_bytes("m"), signature));
  EXPECT_FALSE(key.public_key().verify("bailey/other/v1", as_bytes("m"), signature));
  EXPECT_FALSE(key.public_key().verify_raw(as_bytes("m"), signature));
  EXPECT_NE(hex(SigningKey::generate(entropy).public_key().bytes()), hex(key.public_key().bytes()));
}

TEST(PrivateKeyFile, IsWhatOpensslReadsAndWrites) {
  FakeEntropy entropy;
  const auto key = SigningKey::generate(entropy);
  const auto pem = key.to_pem();
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* theirs = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  ASSERT_NE(theirs, nullptr);
  EXPECT_EQ(EVP_PKEY_get_id(theirs), EVP_PKEY_ED25519);
  BIO* out = BIO_new(BIO_s_mem());
  ASSERT_EQ(PEM_write_bio_PrivateKey(out, theirs, nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out, &data);
  EXPECT_EQ(std::string(data, static_cast<std::size_t>(size)), pem);
  BIO* spki = BIO_new(BIO_s_mem());
  ASSERT_EQ(PEM_write_bio_PUBKEY(spki, theirs), 1);
  const auto spki_size = BIO_get_mem_data(spki, &data);
  EXPECT_EQ(std::string(data, static_cast<std::size_t>(spki_size)), to_spki_pem(key.public_key()));
  const auto again = SigningKey::from_pem(pem);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), key.public_key());
  BIO_free(in);
  BIO_free(out);
  BIO_free(spki);
  EVP_PKEY_free(theirs);
}

TEST(PrivateKeyFile, RefusesEverythingElse) {
  const auto good = pem_of_seed(kRfc8032[0].seed);
  ASSERT_TRUE(SigningKey::from_pem(good));
  auto other_algorithm = good;
  other_algorithm.replace(good.find("MC4CAQAwBQYDK2Vw"), 16, "MC4CAQAwBQYDK2Vu");  // X25519
  EXPECT_EQ(SigningKey::from_pem(other_algorithm).error().code, "key.syntax");
  auto shorter = good;
  shorter.erase(good.size() - 40, 4);
  EXPECT_EQ(SigningKey::from_pem(shorter).error().code, "key.length");
  for (const std::string& text :
       {std::string(), std::string("x"), good + "x", " " + good, good + good, good.substr(0, 50),
        std::string("-----BEGIN PUBLIC KEY-----\n")}) {
    EXPECT_FALSE(SigningKey::from_pem(text)) << text;
  }
  EXPECT_TRUE(SigningKey::from_pem(good.substr(0, good.size() - 1)));
}

TEST(Seal, OpensOnlyWithItsKeyAndPurpose) {
  FakeEntropy entropy;
  const auto key = generate_seal_key(entropy);
  const auto other = generate_seal_key(entropy);
  const auto sealed = seal(key, "approval", as_bytes("plain"), entropy);
  EXPECT_EQ(as_text(*open_sealed(key, "approval", sealed)), "plain");
  EXPECT_EQ(open_sealed(other, "approval", sealed).error().code, "seal.open");
  EXPECT_FALSE(open_sealed(key, "session", sealed));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] ^= 1U;
    EXPECT_FALSE(open_sealed(key, "approval", changed)) << i;
    EXPECT_FALSE(open_sealed(key, "approval", ByteView(sealed).first(i))) << i;
  }
  EXPECT_NE(seal(key, "approval", as_bytes("plain"), entropy), sealed);
}

TEST(Seal, MeetsTheXChaCha20Poly1305Vector) {
  std::array<std::uint8_t, 32> key_bytes;
  for (std::size_t i = 0; i < 32; ++i) key_bytes[i] = static_cast<std::uint8_t>(0x80 + i);
  const SealKey key(key_bytes);
  const auto sealed = unhex(
      "404142434445464748494a4b4c4d4e4f5051525354555657"
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda"
      "7e39"
      "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3"
      "fff9"
      "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49");
  const auto about = unhex("50515253c0c1c2c3c4c5c6c7");
  const auto plain = open_sealed(key, as_text(about), sealed);
  ASSERT_TRUE(plain);
  EXPECT_EQ(as_text(*plain),
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
            "future, sunscreen would be it.");
}

TEST(SealKeyFile, RoundTripsAndIsStrict) {
  FakeEntropy entropy;
  const auto key = generate_seal_key(entropy);
  const auto text = write_seal_key(key);
  const auto again = parse_seal_key(text);
  ASSERT_TRUE(again);
  EXPECT_EQ(keyed_digest(key, as_bytes("m")), keyed_digest(*again, as_bytes("m")));
  EXPECT_FALSE(parse_seal_key(text.substr(1)));
  EXPECT_FALSE(parse_seal_key(text + "\n"));
  EXPECT_FALSE(parse_seal_key(""));
  auto upper = text;
  upper[25] = 'G';
  EXPECT_FALSE(parse_seal_key(upper));
}

TEST(DerivedKeys, DifferByPurpose) {
  FakeEntropy entropy;
  const auto key = generate_seal_key(entropy);
  const auto a = derive_key(key, "a");
  const auto b = derive_key(key, "b");
  EXPECT_NE(keyed_digest(a, {}), keyed_digest(b, {}));
  EXPECT_EQ(keyed_digest(a, {}), keyed_digest(derive_key(key, "a"), {}));
}

TEST(Secret, IsWipedWhenMovedFrom) {
  // The bytes of a moved-from key are all zero: its digest is that of a zero key.
  FakeEntropy entropy;
  auto key = generate_seal_key(entropy);
  const auto moved = std::move(key);
  const SealKey zero{std::array<std::uint8_t, 32>{}};
  EXPECT_EQ(keyed_digest(key, {}), keyed_digest(zero, {}));  // NOLINT(bugprone-use-after-move)
  EXPECT_NE(keyed_digest(moved, {}), keyed_digest(zero, {}));
}

}  // namespace
}  // namespace bailey::crypto
