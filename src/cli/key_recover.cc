// bailey key recover: the key folder put right, or exactly what is lost.
#include <algorithm>

#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/key_changing.h"
#include "cli/key_lines.h"
#include "codec/text.h"
#include "merkle/tile.h"
#include "merkle/verify_log.h"

namespace bailey::cli {
namespace {

using codec::Json;
using store::KeyRole;
using store::KeyState;

constexpr std::size_t kMaxBundle = std::size_t{32} << 20;

struct Found {
  store::RingKey key;
  std::string what;  // "good", "restored", "lost"
  std::string why;
};

struct Recovery {
  std::vector<Found> keys;
  bool ring_rebuilt = false;
  bool change_finished = false;
  std::vector<std::string> set_aside;
};

// The ring as the published leaves tell it; needs no key, because every statement is signed.
Result<store::KeyRing> ring_from_leaves(const store::Home& home) {
  const auto read = [&](const std::string& path) -> Result<std::string> {
    const auto name = BAILEY_TRY(RelPath::create("ledger/" + path));
    return home.dir().read_file(name, kMaxBundle);
  };
  const std::string text = BAILEY_TRY(read("checkpoint"));
  const auto note = BAILEY_TRY(merkle::parse_note(text));
  const auto checkpoint = BAILEY_TRY(merkle::parse_checkpoint_text(note.text));
  merkle::KeyHistory history(checkpoint.origin, {});
  for (std::uint64_t tile = 0; tile * merkle::kTileWidth < checkpoint.size; ++tile) {
    const unsigned width = merkle::tile_width(0, tile, checkpoint.size);
    const std::string bundle = BAILEY_TRY(read(merkle::bundle_path(tile, width)));
    const auto entries = BAILEY_TRY(merkle::split_bundle(as_bytes(bundle), width));
    for (std::size_t i = 0; i < entries.size(); ++i)
      BAILEY_TRY(history.read(tile * merkle::kTileWidth + i, entries[i]));
  }
  store::KeyRing ring;
  ring.stored = true;
  ring.origin = checkpoint.origin;
  ring.sequence = history.next_sequence();
  ring.prior = history.prior();
  for (const auto& known : history.keys()) {
    if (!known.begun) continue;
    store::RingKey key{.role = known.role, .key = known.key, .state = known.state};
    key.from = known.valid_from.value_or(WallTime{});
    key.until = known.valid_until;
    if (known.until_size != merkle::kNoEnd) key.until_size = known.until_size;
    key.reason = known.reason;
    key.told = true;
    ring.keys.push_back(std::move(key));
  }
  if (ring.keys.empty())
    return fail("key.ring", "the ledger tells of no keys, and the list of them is gone",
                "put keys/ back from a copy");
  return ring;
}

// The text of that key out of a folder of key files, whatever its name there.
std::optional<store::SecretText> look_in(const Dir& dir, const store::RingKey& key) {
  const auto names = dir.list();
  if (!names) return std::nullopt;
  for (const auto& name : *names) {
    const auto path = RelPath::create(name);
    if (!path || !name.ends_with(".pem")) continue;
    auto bytes = dir.read_file(*path, store::kMaxKeyText);
    if (!bytes) continue;
    store::SecretText text(*std::move(bytes));
    const auto parsed = store::parse_key_text(text.text());
    if (parsed && parsed->public_key == key.key.key()) return text;
  }
  return std::nullopt;
}

Result<Found> look_after(const store::Home& home, const store::KeyRing& ring,
                         const store::RingKey& key, const std::vector<Dir>& places,
                         Recovery& recovery) {
  const auto held = store::read_key_file(home, ring, key);
  if (held) return Found{key, "good", ""};
  for (const auto& place : places) {
    const auto text = look_in(place, key);
    if (!text) continue;
    const std::string name = store::key_file_name(key.role, key.key.key());
    if (BAILEY_TRY(home.dir().exists(RelPath::known("keys/all/" + name)))) {
      const std::string aside = name + ".damaged-" + std::to_string(home.owner());
      BAILEY_TRY(home.dir().rename(RelPath::known("keys/all/" + name),
                                   RelPath::known("keys/all/" + aside)));
      recovery.set_aside.push_back("keys/all/" + aside);
    }
    BAILEY_TRY(store::keep_key_file(home, key.role, key.key.key(), text->text()));
    return Found{key, "restored", ""};
  }
  return Found{key, "lost", held.error().message};
}

std::string consequence(const store::RingKey& key) {
  if (key.state != KeyState::kInForce && key.state != KeyState::kOverlapping)
    return "it had ended; what it signed stays verifiable";
  if (key.state == KeyState::kOverlapping) return "its successor goes on alone";
  if (key.role == KeyRole::kLedger)
    return "nothing can be appended to this ledger any more; what is in it stays verifiable";
  return "revoke it, which makes the next one: bailey key revoke " +
         std::string(merkle::name(key.role)) + " --reason lost";
}

Result<Recovery> recover(Invocation& in) {
  auto household = BAILEY_TRY(Household::open(in.outside, Make::kNo));
  const store::Home& home = household->home();
  const Fd lock = BAILEY_TRY(store::lock_keys(home));
  Recovery recovery;
  auto ring = store::read_key_ring(home);
  if (!ring && ring.error().code == "key.ring") {
    ring = ring_from_leaves(home);
    if (ring) {
      BAILEY_TRY(store::store_key_ring(home, *ring));
      recovery.ring_rebuilt = true;
    }
  }
  if (!ring) return std::unexpected(ring.error());

  std::vector<Dir> places;
  places.push_back(BAILEY_TRY(home.dir().open_dir(RelPath::known("keys"))));
  if (auto all = home.dir().open_dir(RelPath::known("keys/all"))) places.push_back(*std::move(all));
  if (const auto from = in.arguments.value("--from")) {
    const std::string here = BAILEY_TRY(in.outside.working_directory());
    const std::string path = from->starts_with('/') ? *from : here + "/" + *from;
    auto dir = BAILEY_TRY(in.outside.open_directory(path, Make::kNo));
    if (auto all = dir.open_dir(RelPath::known("all"))) places.push_back(*std::move(all));
    places.push_back(std::move(dir));
  }
  for (const auto& key : ring->keys)
    recovery.keys.push_back(BAILEY_TRY(look_after(home, *ring, key, places, recovery)));

  const auto* ledger_key = ring->in_force(KeyRole::kLedger);
  const bool can_write =
      ledger_key != nullptr && store::read_key_file(home, *ring, *ledger_key).has_value();
  if (!can_write) return recovery;
  auto change = store::read_key_change(home);
  if (!change && change.error().code == "key.change") {
    // Nobody can read what was meant; what the ledger has of it is in the leaves.
    BAILEY_TRY(home.dir().rename(RelPath::known("keys/change.json"),
                                 RelPath::known("keys/change.damaged")));
    recovery.set_aside.emplace_back("keys/change.damaged");
    return recovery;
  }
  recovery.change_finished = BAILEY_TRY(finish_key_change(*household));
  return recovery;
}

Json to_json(const Recovery& recovery) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("ring_rebuilt", recovery.ring_rebuilt);
  json.set("change_finished", recovery.change_finished);
  Json::Array aside;
  for (const auto& each : recovery.set_aside) aside.emplace_back(each);
  json.set("set_aside", std::move(aside));
  Json::Array keys;
  for (const auto& each : recovery.keys) {
    Json key{Json::Object{}};
    key.set("role", merkle::name(each.key.role));
    key.set("vkey", each.key.key.vkey());
    key.set("state", merkle::name(each.key.state));
    key.set("found", each.what);
    if (!each.why.empty()) key.set("message", codec::valid_utf8(each.why));
    keys.push_back(std::move(key));
  }
  json.set("keys", std::move(keys));
  return json;
}

std::string to_text(const Recovery& recovery) {
  std::string text;
  if (recovery.ring_rebuilt) text += "the list of keys was made anew from the ledger\n";
  if (recovery.change_finished) text += "a change that was cut off is finished\n";
  for (const auto& each : recovery.set_aside) text += "set aside: " + each + "\n";
  for (const auto& each : recovery.keys) {
    text += std::string(merkle::name(each.key.role)) + " " + each.key.key.vkey() + ", " +
            std::string(merkle::name(each.key.state)) + ": " + each.what + "\n";
    if (each.what == "lost") {
      text += "  " + codec::for_terminal(each.why) + "\n  " + consequence(each.key) + "\n";
    }
  }
  return text;
}

}  // namespace

int key_recover(Invocation& in) {
  const auto recovery = recover(in);
  if (!recovery) return key_failed(in, recovery.error());
  in.outside.write(Stream::kOut, in.arguments.flag("--json") ? json_line(to_json(*recovery))
                                                             : to_text(*recovery));
  const auto lost = std::count_if(recovery->keys.begin(), recovery->keys.end(),
                                  [](const Found& each) { return each.what == "lost"; });
  if (lost == 0) return kDone;
  if (in.arguments.flag("--json")) return kError;  // each key says so itself
  tell(in.outside, Error{"key.lost", std::to_string(lost) + " of the home's keys are lost",
                         "bailey key recover --from DIR takes them from a copy"});
  return kError;
}

}  // namespace bailey::cli
