#include "store/level_file.h"

#include <algorithm>
#include <limits>

#include "codec/fields.h"
#include "store/private_file.h"

namespace bailey::store {
namespace {

constexpr std::size_t kMaxBytes = 4'096;
constexpr std::size_t kMaxMatrix = 64U << 10;
constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kMaxMs = std::numeric_limits<std::int64_t>::max() / kMs;
constexpr PrivateErrors kErrors{"level.owner", "level.mode"};

const RelPath& level_path() {
  static const RelPath kPath = RelPath::known("level.json");
  return kPath;
}

Result<gate::StoredLevel> parse(std::string_view text) {
  const codec::Json json = BAILEY_TRY(codec::parse_json(text));
  auto reader = BAILEY_TRY(codec::ObjectReader::create(json, "level.json"));
  BAILEY_TRY(reader.required_int("v", 1, 1));
  gate::StoredLevel stored;
  const auto level = model::level_from(BAILEY_TRY(reader.required_int("level", 0, 40)));
  if (!level) return fail("level.unreadable", "level.json: there is no such level");
  stored.level = *level;
  stored.set_at = WallTime{BAILEY_TRY(reader.required_int("set_at_ms", 0, kMaxMs)) * kMs};
  stored.expires = WallTime{BAILEY_TRY(reader.required_int("expires_ms", 0, kMaxMs)) * kMs};
  stored.boot = BAILEY_TRY(reader.required_string("boot"));
  stored.expires_mono =
      MonoTime{BAILEY_TRY(reader.required_int("expires_mono_ms", 0, kMaxMs)) * kMs};
  BAILEY_TRY(reader.finish());
  if (stored.expires.unix_ns - stored.set_at.unix_ns > kMaxLevelNs + kMs)
    return fail("level.unreadable", "level.json: the level lasts longer than any can");
  return stored;
}

}  // namespace

gate::LevelState read_level(const Home& home) {
  gate::LevelState state;
  const auto text = read_private(home.dir(), level_path(), kMaxBytes, home.owner(), kErrors);
  if (!text) {
    state.unreadable = text.error().code != "disk.missing";
    return state;
  }
  auto stored = parse(*text);
  if (stored) {
    state.stored = *std::move(stored);
  } else {
    state.unreadable = true;
  }
  return state;
}

Status write_level(const Home& home, model::Level level, std::int64_t duration_ns,
                   const Clock& clock) {
  if (duration_ns < 1'000 * kMs || duration_ns > kMaxLevelNs)
    return fail("level.duration", "a level is set for 1 second to 30 days", "for example --for 1h");
  codec::Json json{codec::Json::Object{}};
  const std::int64_t now_ms = std::max<std::int64_t>(0, clock.wall().unix_ns / kMs);
  json.set("v", 1);
  json.set("level", number(level));
  json.set("set_at_ms", now_ms);
  json.set("expires_ms", now_ms + duration_ns / kMs);
  json.set("boot", clock.boot_id());
  json.set("expires_mono_ms", clock.monotonic().ns / kMs + duration_ns / kMs);
  return home.dir().replace_file(level_path(), as_bytes(codec::canonical_json(json)), Sync::kYes);
}

Status clear_level(const Home& home) { return home.dir().remove_file(level_path()); }

MatrixState read_matrix(const Home& home) {
  const auto text =
      read_private(home.dir(), RelPath::known("levels.yaml"), kMaxMatrix, home.owner(), kErrors);
  if (!text && text.error().code == "disk.missing") return {gate::LevelMatrix::built_in(), {}};
  if (!text) return {gate::LevelMatrix::isolated_only(), text.error()};
  auto matrix = gate::LevelMatrix::parse(*text);
  if (!matrix) return {gate::LevelMatrix::isolated_only(), matrix.error()};
  return {*std::move(matrix), {}};
}

}  // namespace bailey::store
