#include "platform/cage_words.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace bailey::platform::words {
namespace {

namespace process = effect::process;

std::string landlock_detail(unsigned abi) {
  process::LayersBody body;
  body.count = 1;
  body.results[0] = {static_cast<std::uint8_t>(process::Layer::kLandlock), 2, 0, -EACCES,
                     static_cast<std::uint16_t>(abi)};
  std::vector<model::LayerReport> layers;
  add_layers(body, layers);
  return layers.at(0).detail;
}

Error error_of(process::Step step, int error, const std::string& place = "") {
  process::Message failed;
  failed.a = static_cast<std::uint64_t>(step);
  failed.b = static_cast<std::uint64_t>(error);
  return setup_error(failed, place);
}

TEST(LandlockOfAnOlderKernel, SaysWhatItDoesNotJudge) {
  EXPECT_EQ(landlock_detail(7), "reading a file of the root: ok before, EACCES after, ABI 7");
  EXPECT_EQ(landlock_detail(6), "reading a file of the root: ok before, EACCES after, ABI 6");
  EXPECT_EQ(landlock_detail(2),
            "reading a file of the root: ok before, EACCES after, ABI 2 without truncation, ioctls "
            "of devices, signals and abstract sockets");
  EXPECT_EQ(landlock_detail(5),
            "reading a file of the root: ok before, EACCES after, ABI 5 without signals and "
            "abstract sockets");
}

TEST(AContainersRefusal, IsNamedWithWhatItMustAllow) {
  const Error covered = error_of(process::Step::kMounts, EPERM, "/proc");
  EXPECT_EQ(covered.code, "cage.layer_missing");
  EXPECT_NE(covered.hint.find("procMount: Unmasked"), std::string::npos);
  const Error read_only = error_of(process::Step::kIdentity, EROFS);
  EXPECT_EQ(read_only.code, "cage.layer_missing");
  EXPECT_NE(read_only.hint.find("systempaths=unconfined"), std::string::npos);
  // Another place, or another error, is a mistake of the plan as before.
  EXPECT_EQ(error_of(process::Step::kMounts, EPERM, "/data").code, "cage.plan");
  EXPECT_EQ(error_of(process::Step::kMounts, ENOENT, "/proc").code, "cage.plan");
  EXPECT_EQ(error_of(process::Step::kIdentity, EPERM).code, "cage.setup");
}

}  // namespace
}  // namespace bailey::platform::words
