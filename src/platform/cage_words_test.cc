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

TEST(CageWords, WithoutNamespaces_TheLostLayersAreTheOnesThatNamespacesHold) {
  EXPECT_EQ(lost_without_namespaces(),
            "namespace.user, namespace.mount, namespace.pid, namespace.net, namespace.ipc, "
            "namespace.uts, namespace.cgroup, namespace.time, root, proc");
}

TEST(CageWords, NoNamespaces_AndAPartAcceptedNamesWhatIsNotAndTheWholeList) {
  process::Message failed;

  failed.a = static_cast<std::uint64_t>(process::Step::kNamespaces);
  failed.b = EPERM;
  failed.c = 1 + static_cast<std::uint64_t>(process::Layer::kNet);
  const Error error = setup_error(failed, "");
  EXPECT_EQ(error.code, "cage.layer_missing");
  EXPECT_NE(error.message.find("not without namespace.net"), std::string::npos) << error.message;
  EXPECT_NE(error.hint.find("[" + lost_without_namespaces() + "]"), std::string::npos);
}

TEST(CageWords, NoNamespaces_AndAnOldLandlockNamesBothVersions) {
  process::Message failed;

  failed.a = static_cast<std::uint64_t>(process::Step::kNamespaces);
  failed.c = process::kLandlockTooOld + 4;
  const Error error = setup_error(failed, "");
  EXPECT_EQ(error.code, "cage.layer_missing");
  EXPECT_NE(error.message.find("needs Landlock ABI 6 (Linux 6.12); here it is 4"),
            std::string::npos)
      << error.message;
}

TEST(CageWords, WithoutNamespaces_LayersSayWhyTheyAreMissing) {
  process::LayersBody body;
  body.count = 2;
  body.results[0] = {static_cast<std::uint8_t>(process::Layer::kUser), 0, 0, 0, 0};
  body.results[1] = {static_cast<std::uint8_t>(process::Layer::kLandlock), 2, 0, -EACCES, 7};
  std::vector<model::LayerReport> layers;
  add_layers(body, layers);
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].state, model::LayerState::kMissing);
  EXPECT_EQ(layers[0].detail, "the kernel refuses user namespaces");
  EXPECT_EQ(layers[1].detail,
            "a file, a signal and a socket outside: ok before, EACCES after, ABI 7");
}

TEST(CageWords, AnEventThatLandlockRefusesSaysSo) {
  process::EventBody body;
  body.kind = static_cast<std::uint32_t>(process::EventKind::kOpen);
  body.error = EACCES;
  body.flags = process::kEventLandlock;
  EXPECT_EQ(event(body).layer, "landlock");
}

}  // namespace
}  // namespace bailey::platform::words
