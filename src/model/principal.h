// Who asks: a principal, and the session on whose behalf an action is asked for.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace bailey::model {

enum class PrincipalKind { kPerson, kAgent, kService };

// How the identity was proven. kUnixUser: the kernel told us the uid.
enum class Proof { kUnixUser };

struct Principal {
  PrincipalKind kind = PrincipalKind::kAgent;
  std::string name;  // "uid:1000"; an agent's is "session:<id>"
  Proof proof = Proof::kUnixUser;
  bool operator==(const Principal&) const = default;
};

// A session is one agent's stay. The requester of what an agent does is its
// session; `owner` is the person it belongs to, who may answer only when the
// policy says approvals.by: self.
struct Session {
  std::string id;  // 16 random bytes in hex
  Principal agent;
  Principal owner;
};

}  // namespace bailey::model
