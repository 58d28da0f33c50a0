// Home: $BAILEY_HOME, checked before anything in it is believed.
//
//   keys/       ledger.pem receipts.pem approval.pem (PKCS#8, 0600), disclosure.key
//   ledger/     the log (store/log_*)
//   fence/head  the log's last head a second time (ledger/fence.h); `fence.path`, when there is
//               one, names another folder for it
//   witness/    the policy of witnesses and what they answered; made with the first
//   cache/policy/  compiled policies by the SHA-256 of their source
//   approvals/  asks and answers, sealed
//   denials/    what was denied of late, sealed; made with the first
//   sessions/   what a session keeps
//   kill.json, KILL_SWITCH, level.json, levels.yaml, policy.yaml
//
// The home belongs to whoever uses it and is closed to everybody else (0700); anything
// else is an error that says what to type. Root may visit somebody's home to answer an
// ask. A fresh home gets its layout, the kill switch's state first, so that a home
// that has keys but lost that state counts as halted. Thread rule: const; any thread.
// Does not protect: against the owner's other programs outside a cage, nor root.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/clock.h"
#include "base/dir.h"
#include "base/result.h"

namespace bailey::store {

// kOwner: everything. kVisitor: also root in somebody else's home, to read and answer.
enum class HomeUse { kOwner, kVisitor };
enum class Freshness { kFresh, kExisting };

class Home {
 public:
  // `dir` was opened by app; `path` is for messages; `user` is the process's effective
  // uid. Makes what is missing of the layout. Errors: home.owner, home.mode, disk.*.
  [[nodiscard]] static Result<Home> open(Dir dir, std::string path, uid_t user, HomeUse use,
                                         const Clock& clock);

  [[nodiscard]] const Dir& dir() const noexcept { return dir_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] uid_t owner() const noexcept { return owner_; }
  [[nodiscard]] Freshness freshness() const noexcept { return freshness_; }

 private:
  Home(Dir dir, std::string path, uid_t owner, Freshness freshness)
      : dir_(std::move(dir)), path_(std::move(path)), owner_(owner), freshness_(freshness) {}
  Dir dir_;
  std::string path_;
  uid_t owner_;
  Freshness freshness_;
};

}  // namespace bailey::store
