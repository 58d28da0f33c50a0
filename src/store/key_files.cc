#include "store/key_files.h"

#include "store/private_file.h"

namespace bailey::store {
namespace {

constexpr std::size_t kMaxKeyBytes = 4'096;
constexpr PrivateErrors kErrors{"key.owner", "key.mode"};
constexpr const char* kDisclosure = "disclosure.key";

// Text that held a key does not stay in memory.
class Wiped {
 public:
  explicit Wiped(std::string text) : text_(std::move(text)) {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { crypto::wipe({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()}); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

Result<std::string> read_key(const Home& home, const std::string& file) {
  return read_private(home.dir(), RelPath::known("keys/" + file), kMaxKeyBytes, home.owner(),
                      kErrors);
}

template <class T>
Result<T> in_file(Result<T> parsed, const std::string& file) {
  if (parsed) return parsed;
  return fail(parsed.error().code, "'keys/" + file + "': " + parsed.error().message,
              "put the right file back from a copy; a new key cannot sign for the old one");
}

// Loads FILE; makes it with `write` when it is missing, and loads what is there then, so
// that of two processes at once both hold the key that was stored.
template <class T, class Parse, class Write>
Result<KeyFile<T>> load_or_make(const Home& home, const std::string& file, Parse parse,
                                Write write) {
  auto text = read_key(home, file);
  Made made = Made::kLoaded;
  if (!text && text.error().code == "disk.missing") {
    // A home whose keys were changed has them all: nothing is made up for one that is gone.
    if (BAILEY_TRY(home.dir().exists(RelPath::known("keys/all"))) &&
        file != std::string(kDisclosure))
      return fail("key.ring", "'keys/" + file + "' is gone from a home whose keys were changed",
                  "bailey key recover says what is there and what is lost");
    const Wiped fresh(write());
    const Dir keys = BAILEY_TRY(home.dir().open_dir(RelPath::known("keys")));
    const auto created = create_private(keys, file, as_bytes(fresh.text()));
    if (!created && created.error().code != "disk.exists") return std::unexpected(created.error());
    if (created) made = Made::kNow;
    text = read_key(home, file);
  }
  if (!text) return std::unexpected(std::move(text).error());
  const Wiped held(*std::move(text));
  return KeyFile<T>{BAILEY_TRY(in_file<T>(parse(held.text()), file)), made};
}

}  // namespace

std::string_view name(KeyUse use) noexcept {
  switch (use) {
    case KeyUse::kLedger:
      return "ledger";
    case KeyUse::kReceipts:
      return "receipts";
    case KeyUse::kApproval:
      return "approval";
  }
  return "ledger";
}

Result<KeyFile<crypto::SigningKey>> signing_key(const Home& home, KeyUse use, Entropy& entropy) {
  return load_or_make<crypto::SigningKey>(
      home, std::string(name(use)) + ".pem",
      [](const std::string& text) { return crypto::SigningKey::from_pem(text); },
      [&] { return crypto::SigningKey::generate(entropy).to_pem(); });
}

Result<KeyFile<crypto::SealKey>> disclosure_key(const Home& home, Entropy& entropy) {
  return load_or_make<crypto::SealKey>(
      home, kDisclosure, [](const std::string& text) { return crypto::parse_seal_key(text); },
      [&] { return crypto::write_seal_key(crypto::generate_seal_key(entropy)); });
}

Result<crypto::SealKey> existing_disclosure_key(const Home& home) {
  auto text = read_key(home, kDisclosure);
  if (!text && text.error().code == "disk.missing")
    return fail("key.missing", "the home has no disclosure key yet");
  if (!text) return std::unexpected(std::move(text).error());
  const Wiped held(*std::move(text));
  return in_file<crypto::SealKey>(crypto::parse_seal_key(held.text()), kDisclosure);
}

}  // namespace bailey::store
