#include "store/home.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "codec/text.h"
#include "gate/kill_switch.h"

namespace bailey::store {
namespace {

// Each after the one that it lies in, so that no name on the way is a link.
constexpr const char* kFolders[] = {"ledger",    "cache",    "cache/policy",
                                    "approvals", "sessions", "keys"};

Status check_directory(const struct stat& st, uid_t owner, const std::string& shown) {
  if (!S_ISDIR(st.st_mode)) return fail("home.mode", "'" + shown + "' is no directory");
  if (st.st_uid != owner)
    return fail("home.owner",
                "'" + shown + "' belongs to uid " + std::to_string(st.st_uid) + ", not to you",
                "set BAILEY_HOME to a directory of your own");
  if ((st.st_mode & 077) != 0)
    return fail("home.mode", "'" + shown + "' is open to other users", "chmod 700 '" + shown + "'");
  if ((st.st_mode & 0700) != 0700)
    return fail("home.mode", "'" + shown + "' is closed to its owner", "chmod 700 '" + shown + "'");
  return {};
}

}  // namespace

Result<Home> Home::open(Dir dir, std::string path, uid_t user, HomeUse use, const Clock& clock) {
  const std::string shown = codec::for_terminal(path, 500);
  struct stat st{};
  if (::fstat(dir.fd(), &st) != 0)
    return std::unexpected(disk_error("disk.stat", "look at the home", errno));
  const bool visit = use == HomeUse::kVisitor && user == 0 && st.st_uid != user;
  const uid_t owner = visit ? st.st_uid : user;
  BAILEY_TRY(check_directory(st, owner, shown));

  const bool has_keys = BAILEY_TRY(dir.exists(RelPath::known("keys")));
  if (!has_keys) {
    if (visit) return fail("home.owner", "'" + shown + "' is not a home of Bailey yet");
    BAILEY_TRY(gate::KillSwitch::initialise(dir, clock));
  }
  for (const char* folder : kFolders) {
    const auto look = [&] { return ::fstatat(dir.fd(), folder, &st, AT_SYMLINK_NOFOLLOW) == 0; };
    if (!look()) {
      if (errno != ENOENT)
        return std::unexpected(disk_error("disk.stat", "look at the home", errno));
      if (visit) return fail("disk.missing", std::string("the home has no '") + folder + "'");
      (void)BAILEY_TRY(dir.make_dir(RelPath::known(folder)));
      if (!look()) return std::unexpected(disk_error("disk.stat", "look at the home", errno));
    }
    BAILEY_TRY(check_directory(st, owner, shown + "/" + folder));
  }
  return Home(std::move(dir), std::move(path), owner,
              has_keys ? Freshness::kExisting : Freshness::kFresh);
}

}  // namespace bailey::store
