#include "store/witness_key.h"

#include "store/private_file.h"

namespace bailey::store {
namespace {

constexpr std::size_t kMaxKeyBytes = 4'096;
constexpr PrivateErrors kErrors{"key.owner", "key.mode"};
constexpr const char* kFile = "witness.pem";

void wipe(std::string& text) {
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

Result<KeyFile<crypto::SigningKey>> witness_key(const Dir& state, uid_t owner, Entropy& entropy) {
  const auto read = [&] {
    return read_private(state, RelPath::known(kFile), kMaxKeyBytes, owner, kErrors);
  };
  auto text = read();
  Made made = Made::kLoaded;
  if (!text && text.error().code == "disk.missing") {
    std::string fresh = crypto::SigningKey::generate(entropy).to_pem();
    const auto created = create_private(state, kFile, as_bytes(fresh));
    wipe(fresh);
    if (!created && created.error().code != "disk.exists") return std::unexpected(created.error());
    if (created) made = Made::kNow;
    text = read();
  }
  if (!text) return std::unexpected(std::move(text).error());
  auto key = crypto::SigningKey::from_pem(*text);
  wipe(*text);
  if (!key) return std::unexpected(std::move(key).error());
  return KeyFile<crypto::SigningKey>{*std::move(key), made};
}

}  // namespace bailey::store
