#include "report/leaf_filter.h"

#include <gtest/gtest.h>

namespace bailey::report {
namespace {

using merkle::LeafType;

merkle::LeafEnvelope leaf(LeafType type, std::uint64_t index, const char* body,
                          std::int64_t seconds = 100) {
  merkle::LeafEnvelope made;
  made.type = type;
  made.index = index;
  made.time = WallTime{seconds * 1'000'000'000};
  made.body = *codec::parse_json(body);
  return made;
}

constexpr const char* kIntent =
    R"({"action":{"kind":"process.run","program":"/usr/bin/git","resource":"/home/ann/space"},)"
    R"("caller":{"owner":"uid:1000","principal":"session:00ff","session":"00ff"},)"
    R"("verdict":{"decision":"allow"}})";
const std::string kOutcome = R"({"intent":{"index":4,"leaf_hash":")" + std::string(64, 'a') +
                             R"("},"status":"done",)"
                             R"("grants":[{"decision":"denied","path":"d1"}]})";

LeafFilter asking(SearchField field, std::string text) {
  LeafQuestion question;
  question.wanted[static_cast<std::size_t>(field)] = std::move(text);
  return {question, [](const auto&, const std::string& member, const std::string& digest,
                       const std::string& asked) {
            return member == "grants.0.path" && digest == "d1" && asked == "/home/ann/.netrc";
          }};
}

TEST(LeafFilter, EachFieldFindsItsOwnAndNothingElse) {
  const struct {
    SearchField field;
    const char* found;
    const char* not_found;
  } kCases[] = {
      {SearchField::kSession, "00ff", "00f"},
      {SearchField::kActor, "uid:1000", "uid:100"},
      {SearchField::kActor, "session:00ff", "session"},
      {SearchField::kAction, "process.run", "process.ru"},
      {SearchField::kAction, "process", "proc"},
      {SearchField::kDecision, "allow", "ask"},
      {SearchField::kPath, "/home/ann", "/home/an"},
      {SearchField::kPath, "/usr/bin/git", "/usr/bin/gi"},
      {SearchField::kPath, "/", "home"},
  };
  for (const auto& each : kCases) {
    EXPECT_TRUE(asking(each.field, each.found).matches(leaf(LeafType::kIntent, 4, kIntent)))
        << each.found;
    EXPECT_FALSE(asking(each.field, each.not_found).matches(leaf(LeafType::kIntent, 4, kIntent)))
        << each.not_found;
  }
}

TEST(LeafFilter, AnOutcomeIsFoundByItsIntentWhileThatIsOpen) {
  auto filter = asking(SearchField::kSession, "00ff");
  EXPECT_FALSE(filter.matches(leaf(LeafType::kOutcome, 5, kOutcome.c_str())));
  EXPECT_TRUE(filter.matches(leaf(LeafType::kIntent, 4, kIntent)));
  EXPECT_TRUE(filter.matches(leaf(LeafType::kOutcome, 5, kOutcome.c_str())));
  EXPECT_FALSE(filter.matches(leaf(LeafType::kOutcome, 6, kOutcome.c_str())));
}

TEST(LeafFilter, DigestsAreHeldAgainstThePathAskedFor) {
  const auto outcome = leaf(LeafType::kOutcome, 5, kOutcome.c_str());
  EXPECT_TRUE(asking(SearchField::kPath, "/home/ann/.netrc").matches(outcome));
  EXPECT_FALSE(asking(SearchField::kPath, "/home/ann").matches(outcome));
  EXPECT_TRUE(asking(SearchField::kDecision, "deny").matches(outcome));
}

TEST(LeafFilter, TimesAndSeveralFieldsMustAllHold) {
  LeafQuestion question;
  question.since_ns = 100'000'000'000;
  question.until_ns = 200'000'000'000;
  question.wanted[static_cast<std::size_t>(SearchField::kSession)] = "00ff";
  question.wanted[static_cast<std::size_t>(SearchField::kDecision)] = "allow";
  const auto matches = [&](std::int64_t seconds) {
    return LeafFilter(question, {}).matches(leaf(LeafType::kIntent, 4, kIntent, seconds));
  };
  EXPECT_FALSE(matches(99));
  EXPECT_TRUE(matches(100));
  EXPECT_TRUE(matches(199));
  EXPECT_FALSE(matches(200));
  question.wanted[static_cast<std::size_t>(SearchField::kDecision)] = "deny";
  EXPECT_FALSE(matches(150));
}

TEST(LeafFilter, SaysWhenNoEntryHadAPlaceForAField) {
  auto filter = asking(SearchField::kHost, "example.org");
  EXPECT_FALSE(filter.matches(leaf(LeafType::kIntent, 4, kIntent)));
  EXPECT_EQ(filter.places(SearchField::kHost), 0U);
  EXPECT_EQ(filter.places(SearchField::kSession), 1U);
  EXPECT_TRUE(filter.matches(
      leaf(LeafType::kEvents, 5, R"({"events":[{"kind":"connect","object":"example.org:443"}]})")));
  EXPECT_EQ(filter.places(SearchField::kHost), 1U);
}

}  // namespace
}  // namespace bailey::report
