// Who asks: the agent's session, on behalf of the person the kernel names.
#include "identity/identifier.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fakes.h"

namespace bailey::cli {
class CommandLineDoor {
 public:
  static model::Request request() {
    return {PassKey<CommandLineDoor>(),
            *model::Action::create("process.run", "/w", codec::Json(codec::Json::Object{})), "key"};
  }
};
}  // namespace bailey::cli

namespace bailey::identity {
namespace {

TEST(Identifier, TheSessionAsksAndThePersonOwnsIt) {
  FakeEntropy entropy;
  const Identifier identifier(LocalUser::of_this_process(), entropy);
  const auto caller = identifier.identify(cli::CommandLineDoor::request(), model::Level::kFunded);
  EXPECT_EQ(caller.session().id.size(), 32U);
  EXPECT_EQ(caller.session().agent.name, "session:" + caller.session().id);
  EXPECT_EQ(caller.session().agent.kind, model::PrincipalKind::kAgent);
  EXPECT_EQ(caller.session().owner.name, "uid:" + std::to_string(::geteuid()));
  EXPECT_EQ(caller.session().owner.kind, model::PrincipalKind::kPerson);
  EXPECT_EQ(caller.ceiling(), model::Level::kFunded);
}

TEST(Identifier, EachOneIsASessionOfItsOwn) {
  FakeEntropy entropy;
  const Identifier a(LocalUser::of_this_process(), entropy);
  const Identifier b(LocalUser::of_this_process(), entropy);
  EXPECT_NE(a.session().id, b.session().id);
  EXPECT_EQ(a.identify(cli::CommandLineDoor::request(), model::Level::kRoot).session().id,
            a.session().id);
}

TEST(Identifier, ACallerCannotBeForgedOrCopied) {
  static_assert(!std::is_copy_constructible_v<model::Caller>);
  static_assert(!std::is_constructible_v<LocalUser, uid_t, gid_t>);
  static_assert(!std::is_default_constructible_v<PassKey<Identifier>>);
}

}  // namespace
}  // namespace bailey::identity
