#include "codec/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace bailey::codec {
namespace {

std::string code_of(std::string_view text, const JsonLimits& limits = {}) {
  const auto value = parse_json(text, limits);
  return value ? "accepted" : std::string(value.error().code);
}

std::string canonical(std::string_view text) {
  const auto value = parse_json(text);
  return value ? canonical_json(*value) : "refused: " + value.error().message;
}

// RFC 8785 appendix B: the bits of a double and how it is written.
TEST(CanonicalJson, NumbersFollowRfc8785AppendixB) {
  const std::pair<std::uint64_t, const char*> kSamples[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, text] : kSamples) {
    EXPECT_EQ(canonical_json(Json(std::bit_cast<double>(bits))), text) << std::hex << bits;
  }
}

// RFC 8785 section 3.2.2 and 3.2.3.
TEST(CanonicalJson, WritesTheSampleOfRfc8785) {
  EXPECT_EQ(canonical(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })"),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(CanonicalJson, SortsByUtf16CodeUnits) {
  EXPECT_EQ(
      canonical(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})"),
      "{\"\\r\":2,\"1\":4,\"\xC2\x80\":6,\"\xC3\xB6\":7,\"\xE2\x82\xAC\":1,"
      "\"\xF0\x9F\x98\x80\":5,\"\xEF\xAC\xB3\":3}");
}

TEST(CanonicalJson, IsAFixPoint) {
  for (const char* text : {"{}", "[]", "[1,2.5,\"x\",null]", R"({"a":{"b":[true,{}]},"b":""})"}) {
    EXPECT_EQ(canonical(text), text);
    EXPECT_EQ(canonical(canonical(text)), canonical(text));
  }
}

TEST(CanonicalJson, AbortsOnWhatJsonCannotHold) {
  EXPECT_DEATH((void)canonical_json(Json(std::numeric_limits<double>::infinity())), "not finite");
  EXPECT_DEATH((void)canonical_json(Json("\xff")), "not UTF-8");
  EXPECT_DEATH((void)canonical_json(Json(std::int64_t{1} << 53)), "beyond 2\\^53");
  EXPECT_DEATH((void)canonical_json(Json(Json::Object{{"a", 1}, {"a", 2}})), "twice");
}

TEST(PrettyJson, KeepsOrderAndIndents) {
  const auto value = parse_json(R"({"b":[1,{}],"a":[]})");
  ASSERT_TRUE(value);
  EXPECT_EQ(pretty_json(*value), "{\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": []\n}");
}

TEST(ParseJson, RefusesWhatIsAmbiguous) {
  EXPECT_EQ(code_of(R"({"a":1,"a":2})"), "json.duplicate");
  EXPECT_EQ(code_of("{\"a\":1,\"\\u0061\":2}"), "json.duplicate");
  EXPECT_EQ(code_of("\xEF\xBB\xBF{}"), "json.encoding");
  EXPECT_EQ(code_of("\"\xC0\x80\""), "json.encoding");
  EXPECT_EQ(code_of("\"\xED\xA0\x80\""), "json.encoding");
  EXPECT_EQ(code_of(R"("\ud800")"), "json.syntax");
  EXPECT_EQ(code_of(R"("\ud800\u0041")"), "json.encoding");
  EXPECT_EQ(code_of(R"("\udc00")"), "json.encoding");
  for (const char* text :
       {"",       " ",       "{",         "[1",    "[1,]",  "{\"a\":1,}", "{} {}",     "{}x",
        "'a'",    "01",      "+1",        ".5",    "1.",    "NaN",        "Infinity",  "nul",
        "\"\n\"", "// c\n1", "/* c */ 1", "{a:1}", "[1 2]", "\"abc",      "\"\\x41\"", "-"}) {
    EXPECT_EQ(code_of(text), "json.syntax") << text;
  }
  EXPECT_EQ(code_of(std::string_view("1\0", 2)), "json.syntax");
}

TEST(ParseJson, RefusesNumbersThatReadersDisagreeAbout) {
  EXPECT_EQ(code_of("9007199254740991"), "accepted");
  EXPECT_EQ(code_of("-9007199254740991"), "accepted");
  for (const char* text :
       {"9007199254740992", "-9007199254740992", "9223372036854775808", "18446744073709551615",
        "18446744073709551616", "100000000000000000000000000000000000", "1e400", "-1e400",
        "1e999999999999"}) {
    EXPECT_EQ(code_of(text), "json.number") << text;
  }
  EXPECT_EQ(canonical("1e-400"), "0");
  EXPECT_EQ(canonical("-0"), "0");
  EXPECT_EQ(canonical("-0.0"), "0");
  // Canonical forms that could not be read back were accepted once.
  EXPECT_EQ(code_of("9007199254740993.0"), "json.number");
  EXPECT_EQ(code_of("900719920199200719.2547492"), "json.number");
  EXPECT_EQ(code_of("9.99e20"), "json.number");
  EXPECT_EQ(canonical("1e21"), "1e+21");
  EXPECT_EQ(canonical("9007199254740991.0"), "9007199254740991");
}

TEST(ParseJson, ReadsDoublesExactly) {
  for (const char* text : {"0.1", "1.7976931348623157e+308", "2.2250738585072014e-308", "5e-324",
                           "123456789.12345679", "9.999999999999997e+22"}) {
    EXPECT_EQ(canonical(text), text);
  }
}

TEST(ParseJson, SaysLineAndColumn) {
  const auto message = [](std::string_view text) {
    const auto value = parse_json(text);
    return value ? std::string("accepted") : value.error().message;
  };
  EXPECT_NE(message("{\n  \"a\": 1,\n  \"a\": 2\n}").find("at line 3, column 3"), std::string::npos)
      << message("{\n  \"a\": 1,\n  \"a\": 2\n}");
  EXPECT_NE(message("[1,\n   99999999999999999999]").find("at line 2, column 4"), std::string::npos)
      << message("[1,\n   99999999999999999999]");
  EXPECT_NE(message("[1,\n x]").find("at line 2, column 2"), std::string::npos)
      << message("[1,\n x]");
}

TEST(ParseJson, MarksEveryValueAndName) {
  const auto value = parse_json("{\"a\\\"\": [1,\n \"x{\", {}], \n\"b\":true}");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->mark(), (Mark{1, 1}));
  const auto& list = value->as_object()[0].second;
  EXPECT_EQ(list.key_mark(), (Mark{1, 2}));
  EXPECT_EQ(list.mark(), (Mark{1, 9}));
  EXPECT_EQ(list.as_array()[1].mark(), (Mark{2, 2}));
  EXPECT_EQ(list.as_array()[2].mark(), (Mark{2, 8}));
  EXPECT_EQ(value->find("b")->mark(), (Mark{3, 5}));
  EXPECT_EQ(value->find("b")->key_mark(), (Mark{3, 1}));
}

TEST(ParseJson, StopsAtItsLimits) {
  EXPECT_EQ(code_of(std::string(1'000'000, '[')), "json.limit");
  EXPECT_EQ(code_of(std::string(64, '[') + std::string(64, ']')), "accepted");
  EXPECT_EQ(code_of(std::string(65, '[') + std::string(65, ']')), "json.limit");
  EXPECT_EQ(code_of(std::string(10'000'000, ' ')), "json.limit");
  JsonLimits few;
  few.max_values = 3;
  EXPECT_EQ(code_of("[1,2]", few), "accepted");
  EXPECT_EQ(code_of("[1,2,3]", few), "json.limit");
  JsonLimits wide;
  wide.max_bytes = 20'000'000;
  wide.max_depth = 1'000'000;
  EXPECT_EQ(code_of(std::string(10'000'000, '['), wide), "json.limit");
  std::string many = "[1";
  for (int i = 0; i < 3'000'000; ++i) many += ",1";
  EXPECT_EQ(code_of(many + "]", wide), "json.limit");
}

TEST(Utf8, InvalidBytesBecomeReplacementCharacters) {
  EXPECT_EQ(valid_utf8("a\xff"
                       "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(valid_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(valid_utf8("\xE2\x82\xAC"), "\xE2\x82\xAC");
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(is_valid_utf8("\xE0\x9F\xBF"));
  EXPECT_FALSE(is_valid_utf8("\xF0\x8F\xBF\xBF"));
  EXPECT_TRUE(is_valid_utf8("\xF4\x8F\xBF\xBF"));
}

TEST(Json, AccessorsAbortOnAnotherType) {
  EXPECT_DEATH((void)Json("x").as_int(), "as_int");
  EXPECT_DEATH((void)Json(1).as_string(), "as_string");
  EXPECT_EQ(Json(3).as_double(), 3.0);
}

}  // namespace
}  // namespace bailey::codec
