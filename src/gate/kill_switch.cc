#include "gate/kill_switch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "codec/fields.h"

namespace bailey::gate {
namespace {

using codec::Json;

constexpr std::size_t kMaxStateBytes = 8U << 10;
constexpr std::size_t kMaxReason = 1'000;
constexpr const char* kSwitch = "KILL_SWITCH";
constexpr const char* kLifted = "KILL_SWITCH.lifted";
constexpr const char* kStore = "kill.json";

struct Stored {
  std::uint64_t epoch = 0;
  bool halted = false;
  std::string reason;
  std::string source;
  WallTime since;
};

Result<Stored> parse(std::string_view text) {
  const Json json = BAILEY_TRY(codec::parse_json(text));
  auto reader = BAILEY_TRY(codec::ObjectReader::create(json, "kill.json"));
  BAILEY_TRY(reader.required_int("v", 1, 1));
  Stored stored;
  stored.epoch =
      static_cast<std::uint64_t>(BAILEY_TRY(reader.required_int("epoch", 0, codec::kMaxJsonInt)));
  stored.halted = BAILEY_TRY(reader.required_bool("halted"));
  stored.reason = BAILEY_TRY(reader.required_string("reason"));
  stored.source = BAILEY_TRY(reader.required_string("source"));
  const auto since = BAILEY_TRY(reader.required_int("since_ms", 0, codec::kMaxJsonInt));
  if (since > INT64_MAX / 1'000'000) return fail("kill.unreadable", "the time is out of range");
  stored.since = WallTime{since * 1'000'000};
  BAILEY_TRY(reader.finish());
  return stored;
}

Result<Stored> read(const Dir& home) {
  return parse(BAILEY_TRY(home.read_file(RelPath::known(kStore), kMaxStateBytes)));
}

std::string text_of(const Stored& stored) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("epoch", static_cast<std::int64_t>(stored.epoch));
  json.set("halted", stored.halted);
  json.set("reason", codec::valid_utf8(stored.reason.substr(0, kMaxReason)));
  json.set("source", stored.source);
  json.set("since_ms", std::max<std::int64_t>(0, stored.since.unix_ns / 1'000'000));
  return codec::canonical_json(json);
}

Status write(const Dir& home, const Stored& stored) {
  return home.replace_file(RelPath::known(kStore), as_bytes(text_of(stored)), Sync::kYes);
}

// The epoch after `epoch`; it stays within what JSON holds exactly, and a store that
// reached the end can only be halted.
std::uint64_t after(std::uint64_t epoch) {
  return std::min<std::uint64_t>(epoch + 1, codec::kMaxJsonInt);
}

enum class Look { kAbsent, kPresent, kUnknown };
Look look_at(const Dir& home, const char* entry, struct stat& st) {
  if (::fstatat(home.fd(), entry, &st, AT_SYMLINK_NOFOLLOW) == 0) return Look::kPresent;
  return errno == ENOENT ? Look::kAbsent : Look::kUnknown;
}

bool is_same(const struct stat& a, const struct stat& b) noexcept {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

SwitchMark mark_of(const struct stat& st) noexcept {
  return {st.st_dev, st.st_ino, st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec};
}

// Takes the switch away if it is still the one that `seen` shows. What was lifted is
// moved aside first, so that a newer switch is never removed in its place.
Status take_away(const Dir& home, const SwitchMark& seen) {
  (void)::unlinkat(home.fd(), kLifted, 0);
  (void)::unlinkat(home.fd(), kLifted, AT_REMOVEDIR);
  if (::renameat(home.fd(), kSwitch, home.fd(), kLifted) != 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(disk_error("disk.rename", "take the KILL_SWITCH away", errno));
  }
  struct stat moved{};
  if (look_at(home, kLifted, moved) != Look::kPresent || mark_of(moved) != seen) {
    (void)::renameat(home.fd(), kLifted, home.fd(), kSwitch);
    return fail("kill.changed", "the kill switch was engaged again meanwhile",
                "look at 'bailey kill status' before you lift it");
  }
  // A directory that is not empty stays aside under its new name.
  if (::unlinkat(home.fd(), kLifted, 0) != 0) (void)::unlinkat(home.fd(), kLifted, AT_REMOVEDIR);
  return home.sync();
}

}  // namespace

std::string_view name(KillSource source) noexcept {
  switch (source) {
    case KillSource::kNone:
      return "none";
    case KillSource::kEnvironment:
      return "environment";
    case KillSource::kFile:
      return "file";
    case KillSource::kStore:
      return "store";
    case KillSource::kUnreadable:
      return "unreadable";
  }
  return "unreadable";
}

bool is_enabled(const std::optional<std::string>& bailey_enable) {
  if (!bailey_enable) return true;
  std::string text = *bailey_enable;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text == "on" || text == "true" || text == "1" || text == "yes";
}

Status KillSwitch::initialise(const Dir& home, const Clock& clock) {
  Stored fresh;
  fresh.source = "none";
  fresh.since = clock.wall();
  // Written aside and linked, so that nobody ever reads half of it.
  const auto aside = RelPath::known("kill.json.first-" + std::to_string(::getpid()));
  (void)home.remove_file(aside);
  BAILEY_TRY(home.create_file(aside, as_bytes(text_of(fresh)), Sync::kYes));
  const int linked = ::linkat(home.fd(), aside.c_str(), home.fd(), kStore, 0);
  const int error = errno;
  (void)home.remove_file(aside);
  if (linked != 0 && error != EEXIST)
    return std::unexpected(disk_error("disk.link", "make kill.json", error));
  return home.sync();
}

KillState KillSwitch::look() const {
  KillState state;
  const auto stored = read(home_);
  if (stored) {
    state.epoch = stored->epoch;
    state.since = stored->since;
    state.reason = stored->reason;
    state.halted =
        stored->halted || stored->epoch >= static_cast<std::uint64_t>(codec::kMaxJsonInt);
    state.source = state.halted ? KillSource::kStore : KillSource::kNone;
  } else {
    state.reason = "the state of the kill switch cannot be read";
  }
  struct stat st{};
  const Look file = look_at(home_, kSwitch, st);
  if (file == Look::kPresent) state.file = mark_of(st);
  if (file != Look::kAbsent) {
    if (!state.halted) state.reason = "there is a KILL_SWITCH in the home";
    state.halted = true;
    if (stored) state.source = KillSource::kFile;
  }
  if (!enabled_) {
    if (!state.halted) state.reason = "BAILEY_ENABLE is set to something other than on";
    state.halted = true;
    if (stored) state.source = KillSource::kEnvironment;
  }
  return state;
}

KillState KillSwitch::notice(const Clock& clock) const {
  KillState state = look();
  if (!state.halted || state.source == KillSource::kStore ||
      state.source == KillSource::kUnreadable)
    return state;
  const auto stored = read(home_);
  if (!stored || stored->halted) return state;
  Stored next;
  next.epoch = after(stored->epoch);
  next.halted = true;
  next.reason = state.reason;
  next.source = name(state.source);
  next.since = clock.wall();
  // A store that cannot be written leaves the source as it is: still halted.
  if (write(home_, next)) {
    state.epoch = next.epoch;
    state.since = next.since;
  }
  return state;
}

Status KillSwitch::engage(std::string_view reason, const Clock& clock) const {
  const std::string text =
      codec::valid_utf8(reason.substr(0, kMaxReason)) + "\n" + rfc3339(clock.wall()) + "\n";
  struct stat st{};
  auto file = home_.replace_file(RelPath::known(kSwitch), as_bytes(text), Sync::kYes);
  // On a full disk a link still fits into its directory entry, and halts as well.
  if (!file && ::symlinkat("engaged", home_.fd(), kSwitch) == 0) file = Status{};
  // Something that cannot be replaced (a directory) is a switch too.
  if (!file && look_at(home_, kSwitch, st) == Look::kPresent) file = Status{};
  const auto stored = read(home_);
  Stored next;
  // An unreadable store halts by itself; one above every epoch keeps it so when mended.
  next.epoch =
      stored ? after(stored->epoch) : static_cast<std::uint64_t>(clock.wall().unix_ns / 1'000'000);
  next.halted = true;
  next.reason = std::string(reason);
  next.source = "command";
  next.since = clock.wall();
  const auto written = write(home_, next);
  if (!file && !written) return file;
  return {};
}

Status KillSwitch::lift(const KillState& seen, std::string_view reason, const Clock& clock) const {
  if (!enabled_)
    return fail("kill.environment", "BAILEY_ENABLE halts everything while it is set as it is",
                "unset BAILEY_ENABLE, or set it to on, and try again");
  const auto stored = read(home_);
  if (stored && stored->epoch != seen.epoch)
    return fail("kill.changed", "the kill switch was engaged again meanwhile",
                "look at 'bailey kill status' before you lift it");
  Stored next;
  next.epoch =
      stored ? after(stored->epoch) : static_cast<std::uint64_t>(clock.wall().unix_ns / 1'000'000);
  next.halted = false;
  next.reason = std::string(reason);
  next.source = "command";
  next.since = clock.wall();
  // The store first: while the file stands everything is still halted, and an engage()
  // that comes now puts a new file which take_away() leaves in place.
  BAILEY_TRY(write(home_, next));
  if (seen.file) BAILEY_TRY(take_away(home_, *seen.file));
  return {};
}

KillWatch::KillWatch(const Dir& home, std::uint64_t epoch) : home_(home), epoch_(epoch) {}

bool KillWatch::must_stop() {
  if (stopped_) return true;
  struct stat st{};
  if (look_at(home_, kSwitch, st) != Look::kAbsent) return stopped_ = true;
  if (look_at(home_, kStore, st) != Look::kPresent) return stopped_ = true;
  if (read_ && is_same(st, last_)) return false;
  const auto stored = read(home_);
  if (!stored || stored->halted || stored->epoch > epoch_) return stopped_ = true;
  last_ = st;
  read_ = true;
  return false;
}

}  // namespace bailey::gate
