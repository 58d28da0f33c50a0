#include "codec/text.h"

#include <gtest/gtest.h>

namespace bailey::codec {
namespace {

TEST(Base64, FollowsRfc4648) {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : kVectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), text);
    const auto back = from_base64(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(as_text(*back), plain);
  }
}

TEST(Base64, HasOneSpellingForEachValue) {
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==\n",
                           " Zg==", "Zm9v=", "Zm-v", "Zm_v", "Z=g=", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Hex, IsLowerCaseOnly) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0xAB, 0xFF}), "00abff");
  EXPECT_EQ(*from_hex("00abff"), (Bytes{0x00, 0xAB, 0xFF}));
  for (const char* text : {"0", "AB", "0g", " 00", "0x00"}) EXPECT_FALSE(from_hex(text)) << text;
  EXPECT_FALSE(digest_from_hex(std::string(62, '0')));
  EXPECT_TRUE(digest_from_hex(std::string(64, '0')));
}

TEST(ForTerminal, NeutralisesWhatMovesHidesOrReordersText) {
  EXPECT_EQ(for_terminal("plain \xC3\xA9\xE2\x82\xAC"), "plain \xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(for_terminal("\x1b[2J\r\n\t\x7f"), "\\x1b[2J\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(for_terminal(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(for_terminal("\xff\xc0"), "\\xff\\xc0");
  EXPECT_EQ(for_terminal("\xC2\x9B"), "\\u{009b}");
  EXPECT_EQ(for_terminal("\xE2\x80\xAE"), "\\u{202e}");
  for (const char* text :
       {"\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAA", "\xE2\x81\xA6", "\xE2\x81\xA9",
        "\xE2\x80\x8E", "\xE2\x80\x8F", "\xD8\x9C", "\xE2\x80\x8B", "\xE2\x80\x8D", "\xEF\xBB\xBF",
        "\xC2\xAD", "\xF3\xA0\x80\xA0"}) {
    EXPECT_EQ(for_terminal(text).substr(0, 3), "\\u{") << text;
  }
}

TEST(ForTerminal, CutsLongText) {
  EXPECT_EQ(for_terminal("abcdef", 3), "abc...");
  EXPECT_EQ(for_terminal("ab\xE2\x82\xAC", 3), "ab...");
  EXPECT_EQ(for_terminal("abc", 3), "abc");
}

}  // namespace
}  // namespace bailey::codec
