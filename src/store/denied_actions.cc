#include "store/denied_actions.h"

#include <charconv>

#include "codec/text.h"
#include "store/private_file.h"

namespace bailey::store {
namespace {

constexpr std::string_view kHead = "bailey-denied/1\n";
constexpr std::string_view kEnd = ".action";
constexpr std::size_t kSealBytes = 64;  // at least what sealing adds

std::unexpected<Error> unreadable() {
  return fail("denials.unreadable", "a kept denial cannot be read",
              "remove the folder 'denials' of the home; nothing else needs it");
}

// Sorted by name they are sorted by age.
Result<std::string> name_of(std::uint64_t index, const std::string& leaf_hash) {
  if (!codec::digest_from_hex(leaf_hash))
    return fail("denials.unreadable", "a leaf hash has 64 hex digits");
  std::string number = std::to_string(index);
  number.insert(0, 20 - number.size(), '0');
  return number + "-" + leaf_hash + std::string(kEnd);
}

}  // namespace

Result<DeniedActions> DeniedActions::open(const Home& home, const crypto::SealKey& disclosure,
                                          Entropy& entropy) {
  auto folder = BAILEY_TRY(home.dir().make_dir(RelPath::known("denials")));
  return DeniedActions(home, std::move(folder), crypto::derive_key(disclosure, "bailey/denials/v1"),
                       entropy);
}

Status DeniedActions::keep(std::uint64_t index, const std::string& leaf_hash,
                           std::string_view text) const {
  if (text.size() > kMaxDeniedBytes) return {};
  const std::string name = BAILEY_TRY(name_of(index, leaf_hash));
  const Bytes sealed = crypto::seal(key_, std::string(kHead) + name, as_bytes(text), *entropy_);
  const std::string file = std::string(kHead) + std::string(as_text(sealed));
  BAILEY_TRY(folder_.replace_file(RelPath::known(name), as_bytes(file), Sync::kNo));
  return remove_oldest();
}

Result<std::optional<std::string>> DeniedActions::find(std::uint64_t index,
                                                       const std::string& leaf_hash) const {
  const std::string name = BAILEY_TRY(name_of(index, leaf_hash));
  const auto text =
      read_private(folder_, RelPath::known(name), kMaxDeniedBytes + kHead.size() + kSealBytes,
                   home_->owner(), {"denials.unreadable", "denials.unreadable"});
  if (!text && text.error().code == "disk.missing") return std::optional<std::string>();
  if (!text || !text->starts_with(kHead)) return unreadable();
  const auto plain = crypto::open_sealed(key_, std::string(kHead) + name,
                                         as_bytes(std::string_view(*text).substr(kHead.size())));
  if (!plain) return unreadable();
  return std::optional(std::string(as_text(*plain)));
}

Result<std::vector<DeniedActions::Kept>> DeniedActions::list() const {
  constexpr std::size_t kDigits = 20;
  std::vector<Kept> all;
  for (const auto& name : BAILEY_TRY(folder_.list())) {
    if (name.size() != kDigits + 1 + 64 + kEnd.size() || !name.ends_with(kEnd)) continue;
    Kept kept;
    const auto* const end = name.data() + kDigits;
    if (std::from_chars(name.data(), end, kept.index).ptr != end) continue;
    kept.leaf_hash = name.substr(kDigits + 1, 64);
    const auto own = name_of(kept.index, kept.leaf_hash);
    if (own && *own == name) all.push_back(std::move(kept));
  }
  return all;
}

Status DeniedActions::remove(const Kept& kept) const {
  return folder_.remove_file(RelPath::known(BAILEY_TRY(name_of(kept.index, kept.leaf_hash))));
}

Status DeniedActions::remove_oldest() const {
  const auto names = BAILEY_TRY(folder_.list());
  std::size_t kept = 0;
  for (const auto& name : names)
    if (name.ends_with(kEnd)) ++kept;
  for (const auto& name : names) {
    if (kept <= kMaxDenied) break;
    if (!name.ends_with(kEnd)) continue;
    BAILEY_TRY(folder_.remove_file(RelPath::known(name)));
    --kept;
  }
  return {};
}

}  // namespace bailey::store
