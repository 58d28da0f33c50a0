#include "report/leaf_csv.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace bailey::report {
namespace {

TEST(LeafCsv, ACellIsNeverAFormula) {
  for (const std::string text : {"=1+1", "+1", "-1", "@SUM(A1)", "|calc", "%0A", "  =1", "\t=1",
                                 "\r\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"}) {
    EXPECT_TRUE(csv_cell(text).starts_with("\"'")) << text;
  }
  // The control: harmless text is left as it is.
  for (const std::string text : {"/usr/bin/true", "a=b", "12", "", "x-y"}) {
    EXPECT_EQ(csv_cell(text), "\"" + text + "\"");
  }
}

TEST(LeafCsv, ACellIsOneLineAndShowsWhatItHolds) {
  EXPECT_EQ(csv_cell("a\"b"), "\"a\"\"b\"");
  const std::string cell = csv_cell("x\r\n\x1b[2J\u202e\"\xff");
  EXPECT_TRUE(std::none_of(cell.begin(), cell.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  })) << cell;
  EXPECT_EQ(cell.find("\u202e"), std::string::npos);
  EXPECT_NE(cell.find("\\x1b"), std::string::npos);
}

TEST(LeafCsv, EveryRowHasTheHeadersColumns) {
  merkle::LeafEnvelope leaf;
  leaf.type = merkle::LeafType::kControl;
  leaf.body = codec::Json(codec::Json::Object{});
  leaf.body.set("what", "kill_on");
  leaf.body.set("reason", "=cmd(),\"x\",\n");
  const auto commas = [](const std::string& row) {
    bool quoted = false;
    return std::count_if(row.begin(), row.end(), [&](char c) {
      if (c == '"') quoted = !quoted;
      return c == ',' && !quoted;
    });
  };
  const std::string row = csv_row(leaf, merkle::Hash{}, nullptr, "");
  EXPECT_EQ(commas(row), commas(csv_header()));
  EXPECT_TRUE(row.ends_with("\"\r\n"));
  EXPECT_NE(row.find("\"'=cmd(),\"\"x\"\",\\x0a\""), std::string::npos) << row;
}

}  // namespace
}  // namespace bailey::report
