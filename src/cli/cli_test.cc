#include <gtest/gtest.h>

#include "cli/exit_codes.h"
#include "cli/json_line.h"
#include "cli/options.h"
#include "cli/refused_files.h"
#include "cli/run_report.h"
#include "cli/table.h"

namespace bailey::cli {
namespace {

constexpr OptionSpec kSome[] = {{"--one", "X", "one"},
                                {"--many", "X", "many", Arity::kMany},
                                {"--flag", "", "a flag", Arity::kFlag}};
constexpr CommandSpec kRunLike = {"run", "Runs.", "", 0, 0, "", kSome, Tail::kCommand};
constexpr CommandSpec kFileLike = {"check", "Checks.", "[FILE]", 0, 1, "", kSome};

Result<Parsed> parsed(const CommandSpec& spec, std::vector<std::string> words) {
  return parse(spec, words);
}

TEST(Options, WordsAfterTheDashes_AreTheProgramsOwn) {
  const auto run = parsed(kRunLike, {"--one", "1", "--", "tool", "--one", "2", "--", "--help"});
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->value("--one"), "1");
  EXPECT_EQ(run->command(), (std::vector<std::string>{"tool", "--one", "2", "--", "--help"}));
  EXPECT_FALSE(run->wants_help());
}

TEST(Options, CommandWithoutDashes_BeginsAtTheFirstWord) {
  const auto run = parsed(kRunLike, {"--flag", "make", "-j2"});
  ASSERT_TRUE(run.has_value());
  EXPECT_TRUE(run->flag("--flag"));
  EXPECT_EQ(run->command(), (std::vector<std::string>{"make", "-j2"}));
}

TEST(Options, UnknownOption_IsNeverTakenForTheProgram) {
  EXPECT_EQ(parsed(kRunLike, {"--bogus", "ls"}).error().code, "usage");
  EXPECT_EQ(parsed(kRunLike, {"--bogus", "--", "ls"}).error().code, "usage");
  EXPECT_EQ(parsed(kFileLike, {"--bogus"}).error().code, "usage");
}

TEST(Options, RefusesWhatIsMissingTwiceOrTooMuch) {
  EXPECT_FALSE(parsed(kRunLike, {}).has_value());
  EXPECT_FALSE(parsed(kRunLike, {"--"}).has_value());
  EXPECT_FALSE(parsed(kRunLike, {"--one"}).has_value());
  EXPECT_FALSE(parsed(kRunLike, {"--one", "1", "--one", "2", "--", "x"}).has_value());
  EXPECT_FALSE(parsed(kFileLike, {"a", "b"}).has_value());
  EXPECT_FALSE(parsed(kFileLike, {"--", "a"}).has_value());
  EXPECT_EQ(parsed(kRunLike, {"--many", "a", "--many", "b", "--", "x"})->values("--many").size(),
            2U);
}

TEST(Table, EveryCommandHasHelpAndAnExample) {
  for (const auto& command : commands()) {
    EXPECT_FALSE(command.spec.example.empty()) << command.spec.path;
    EXPECT_TRUE(command.spec.summary.ends_with('.')) << command.spec.path;
    EXPECT_NE(command.function, nullptr) << command.spec.path;
    EXPECT_NE(help_text(command.spec).find("Usage: bailey "), std::string::npos);
  }
}

RunReport a_report(model::OutcomeStatus status) {
  RunReport report;
  report.end = RunEnd::kRan;
  report.command = "tool";
  report.status = status;
  report.evidence.started_mono_ns = 1;
  report.evidence.ended_mono_ns = 2'000'000'001;
  return report;
}

TEST(RunReport, ExitCodes_FollowTheProduct) {
  auto report = a_report(model::OutcomeStatus::kDone);
  report.evidence.exit_code = 3;
  EXPECT_EQ(exit_code(report), 3);
  report.evidence.signal = 9;
  EXPECT_EQ(exit_code(report), 137);
  EXPECT_EQ(exit_code(a_report(model::OutcomeStatus::kLimit)), kRunLimit);
  EXPECT_EQ(exit_code(a_report(model::OutcomeStatus::kHalted)), kRunHalted);
  EXPECT_EQ(exit_code(a_report(model::OutcomeStatus::kFailed)), kRunError);

  RunReport denied;
  denied.end = RunEnd::kRefused;
  denied.denial.emplace();
  denied.denial->reason_code = "policy.rule";
  EXPECT_EQ(exit_code(denied), kRunDenied);
  denied.denial->reason_code = "kill.active";
  EXPECT_EQ(exit_code(denied), kRunHalted);
  denied.end = RunEnd::kWaiting;
  EXPECT_EQ(exit_code(denied), kRunNeedsApproval);

  RunReport failed;
  EXPECT_EQ(exit_code(failed), kRunError);
  failed.error = Error{"run.hidden", "", ""};
  EXPECT_EQ(exit_code(failed), kRunNotFound);
  failed.error = Error{"run.not_executable", "", ""};
  EXPECT_EQ(exit_code(failed), kRunNotExecutable);
}

TEST(RunReport, NothingOfTheProgram_CanMoveTheCursor) {
  auto report = a_report(model::OutcomeStatus::kDone);
  report.command = "to\x1b[2Jol";
  report.notes = {"a\nb\x1b]0;x\a"};
  report.receipt_file =
      "\xe2\x80\xae"
      "r.json";
  const auto text = to_text(report);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\a'), std::string::npos);
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_EQ(text.find("b\n", text.find("a\\")), std::string::npos);
}

TEST(JsonLine, KeepsTheValueAndHidesNothing) {
  codec::Json json{codec::Json::Object{}};
  json.set("name",
           "a\xc2\x9b"
           "31m\xe2\x80\xae b\xc3\xa9\xf0\x9f\x99\x82");
  const auto line = json_line(json);
  EXPECT_EQ(line, "{\"name\":\"a\\u009b31m\\u202e b\xc3\xa9\xf0\x9f\x99\x82\"}\n");
  EXPECT_EQ(codec::parse_json(line).value(), json);
}

TEST(RunReport, LimitThatWasHit_IsNamedWithItsSize) {
  auto report = a_report(model::OutcomeStatus::kLimit);
  model::LimitReport limit;
  limit.kind = model::LimitKind::kWall;
  limit.effective = 2'000'000'000;
  limit.hit = true;
  report.evidence.limits.push_back(limit);
  EXPECT_NE(to_text(report).find("wall time over 2.0 s"), std::string::npos) << to_text(report);
}

model::Event of_a_file(const std::string& object, const std::string& error) {
  model::Event event;
  event.kind = model::EventKind::kOpen;
  event.act = "open";
  event.layer = "namespace.mount";
  event.object = object;
  event.error = error;
  return event;
}

TEST(RefusedFiles, WhatIsKept_IsReadAgain) {
  auto given = of_a_file("/given", "ENOENT");
  given.layer = "grant";
  auto cut = of_a_file("/cut", "EACCES");
  cut.cut = true;
  const auto text = refused_files_text(
      {of_a_file("/b", "ENOENT"), of_a_file("/a \xff", "EROFS"), of_a_file("/b", "EROFS"),
       of_a_file("relative", "EACCES"), of_a_file("/went/on", ""), given, cut},
      "/work");
  const auto read = parse_refused_files(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->workspace, "/work");
  EXPECT_EQ(read->paths, (std::vector<std::string>{"/b", "/a \xef\xbf\xbd"}));
}

TEST(RefusedFiles, WithoutAFile_NothingIsKept) {
  EXPECT_EQ(refused_files_text({}, "/work"), "");
  EXPECT_EQ(refused_files_text({of_a_file("/a", "EPERM")}, "/work"), "");
}

TEST(RefusedFiles, AnyOtherText_IsNothing) {
  for (const char* text :
       {"", "{}", "[]", "null", R"({"kind":"process.run","paths":["/a"],"workspace":"/w"})",
        R"({"kind":"files.refused","paths":["a"],"workspace":"/w"})",
        R"({"kind":"files.refused","paths":[1],"workspace":"/w"})",
        R"({"kind":"files.refused","paths":"/a","workspace":"/w"})",
        R"({"kind":"files.refused","paths":["/a"],"workspace":"w"})",
        R"({"kind":"files.refused","paths":["/a"]})"})
    EXPECT_FALSE(parse_refused_files(text).has_value()) << text;
}

}  // namespace
}  // namespace bailey::cli
