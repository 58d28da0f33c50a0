#include "merkle/tile.h"

#include <gtest/gtest.h>

namespace bailey::merkle {
namespace {

TEST(TilePath, FollowsC2sp) {
  EXPECT_EQ(tile_path(0, 0, 256), "tile/0/000");
  EXPECT_EQ(tile_path(0, 1234067, 256), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path(1, 1067, 12), "tile/1/x001/067.p/12");
  EXPECT_EQ(bundle_path(1000, 255), "tile/entries/x001/000.p/255");
  EXPECT_EQ(bundle_path(999, 256), "tile/entries/999");
  EXPECT_DEATH((void)tile_path(0, 0, 0), "1 to 256");
  EXPECT_DEATH((void)tile_path(64, 0, 1), "at most 63");
}

// The specification's example: 70,000 leaves.
TEST(TileWidth, FollowsTheWorkedExample) {
  EXPECT_EQ(tile_width(0, 272, 70'000), 256U);
  EXPECT_EQ(tile_width(0, 273, 70'000), 112U);
  EXPECT_EQ(tile_width(0, 274, 70'000), 0U);
  EXPECT_EQ(tile_width(1, 0, 70'000), 256U);
  EXPECT_EQ(tile_width(1, 1, 70'000), 17U);
  EXPECT_EQ(tile_width(2, 0, 70'000), 1U);
  EXPECT_EQ(tile_width(3, 0, 70'000), 0U);
  EXPECT_EQ(tile_width(0, 0, 256), 256U);
  EXPECT_EQ(tile_width(0, 1, 256), 0U);
  EXPECT_EQ(tile_width(1, 0, 256), 1U);
  EXPECT_EQ(tile_width(8, 0, UINT64_MAX), 0U);
  EXPECT_EQ(tile_width(7, 0, UINT64_MAX), 255U);
}

TEST(Bundle, SplitsIntoExactlyItsEntries) {
  Bytes bundle;
  append_to_bundle(bundle, as_bytes("one"));
  append_to_bundle(bundle, {});
  append_to_bundle(bundle, Bytes(65'535, 7));
  const auto entries = split_bundle(bundle, 3);
  ASSERT_TRUE(entries);
  EXPECT_EQ(as_text((*entries)[0]), "one");
  EXPECT_EQ((*entries)[1].size(), 0U);
  EXPECT_EQ((*entries)[2].size(), 65'535U);
  EXPECT_FALSE(split_bundle(bundle, 2));
  EXPECT_FALSE(split_bundle(bundle, 4));
  for (const std::size_t cut : {0U, 1U, 4U, 6U, 100U}) {
    EXPECT_EQ(split_bundle(ByteView(bundle).first(cut), 3).error().code, "tile.bundle") << cut;
  }
  EXPECT_TRUE(split_bundle({}, 0));
  // An empty entry more than there should be went unnoticed once.
  EXPECT_FALSE(split_bundle(Bytes{0, 1, 7, 0, 0}, 1));
  EXPECT_FALSE(split_bundle(Bytes{0, 0}, 0));
  EXPECT_DEATH(append_to_bundle(bundle, Bytes(65'536)), "65,535");
}

}  // namespace
}  // namespace bailey::merkle
