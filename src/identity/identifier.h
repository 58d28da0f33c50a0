// Identifier: Request -> Caller. Says who asks, from what the kernel knows.
//
// On the command line there is one proof: the uid of the process. The person of that
// uid owns the session; the agent in it is the requester, so what the agent asks for is
// never taken for the person's own word. One Identifier is one session: a request judged
// again after an answer comes from the same requester. Thread rule: const; any thread.
// Does not protect: one program of a user against another of the same user.
#pragma once

#include <sys/types.h>

#include "base/entropy.h"
#include "model/request.h"

namespace bailey::identity {

// The user of this process, as the kernel tells. Made only by asking it.
class LocalUser {
 public:
  [[nodiscard]] static LocalUser of_this_process() noexcept;
  [[nodiscard]] uid_t uid() const noexcept { return uid_; }
  [[nodiscard]] gid_t gid() const noexcept { return gid_; }
  // The person: "uid:1000".
  [[nodiscard]] model::Principal principal() const;

 private:
  LocalUser(uid_t uid, gid_t gid) noexcept : uid_(uid), gid_(gid) {}
  uid_t uid_;
  gid_t gid_;
};

class Identifier {
 public:
  // Begins a session of `user` with a fresh id of 16 random bytes.
  Identifier(const LocalUser& user, Entropy& entropy);

  // `ceiling`: what `--level` allows at most; Level::kRoot when it was not given.
  [[nodiscard]] model::Caller identify(model::Request&& request, model::Level ceiling) const;
  [[nodiscard]] const model::Session& session() const noexcept { return session_; }

 private:
  model::Session session_;
};

}  // namespace bailey::identity
