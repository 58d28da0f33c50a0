// The kill switch: every way to be on, and the only way to be off again.
#include "gate/kill_switch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/fakes.h"
#include "test_disk.h"

namespace bailey::gate {
namespace {

namespace fs = std::filesystem;

struct HomeWithSwitch {
  HomeWithSwitch() { EXPECT_TRUE(KillSwitch::initialise(home, clock)); }
  [[nodiscard]] KillSwitch kill(std::optional<std::string> env = std::nullopt) const {
    return {home, env};
  }
  [[nodiscard]] fs::path file(const char* name) const { return fs::path(scratch.path()) / name; }
  void write(const char* name, const std::string& text) const { std::ofstream(file(name)) << text; }
  [[nodiscard]] std::string text(const char* name) const {
    std::ifstream in(file(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  test::ScratchDir scratch;
  Dir home = scratch.open();
  FakeClock clock;
};

TEST(KillSwitch, AFreshHomeRuns) {
  const HomeWithSwitch bench;
  const auto state = bench.kill().look();
  EXPECT_FALSE(state.halted);
  EXPECT_EQ(state.epoch, 0U);
  EXPECT_EQ(state.source, KillSource::kNone);
}

TEST(KillSwitch, InitialiseLeavesAHaltedHomeHalted) {
  const HomeWithSwitch bench;
  ASSERT_TRUE(bench.kill().engage("x", bench.clock));
  ASSERT_TRUE(KillSwitch::initialise(bench.home, bench.clock));
  EXPECT_TRUE(bench.kill().look().halted);
  EXPECT_TRUE(bench.kill().look().epoch > 0);
}

TEST(KillSwitch, TheEnvironmentHaltsUnlessItSaysOn) {
  const HomeWithSwitch bench;
  for (const char* on : {"on", "ON", "true", "True", "1", "yes", "YES"})
    EXPECT_FALSE(bench.kill(on).look().halted) << on;
  EXPECT_FALSE(bench.kill(std::nullopt).look().halted);
  for (const char* off :
       {"", "0", "off", "no", "false", "2", "on ", " on", "y", "enabled", "\xC3\xB6n"})
    EXPECT_TRUE(bench.kill(off).look().halted) << off;
  EXPECT_EQ(bench.kill("off").look().source, KillSource::kEnvironment);
}

TEST(KillSwitch, WhateverIsCalledKillSwitchHalts) {
  const auto halts = [](auto make) {
    const HomeWithSwitch bench;
    EXPECT_FALSE(bench.kill().look().halted);
    make(bench.file("KILL_SWITCH"));
    const auto state = bench.kill().look();
    return state.halted && state.source == KillSource::kFile;
  };
  EXPECT_TRUE(halts([](const fs::path& p) { std::ofstream(p) << "stop"; }));
  EXPECT_TRUE(halts([](const fs::path& p) { std::ofstream(p).close(); }));
  EXPECT_TRUE(halts([](const fs::path& p) { fs::create_directory(p); }));
  EXPECT_TRUE(halts([](const fs::path& p) { fs::create_symlink("nowhere", p); }));
  EXPECT_TRUE(halts([](const fs::path& p) { ASSERT_EQ(::mkfifo(p.c_str(), 0600), 0); }));
  EXPECT_TRUE(halts([](const fs::path& p) {
    std::ofstream(p) << "x";
    fs::permissions(p, fs::perms::none);
  }));
}

TEST(KillSwitch, AStoreThatCannotBeReadHalts) {
  const HomeWithSwitch good;
  const std::string text = good.text("kill.json");
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    good.write("kill.json", text.substr(0, cut));
    EXPECT_TRUE(good.kill().look().halted) << cut;
  }
  for (const char* bad :
       {"{}", "[]", R"({"v":2,"epoch":0,"halted":false,"reason":"","since_ms":0,"source":""})",
        R"({"v":1,"epoch":-1,"halted":false,"reason":"","since_ms":0,"source":""})",
        R"({"v":1,"epoch":0,"halted":0,"reason":"","since_ms":0,"source":""})",
        R"({"v":1,"epoch":0,"halted":false,"reason":"","since_ms":0,"source":"","x":1})"}) {
    good.write("kill.json", bad);
    EXPECT_TRUE(good.kill().look().halted) << bad;
    EXPECT_EQ(good.kill().look().source, KillSource::kUnreadable);
  }
  good.write("kill.json", text);
  EXPECT_FALSE(good.kill().look().halted);  // the control: the text itself is fine
  fs::remove(good.file("kill.json"));
  EXPECT_TRUE(good.kill().look().halted);
  fs::create_symlink("/dev/null", good.file("kill.json"));
  EXPECT_TRUE(good.kill().look().halted);
}

TEST(KillSwitch, SeenOnceItSticks) {
  {
    const HomeWithSwitch bench;
    EXPECT_TRUE(bench.kill("off").notice(bench.clock).halted);
    EXPECT_TRUE(bench.kill().look().halted);
    EXPECT_EQ(bench.kill().look().epoch, 1U);
  }
  const HomeWithSwitch bench;
  bench.write("KILL_SWITCH", "");
  EXPECT_TRUE(bench.kill().notice(bench.clock).halted);
  fs::remove(bench.file("KILL_SWITCH"));
  EXPECT_TRUE(bench.kill().look().halted);
  EXPECT_EQ(bench.kill().notice(bench.clock).epoch, 1U);  // noticing again changes nothing
}

TEST(KillSwitch, LookingAloneDoesNotStick) {
  const HomeWithSwitch bench;
  EXPECT_TRUE(bench.kill("off").look().halted);
  EXPECT_FALSE(bench.kill().look().halted);
}

TEST(KillSwitch, OffLiftsWhatOnEngaged) {
  const HomeWithSwitch bench;
  ASSERT_TRUE(bench.kill().engage("smoke", bench.clock));
  const auto on = bench.kill().look();
  EXPECT_TRUE(on.halted);
  EXPECT_EQ(on.reason, "smoke");
  EXPECT_TRUE(fs::exists(bench.file("KILL_SWITCH")));
  ASSERT_TRUE(bench.kill().lift(on, "aired", bench.clock));
  const auto off = bench.kill().look();
  EXPECT_FALSE(off.halted);
  EXPECT_GT(off.epoch, on.epoch);
  EXPECT_FALSE(fs::exists(fs::symlink_status(bench.file("KILL_SWITCH"))));
}

TEST(KillSwitch, OffLiftsEveryKindOfSwitch) {
  const auto lifts = [](auto make) {
    const HomeWithSwitch bench;
    make(bench.file("KILL_SWITCH"));
    const auto seen = bench.kill().notice(bench.clock);
    EXPECT_TRUE(seen.halted);
    EXPECT_TRUE(bench.kill().lift(seen, "", bench.clock));
    return !bench.kill().look().halted;
  };
  EXPECT_TRUE(lifts([](const fs::path& p) { fs::create_directory(p); }));
  EXPECT_TRUE(lifts([](const fs::path& p) { fs::create_symlink("nowhere", p); }));
  EXPECT_TRUE(lifts([](const fs::path& p) {
    fs::create_directory(p);
    std::ofstream(p / "inside") << "x";
  }));
}

TEST(KillSwitch, OffIsRefusedWhileTheEnvironmentHalts) {
  const HomeWithSwitch bench;
  const auto seen = bench.kill("off").notice(bench.clock);
  const auto lifted = bench.kill("off").lift(seen, "", bench.clock);
  ASSERT_FALSE(lifted);
  EXPECT_EQ(lifted.error().code, "kill.environment");
  EXPECT_TRUE(bench.kill().look().halted);
}

TEST(KillSwitch, OffNeverLiftsANewerHalt) {
  const HomeWithSwitch bench;
  ASSERT_TRUE(bench.kill().engage("first", bench.clock));
  const auto seen = bench.kill().look();
  ASSERT_TRUE(bench.kill().engage("second", bench.clock));
  EXPECT_EQ(bench.kill().lift(seen, "", bench.clock).error().code, "kill.changed");
  EXPECT_TRUE(bench.kill().look().halted);

  // Only the file is new: `kill on` is between its two steps.
  const auto again = bench.kill().look();
  fs::remove(bench.file("KILL_SWITCH"));
  bench.write("KILL_SWITCH", "another");
  EXPECT_EQ(bench.kill().lift(again, "", bench.clock).error().code, "kill.changed");
  EXPECT_TRUE(bench.kill().look().halted);
  EXPECT_EQ(bench.text("KILL_SWITCH"), "another");
}

TEST(KillSwitch, OnWorksOverAnUnreadableStoreAndADirectory) {
  const HomeWithSwitch bench;
  bench.write("kill.json", "garbage");
  fs::create_directory(bench.file("KILL_SWITCH"));
  EXPECT_TRUE(bench.kill().engage("x", bench.clock));
  EXPECT_TRUE(bench.kill().look().halted);
}

TEST(KillSwitch, AnEpochAtItsEndStaysHalted) {
  const HomeWithSwitch bench;
  bench.write(
      "kill.json",
      R"({"v":1,"epoch":9007199254740991,"halted":false,"reason":"","since_ms":0,"source":""})");
  EXPECT_TRUE(bench.kill().look().halted);
}

TEST(KillWatch, StopsForAFileAHaltAndAPassedHalt) {
  HomeWithSwitch bench;
  KillWatch calm(bench.home, 0);
  EXPECT_FALSE(calm.must_stop());
  EXPECT_FALSE(calm.must_stop());

  KillWatch by_file(bench.home, 0);
  bench.write("KILL_SWITCH", "");
  EXPECT_TRUE(by_file.must_stop());
  fs::remove(bench.file("KILL_SWITCH"));
  EXPECT_TRUE(by_file.must_stop());  // and stays so

  // On and off again between two looks.
  ASSERT_FALSE(calm.must_stop());
  ASSERT_TRUE(bench.kill().engage("x", bench.clock));
  ASSERT_TRUE(bench.kill().lift(bench.kill().look(), "", bench.clock));
  EXPECT_FALSE(bench.kill().look().halted);
  EXPECT_TRUE(calm.must_stop());

  const auto epoch = bench.kill().look().epoch;
  KillWatch fresh(bench.home, epoch);
  EXPECT_FALSE(fresh.must_stop());
  fs::remove(bench.file("kill.json"));
  EXPECT_TRUE(fresh.must_stop());
}

TEST(KillWatch, StopsWhenTheHomeIsGone) {
  HomeWithSwitch bench;
  KillWatch watch(bench.home, 0);
  EXPECT_FALSE(watch.must_stop());
  fs::remove_all(bench.scratch.path());
  EXPECT_TRUE(watch.must_stop());
}

}  // namespace
}  // namespace bailey::gate
