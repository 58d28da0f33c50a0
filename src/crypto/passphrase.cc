#include "crypto/passphrase.h"

#include <sodium.h>

#include "crypto/sodium.h"

namespace bailey::crypto {

static_assert(crypto_pwhash_argon2id_SALTBYTES == sizeof(PassphraseSalt));

Result<SealKey> key_from_passphrase(std::string_view passphrase, const PassphraseSalt& salt,
                                    const PassphraseCost& cost) {
  ensure_sodium();
  if (passphrase.empty()) return fail("key.passphrase", "the passphrase is empty");
  if (cost.kib < 8'192 || cost.kib > 1U << 20 || cost.passes < 1 || cost.passes > 16)
    return fail("key.limit", "the sealed key asks for more work than is done for it");
  std::array<std::uint8_t, 32> bytes{};
  const int made =
      crypto_pwhash(bytes.data(), bytes.size(), passphrase.data(), passphrase.size(), salt.data(),
                    cost.passes, std::size_t{cost.kib} << 10, crypto_pwhash_ALG_ARGON2ID13);
  if (made != 0) return fail("key.limit", "there is no memory to open the sealed key with");
  SealKey key(bytes);
  wipe(bytes);
  return key;
}

}  // namespace bailey::crypto
