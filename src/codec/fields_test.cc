#include "codec/fields.h"

#include <gtest/gtest.h>

#include "codec/yaml.h"

namespace bailey::codec {
namespace {

const Json& document() {
  static const Json value =
      *parse_yaml("name: x\ncount: 3\non: true\nlist: [a, b]\ninner:\n  deep: y\nlevel: 7\n");
  return value;
}

TEST(ObjectReader, HandsOutEachMemberByType) {
  auto reader = ObjectReader::create(document(), "policy");
  ASSERT_TRUE(reader);
  EXPECT_EQ(*reader->required_string("name"), "x");
  EXPECT_EQ(*reader->required_int("count", 0, 10), 3);
  EXPECT_TRUE(*reader->required_bool("on"));
  EXPECT_EQ(reader->strings("list")->size(), 2U);
  EXPECT_TRUE(reader->strings("absent")->empty());
  EXPECT_FALSE(reader->optional_string("also_absent")->has_value());
  auto inner = reader->required_object("inner");
  ASSERT_TRUE(inner);
  EXPECT_EQ(*inner->required_string("deep"), "y");
  EXPECT_TRUE(inner->finish());
  EXPECT_EQ(reader->optional_int("level", 0, 10)->value(), 7);
  EXPECT_TRUE(reader->finish());
}

TEST(ObjectReader, RefusesAnUnknownKeyAndNamesTheNearest) {
  auto reader = ObjectReader::create(document(), "policy");
  for (const char* name : {"name", "count", "on", "list", "levels"}) (void)reader->any(name);
  (void)reader->any("inner");
  const auto refused = reader->finish();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "fields.unknown");
  EXPECT_EQ(refused.error().message, "policy: level: unknown key at line 7, column 1");
  EXPECT_EQ(refused.error().hint, "did you mean 'levels'?");
}

TEST(ObjectReader, SaysWhatIsWrongAndWhere) {
  auto reader = ObjectReader::create(document(), "policy");
  EXPECT_EQ(reader->required_int("name", 0, 1).error().message,
            "policy: name: must be an integer, not a string at line 1, column 7");
  EXPECT_EQ(reader->required_int("count", 0, 1).error().code, "fields.range");
  EXPECT_EQ(reader->required_string("gone").error().message,
            "policy: gone: is missing at line 1, column 1");
  auto inner = reader->required_object("inner");
  EXPECT_EQ(inner->required_bool("deep").error().message,
            "policy: inner.deep: must be true or false, not a string at line 6, column 9");
  EXPECT_FALSE(ObjectReader::create(Json("x"), "policy"));
}

TEST(ObjectReader, RefusesAListOfOtherThings) {
  const auto value = *parse_yaml("list: [a, 1]\n");
  auto reader = ObjectReader::create(value, "policy");
  const auto list = reader->strings("list");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, "fields.type");
  EXPECT_NE(list.error().message.find("line 1, column 11"), std::string::npos);
}

}  // namespace
}  // namespace bailey::codec
