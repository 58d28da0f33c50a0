// Denied actions on disk: sealed, bound to their entry, and not kept for ever.
#include "store/denied_actions.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/fakes.h"
#include "store/key_files.h"
#include "test_disk.h"

namespace bailey::store {
namespace {

namespace fs = std::filesystem;

const std::string kHash(64, 'a');
const std::string kOther(64, 'b');

struct Bench {
  Bench()
      : home([&] {
          EXPECT_EQ(::chmod(scratch.path().c_str(), 0700), 0);
          return *Home::open(scratch.open(), scratch.path(), ::geteuid(), HomeUse::kOwner, clock);
        }()),
        denied(*DeniedActions::open(home, disclosure_key(home, entropy)->key, entropy)) {}

  [[nodiscard]] std::string folder() const { return scratch.path() + "/denials"; }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder()), fs::directory_iterator()));
  }

  test::ScratchDir scratch;
  FakeClock clock;
  FakeEntropy entropy;
  Home home;
  DeniedActions denied;
};

TEST(DeniedActions, ComeBackAsTheyWereKept) {
  Bench bench;
  ASSERT_TRUE(bench.denied.keep(7, kHash, "{\"argv\":[\"git\"]}"));
  EXPECT_EQ(*bench.denied.find(7, kHash), "{\"argv\":[\"git\"]}");
  EXPECT_EQ(*bench.denied.find(8, kHash), std::nullopt);
  EXPECT_EQ(*bench.denied.find(7, kOther), std::nullopt);
}

TEST(DeniedActions, NothingOfThemCanBeReadOnTheDisk) {
  Bench bench;
  ASSERT_TRUE(bench.denied.keep(7, kHash, "planted-secret-1234"));
  for (const auto& entry : fs::directory_iterator(bench.folder())) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    EXPECT_EQ(text.str().find("planted-secret"), std::string::npos);
    EXPECT_EQ(fs::status(entry.path()).permissions(), fs::perms(0600));
  }
}

TEST(DeniedActions, OneCannotStandInForAnother) {
  Bench bench;
  ASSERT_TRUE(bench.denied.keep(7, kHash, "one"));
  const auto from = fs::directory_iterator(bench.folder())->path();
  std::string name = from.filename();
  name.replace(name.find(kHash), kHash.size(), kOther);
  fs::rename(from, from.parent_path() / name);
  EXPECT_EQ(bench.denied.find(7, kOther).error().code, "denials.unreadable");
}

TEST(DeniedActions, AChangedOneIsNotBelieved) {
  Bench bench;
  ASSERT_TRUE(bench.denied.keep(7, kHash, "one"));
  const auto path = fs::directory_iterator(bench.folder())->path();
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(-1, std::ios::end);
  file.put('x');
  file.close();
  EXPECT_EQ(bench.denied.find(7, kHash).error().code, "denials.unreadable");
}

TEST(DeniedActions, TheOldestGoWhenThereAreTooMany) {
  Bench bench;
  for (std::uint64_t i = 0; i < kMaxDenied + 5; ++i) ASSERT_TRUE(bench.denied.keep(i, kHash, "x"));
  EXPECT_EQ(bench.count(), kMaxDenied);
  EXPECT_EQ(*bench.denied.find(4, kHash), std::nullopt);
  EXPECT_EQ(*bench.denied.find(5, kHash), "x");
}

TEST(DeniedActions, ATooBigOneIsLeftOut) {
  Bench bench;
  ASSERT_TRUE(bench.denied.keep(1, kHash, std::string(kMaxDeniedBytes + 1, 'x')));
  EXPECT_EQ(*bench.denied.find(1, kHash), std::nullopt);
  ASSERT_TRUE(bench.denied.keep(1, kHash, std::string(kMaxDeniedBytes, 'x')));
  EXPECT_EQ((*bench.denied.find(1, kHash))->size(), kMaxDeniedBytes);
}

}  // namespace
}  // namespace bailey::store
