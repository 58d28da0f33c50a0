// The files behind a KeyRing.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "store/key_ring.h"
#include "store/private_file.h"

namespace bailey::store {
namespace {

constexpr PrivateErrors kErrors{"key.owner", "key.mode"};
constexpr std::size_t kMaxRing = std::size_t{16} << 20;

RelPath in_keys(const std::string& name) { return RelPath::known("keys/" + name); }

std::string role_file(KeyRole role) { return std::string(merkle::name(role)) + ".pem"; }

Result<SecretText> read_secret(const Home& home, const RelPath& path) {
  return SecretText(BAILEY_TRY(read_private(home.dir(), path, kMaxKeyText, home.owner(), kErrors)));
}

Result<KeyText> parse_in(const RelPath& path, const SecretText& text) {
  auto key = parse_key_text(text.text());
  if (!key)
    return fail(key.error().code, "'" + path.text() + "': " + key.error().message,
                key.error().hint);
  return key;
}

// What a home without keys.json has.
Result<KeyRing> first_ring(const Home& home) {
  KeyRing ring;
  // A first change that was cut off leaves all/ beside the files, which still count.
  const bool has_first = BAILEY_TRY(home.dir().exists(in_keys(role_file(KeyRole::kLedger))));
  if (!has_first && BAILEY_TRY(home.dir().exists(in_keys("all"))))
    return fail("key.ring", "the list of keys is gone from a home whose keys were changed",
                "bailey key recover makes it anew from the key files and the ledger");
  for (const auto role : merkle::kKeyRoles) {
    const auto path = in_keys(role_file(role));
    if (!BAILEY_TRY(home.dir().exists(path))) continue;
    const auto text = BAILEY_TRY(read_secret(home, path));
    const auto key = BAILEY_TRY(parse_in(path, text));
    if (role == KeyRole::kLedger) ring.origin = ledger_origin(key.public_key);
    if (ring.origin.empty())
      return fail("key.missing", "the home has no ledger key, so its other keys have no name",
                  "bailey key generate makes the keys that are missing");
    auto verifier = BAILEY_TRY(
        merkle::NoteVerifier::create(merkle::key_name(ring.origin, role), key.public_key));
    ring.keys.push_back({.role = role, .key = std::move(verifier)});
  }
  return ring;
}

}  // namespace

Result<KeyRing> read_key_ring(const Home& home) {
  const auto text = read_private(home.dir(), in_keys("keys.json"), kMaxRing, home.owner(), kErrors);
  if (text) return parse_key_ring(*text);
  if (text.error().code == "disk.missing") return first_ring(home);
  return std::unexpected(text.error());
}

Status store_key_ring(const Home& home, const KeyRing& ring) {
  const std::string text = codec::canonical_json(to_json(ring)) + "\n";
  return home.dir().replace_file(in_keys("keys.json"), as_bytes(text), Sync::kYes);
}

Result<SecretText> read_key_file(const Home& home, const KeyRing& ring, const RingKey& key) {
  const auto path =
      in_keys(ring.stored ? "all/" + key_file_name(key.role, key.key.key()) : role_file(key.role));
  auto text = read_secret(home, path);
  if (!text && text.error().code == "disk.missing")
    return fail("key.missing", "'" + path.text() + "' is missing",
                "bailey key recover --from DIR takes it from a copy");
  if (!text) return text;
  const auto parsed = BAILEY_TRY(parse_in(path, *text));
  if (parsed.public_key != key.key.key())
    return fail("key.other", "'" + path.text() + "' holds another key than the home's list says",
                "bailey key recover --from DIR takes the right one from a copy");
  return text;
}

Status keep_key_file(const Home& home, KeyRole role, const crypto::PublicKey& key,
                     std::string_view text) {
  const Dir all = BAILEY_TRY(home.dir().make_dir(in_keys("all")));
  const auto made = create_private(all, key_file_name(role, key), as_bytes(text));
  if (!made && made.error().code != "disk.exists") return made;
  return BAILEY_TRY(home.dir().open_dir(RelPath::known("keys"))).sync();
}

Status put_first_file(const Home& home, KeyRole role, std::string_view text) {
  const Dir keys = BAILEY_TRY(home.dir().open_dir(RelPath::known("keys")));
  return create_private(keys, role_file(role), as_bytes(text));
}

Status keep_first_files(const Home& home, const KeyRing& ring) {
  if (ring.stored) return {};
  for (const auto& each : ring.keys) {
    const auto text = BAILEY_TRY(read_key_file(home, ring, each));
    BAILEY_TRY(keep_key_file(home, each.role, each.key.key(), text.text()));
  }
  return {};
}

Result<std::optional<KeyChange>> read_key_change(const Home& home) {
  const auto text =
      read_private(home.dir(), in_keys("change.json"), kMaxRing, home.owner(), kErrors);
  if (!text && text.error().code == "disk.missing") return std::optional<KeyChange>();
  if (!text) return std::unexpected(text.error());
  return std::optional(BAILEY_TRY(parse_key_change(*text)));
}

Status begin_key_change(const Home& home, const KeyChange& change) {
  const std::string text = write_key_change(change);
  return home.dir().replace_file(in_keys("change.json"), as_bytes(text), Sync::kYes);
}

Status end_key_change(const Home& home, const KeyRing& ring) {
  BAILEY_TRY(home.dir().remove_file(in_keys("change.json")));
  // Copies from before the first change: the ring names their keys in all/.
  for (const auto role : merkle::kKeyRoles) {
    const bool known = std::any_of(ring.keys.begin(), ring.keys.end(),
                                   [&](const RingKey& each) { return each.role == role; });
    if (known) BAILEY_TRY(home.dir().remove_file(in_keys(role_file(role))));
  }
  return BAILEY_TRY(home.dir().open_dir(RelPath::known("keys"))).sync();
}

Result<Fd> lock_keys(const Home& home, int wait_ms) {
  Fd fd = BAILEY_TRY(home.dir().open_file(in_keys("lock"), O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  for (int waited = 0; waited <= wait_ms; waited += 50) {
    if (::fcntl(fd.get(), F_OFD_SETLK, &lock) == 0) return fd;
    if (errno != EAGAIN && errno != EACCES && errno != EINTR)
      return std::unexpected(disk_error("disk.lock", "lock the keys", errno));
    const timespec pause{0, 50'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return fail("key.busy", "another bailey is changing keys", "wait until it is done");
}

}  // namespace bailey::store
