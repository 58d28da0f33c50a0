#include "effect/process/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "effect/process/plan_builder.h"
#include "effect/process/wire.h"

namespace bailey::effect::process {
namespace {

CageSpec small_spec() {
  CageSpec spec;
  spec.argv = {"echo", "hello"};
  spec.program = "/usr/bin/echo";
  spec.environment = {"A=1"};
  spec.working_directory = "/home/u/work";
  spec.views = {{"/usr", "/usr"},
                {"/etc", "/etc"},
                {"/home/u/work", "/home/u/work", Access::kReadWrite, false}};
  spec.hidden = {"/etc/shadow", "/home"};
  return spec;
}

Result<Bytes> build(const CageSpec& spec) {
  return build_plan(spec, std::vector<std::string>(spec.views.size()));
}

// An 8-aligned copy of exactly the size, so that a reader that strays is seen.
struct Blob {
  explicit Blob(const Bytes& bytes) : words((bytes.size() + 7) / 8), size(bytes.size()) {
    if (size > 0) std::memcpy(words.data(), bytes.data(), size);
  }
  std::vector<std::uint64_t> words;
  std::size_t size;
};

TEST(Plan, SaysWhatTheSpecSaid) {
  const auto bytes = build(small_spec());
  ASSERT_TRUE(bytes);
  const Blob blob(*bytes);
  PlanReader plan;
  ASSERT_TRUE(plan.open(blob.words.data(), blob.size));
  EXPECT_EQ(plan.header().arguments, 2U);
  EXPECT_STREQ(plan.argument(1), "hello");
  EXPECT_STREQ(plan.variable(0), "A=1");
  EXPECT_STREQ(plan.text(plan.header().program), "/usr/bin/echo");
  EXPECT_STREQ(plan.text(plan.header().directory), "/home/u/work");
}

TEST(Plan, PutsParentsBeforeWhatLiesBeneathThem) {
  CageSpec spec = small_spec();
  spec.views.push_back({"/opt/a-b", "/opt/a-b"});
  spec.views.push_back({"/opt/a", "/opt/a"});
  spec.views.push_back({"/opt/a", "/opt/a/b"});
  const auto bytes = build(spec);
  ASSERT_TRUE(bytes);
  const Blob blob(*bytes);
  PlanReader plan;
  ASSERT_TRUE(plan.open(blob.words.data(), blob.size));
  // The slow proof: no place is an ancestor of an earlier one.
  for (std::uint32_t later = 0; later < plan.header().places; ++later) {
    for (std::uint32_t earlier = 0; earlier < later; ++earlier) {
      const auto inner = plan.view(plan.place(earlier).target);
      const auto outer = plan.view(plan.place(later).target);
      if (inner == outer) continue;
      EXPECT_FALSE(is_within(inner, outer)) << outer << " would cover " << inner;
    }
  }
}

TEST(Plan, AHiddenHomeKeepsTheWorkspaceBeneathIt) {
  const auto bytes = build(small_spec());
  ASSERT_TRUE(bytes);
  const Blob blob(*bytes);
  PlanReader plan;
  ASSERT_TRUE(plan.open(blob.words.data(), blob.size));
  bool found = false;
  for (std::uint32_t i = 0; i < plan.header().places; ++i) {
    if (plan.view(plan.place(i).target) != "/home") continue;
    found = true;
    EXPECT_EQ(plan.place(i).kind, PlaceKind::kHide);
    EXPECT_TRUE(plan.place(i).flags & kPlaceHasChildren);
  }
  EXPECT_TRUE(found);
}

TEST(Plan, AHiddenFileIsHiddenUnderEveryNameOfIt) {
  CageSpec spec = small_spec();
  spec.views.push_back({"/etc", "/opt/etc"});
  const auto bytes = build(spec);
  ASSERT_TRUE(bytes);
  const Blob blob(*bytes);
  PlanReader plan;
  ASSERT_TRUE(plan.open(blob.words.data(), blob.size));
  bool found = false;
  for (std::uint32_t i = 0; i < plan.header().places; ++i) {
    found = found || (plan.view(plan.place(i).target) == "/opt/etc/shadow" &&
                      plan.place(i).kind == PlaceKind::kHide);
  }
  EXPECT_TRUE(found);
}

TEST(Plan, PlacesToAskForAreCarriedAndChecked) {
  CageSpec spec = small_spec();
  spec.asks = {"/srv/shelf", "/home/ada/.npmrc"};
  const auto bytes = build(spec);
  ASSERT_TRUE(bytes);
  const Blob blob(*bytes);
  PlanReader plan;
  ASSERT_TRUE(plan.open(blob.words.data(), blob.size));
  ASSERT_EQ(plan.header().asks, 2U);
  EXPECT_EQ(plan.ask(0), "/srv/shelf");
  EXPECT_EQ(plan.ask(1), "/home/ada/.npmrc");
  for (const char* path : {"", "/", "srv", "/srv/", "/srv/../etc"}) {
    spec.asks = {path};
    EXPECT_FALSE(build(spec)) << path;
  }
  spec.asks.assign(kPlanMaxAsks + 1, "/srv/shelf");
  EXPECT_FALSE(build(spec));
}

TEST(Plan, RefusesPathsThatDoNotQualify) {
  for (const std::string path :
       {"", "/", "usr", "/usr/", "/usr//lib", "/usr/../etc", "/./usr", "/.."}) {
    CageSpec spec = small_spec();
    spec.views.push_back({"/usr", path});
    EXPECT_FALSE(build(spec)) << path;
    spec.views.back() = {path, "/opt/x"};
    EXPECT_FALSE(build(spec)) << path;
  }
  EXPECT_FALSE(is_plain_path(std::string_view("/a\0b", 4)));
  EXPECT_FALSE(is_plain_path("/" + std::string(5000, 'a')));
  EXPECT_FALSE(is_plain_path("/" + std::string(256, 'a')));
  EXPECT_TRUE(is_plain_path("/a b/\xc3\xa9/..x"));
}

TEST(Plan, RefusesViewsOverWhatTheCageMakes) {
  for (const char* path : {"/proc", "/proc/self", "/dev", "/dev/shm", "/tmp", "/run"}) {
    CageSpec spec = small_spec();
    spec.views.push_back({"/usr", path});
    EXPECT_FALSE(build(spec)) << path;
  }
  for (const char* path : {"/proc/1/root", "/sys", "/dev/sda"}) {
    CageSpec spec = small_spec();
    spec.views.push_back({path, "/opt/x"});
    EXPECT_FALSE(build(spec)) << path;
  }
}

TEST(Plan, RefusesTwoViewsForOnePlaceAndUnknownLayers) {
  CageSpec spec = small_spec();
  spec.views.push_back({"/opt", "/usr"});
  EXPECT_FALSE(build(spec));
  spec = small_spec();
  spec.accepted = {"namespace.everything"};
  EXPECT_FALSE(build(spec));
  spec.accepted = {"landlock"};
  EXPECT_TRUE(build(spec));
}

TEST(Plan, RefusesMoreThanFourMebibytes) {
  CageSpec spec = small_spec();
  spec.argv.push_back(std::string(kPlanMaxBytes, 'x'));
  EXPECT_FALSE(build(spec));
}

TEST(Plan, ReaderRefusesEveryTruncation) {
  const auto bytes = build(small_spec());
  ASSERT_TRUE(bytes);
  for (std::size_t size = 0; size < bytes->size(); ++size) {
    const Blob blob(Bytes(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(size)));
    PlanReader plan;
    EXPECT_FALSE(plan.open(blob.words.data(), size)) << size;
  }
}

TEST(Plan, ReaderSurvivesEveryFlippedByte) {
  const auto bytes = build(small_spec());
  ASSERT_TRUE(bytes);
  std::mt19937 random(7);  // the same flips every time
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes->size(); ++at) {
    Bytes flipped = *bytes;
    flipped[at] ^= static_cast<std::uint8_t>(1 + random() % 255);
    const Blob blob(flipped);
    PlanReader plan;
    if (!plan.open(blob.words.data(), blob.size)) {
      ++refused;
      continue;
    }
    // What passes must still be readable to the last byte.
    std::size_t total = 0;
    for (std::uint32_t i = 0; i < plan.header().arguments; ++i) {
      total += std::strlen(plan.argument(i));
    }
    for (std::uint32_t i = 0; i < plan.header().places; ++i) {
      total += std::strlen(plan.text(plan.place(i).target));
    }
    EXPECT_GT(total, 0U);
  }
  EXPECT_GT(refused, bytes->size() / 4);
}

TEST(Wire, RefusesWhatIsNotOneWholeMessage) {
  Message message;
  message.type = MessageType::kGo;
  EXPECT_TRUE(is_sound(message, kMessageBytes));
  EXPECT_FALSE(is_sound(message, kMessageBytes - 1));
  EXPECT_FALSE(is_sound(message, kMessageBytes + 1));
  message.type = static_cast<MessageType>(15);
  EXPECT_FALSE(is_sound(message, kMessageBytes));
  message.type = MessageType::kGo;
  message.version = 2;
  EXPECT_FALSE(is_sound(message, kMessageBytes));
}

}  // namespace
}  // namespace bailey::effect::process
