#include "identity/identifier.h"

#include <unistd.h>

#include <array>

#include "codec/text.h"

namespace bailey::identity {

LocalUser LocalUser::of_this_process() noexcept { return {::geteuid(), ::getegid()}; }

model::Principal LocalUser::principal() const {
  return {model::PrincipalKind::kPerson, "uid:" + std::to_string(uid_), model::Proof::kUnixUser};
}

Identifier::Identifier(const LocalUser& user, Entropy& entropy) {
  std::array<std::uint8_t, 16> id{};
  entropy.fill(id);
  session_.id = codec::to_hex(id);
  session_.agent = {model::PrincipalKind::kAgent, "session:" + session_.id,
                    model::Proof::kUnixUser};
  session_.owner = user.principal();
}

model::Caller Identifier::identify(model::Request&& request, model::Level ceiling) const {
  return {PassKey<Identifier>(), std::move(request), session_, ceiling};
}

}  // namespace bailey::identity
