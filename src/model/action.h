// Action: what somebody wants to happen, before anybody judged it.
//
// kind ("process.run"), resource (the workspace, by its real path) and arguments
// (a JSON object fixed by the kind). Its digest is SHA-256 over RFC 8785 of
// {"arguments":..,"kind":..,"resource":..,"v":1} and binds verdict, approval,
// permit and receipt to exactly these bytes. The digest is a secret of the home
// while arguments may hold secrets: it leaves only keyed (ledger/disclosure.h).
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/json.h"

namespace bailey::model {

inline constexpr std::size_t kMaxActionBytes = 1U << 20;  // of canonical JSON

struct ActionDigest {
  Digest bytes{};
  bool operator==(const ActionDigest&) const = default;
};

class Action {
 public:
  // Errors: action.kind (not lower-case dotted words), action.too_big.
  [[nodiscard]] static Result<Action> create(std::string kind, std::string resource,
                                             codec::Json arguments);

  [[nodiscard]] const std::string& kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& resource() const noexcept { return resource_; }
  [[nodiscard]] const codec::Json& arguments() const noexcept { return arguments_; }
  [[nodiscard]] const ActionDigest& digest() const noexcept { return digest_; }
  [[nodiscard]] const std::string& canonical() const noexcept { return canonical_; }

 private:
  Action(std::string kind, std::string resource, codec::Json arguments, std::string canonical,
         ActionDigest digest);
  std::string kind_;
  std::string resource_;
  codec::Json arguments_;
  std::string canonical_;
  ActionDigest digest_;
};

}  // namespace bailey::model
