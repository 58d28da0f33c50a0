#include "merkle/tree.h"

#include <gtest/gtest.h>

#include <bit>

#include "codec/text.h"

namespace bailey::merkle {
namespace {

// The slow, obvious reference: RFC 6962 section 2.1 as it is written, over all leaves.
Hash slow_root(const std::vector<Hash>& leaves, std::size_t begin, std::size_t end) {
  if (begin == end) return empty_root();
  if (end - begin == 1) return leaves[begin];
  const std::size_t k = std::bit_floor(end - begin - 1);
  return node_hash(slow_root(leaves, begin, begin + k), slow_root(leaves, begin + k, end));
}

// PATH(m, D[n]).
std::vector<Hash> slow_path(std::size_t m, const std::vector<Hash>& leaves, std::size_t begin,
                            std::size_t end) {
  if (end - begin == 1) return {};
  const std::size_t k = std::bit_floor(end - begin - 1);
  std::vector<Hash> path;
  if (m < k) {
    path = slow_path(m, leaves, begin, begin + k);
    path.push_back(slow_root(leaves, begin + k, end));
  } else {
    path = slow_path(m - k, leaves, begin + k, end);
    path.push_back(slow_root(leaves, begin, begin + k));
  }
  return path;
}

// SUBPROOF(m, D[n], b).
std::vector<Hash> slow_subproof(std::size_t m, const std::vector<Hash>& leaves, std::size_t begin,
                                std::size_t end, bool complete) {
  const std::size_t n = end - begin;
  if (m == n) {
    return complete ? std::vector<Hash>{} : std::vector<Hash>{slow_root(leaves, begin, end)};
  }
  const std::size_t k = std::bit_floor(n - 1);
  std::vector<Hash> path;
  if (m <= k) {
    path = slow_subproof(m, leaves, begin, begin + k, complete);
    path.push_back(slow_root(leaves, begin + k, end));
  } else {
    path = slow_subproof(m - k, leaves, begin + k, end, false);
    path.push_back(slow_root(leaves, begin, begin + k));
  }
  return path;
}

std::vector<Hash> numbered_leaves(std::size_t count) {
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf_hash(as_bytes(std::to_string(i))));
  return leaves;
}

SubtreeSource source_of(const std::vector<Hash>& leaves) {
  return [&leaves](unsigned level, std::uint64_t index) -> Result<Hash> {
    const std::size_t begin = index << level;
    const std::size_t end = (index + 1) << level;
    if (end > leaves.size()) return fail("test.source", "no such subtree");
    return slow_root(leaves, begin, end);
  };
}

constexpr std::size_t kMany = 70;

TEST(Tree, HasTheRootsOfTheClassicEightLeaves) {
  const char* kLeaves[] = {"",
                           "00",
                           "10",
                           "2021",
                           "3031",
                           "40414243",
                           "5051525354555657",
                           "606162636465666768696a6b6c6d6e6f"};
  const char* kRoots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Frontier frontier;
  EXPECT_EQ(codec::to_hex(frontier.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (std::size_t i = 0; i < 8; ++i) {
    frontier.append(leaf_hash(*codec::from_hex(kLeaves[i])));
    EXPECT_EQ(codec::to_hex(frontier.root()), kRoots[i]) << i + 1;
  }
}

TEST(Frontier, AgreesWithTheReferenceAtEverySize) {
  const auto leaves = numbered_leaves(kMany);
  Frontier frontier;
  for (std::size_t n = 1; n <= kMany; ++n) {
    frontier.append(leaves[n - 1]);
    EXPECT_EQ(frontier.root(), slow_root(leaves, 0, n));
    EXPECT_EQ(frontier.proof_of_last(), slow_path(n - 1, leaves, 0, n));
    const auto again = Frontier::create(n, frontier.subtrees());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->root(), frontier.root());
  }
  EXPECT_EQ(Frontier::create(3, {Hash{}}).error().code, "merkle.frontier");
}

TEST(Frontier, CannotInventTheProofOfALeafItNeverSaw) {
  auto frontier = *Frontier::create(2, {Hash{}});
  EXPECT_DEATH((void)frontier.proof_of_last(), "saw no append");
  frontier.append(Hash{});
  EXPECT_EQ(frontier.proof_of_last().size(), 1U);
}

TEST(Frontier, GrowsPastTwoToTheForty) {
  std::vector<Hash> subtrees(40);
  auto frontier = *Frontier::create((1ULL << 40U) - 1, subtrees);
  frontier.append(Hash{});
  EXPECT_EQ(frontier.size(), 1ULL << 40U);
  EXPECT_EQ(frontier.subtrees().size(), 1U);
  EXPECT_EQ(frontier.proof_of_last().size(), 40U);
  EXPECT_TRUE(verify_inclusion((1ULL << 40U) - 1, 1ULL << 40U, Hash{}, frontier.proof_of_last(),
                               frontier.root()));
}

TEST(Inclusion, EveryLeafOfEverySizeIsProven) {
  const auto leaves = numbered_leaves(kMany);
  const auto source = source_of(leaves);
  for (std::size_t n = 1; n <= kMany; ++n) {
    const auto root = slow_root(leaves, 0, n);
    for (std::size_t m = 0; m < n; ++m) {
      const auto proof = inclusion_proof(m, n, source);
      ASSERT_TRUE(proof);
      ASSERT_EQ(*proof, slow_path(m, leaves, 0, n)) << m << " of " << n;
      ASSERT_TRUE(verify_inclusion(m, n, leaves[m], *proof, root)) << m << " of " << n;
    }
  }
  EXPECT_EQ(inclusion_proof(5, 5, source).error().code, "merkle.range");
  EXPECT_EQ(inclusion_proof(0, 100, source).error().code, "test.source");
}

TEST(Inclusion, AnyOtherClaimIsRefused) {
  const auto leaves = numbered_leaves(21);
  const auto source = source_of(leaves);
  const auto root = slow_root(leaves, 0, 21);
  for (std::size_t m = 0; m < 21; ++m) {
    const auto proof = *inclusion_proof(m, 21, source);
    for (std::size_t other = 0; other < 25; ++other) {
      EXPECT_EQ(other == m, bool(verify_inclusion(other, 21, leaves[m], proof, root)));
    }
    EXPECT_FALSE(verify_inclusion(m, 21, leaves[(m + 1) % 21], proof, root));
    auto longer = proof;
    longer.push_back(Hash{});
    EXPECT_FALSE(verify_inclusion(m, 21, leaves[m], longer, root));
    auto shorter = proof;
    shorter.pop_back();
    EXPECT_FALSE(verify_inclusion(m, 21, leaves[m], shorter, root));
    for (std::size_t i = 0; i < proof.size(); ++i) {
      auto changed = proof;
      changed[i][m] ^= 1U;
      EXPECT_EQ(verify_inclusion(m, 21, leaves[m], changed, root).error().code, "proof.inclusion");
    }
  }
}

TEST(Consistency, EveryPairOfSizesIsProven) {
  const auto leaves = numbered_leaves(kMany);
  const auto source = source_of(leaves);
  for (std::size_t n = 0; n <= kMany; ++n) {
    for (std::size_t m = 0; m <= n; ++m) {
      const auto proof = consistency_proof(m, n, source);
      ASSERT_TRUE(proof);
      const bool trivial = m == 0 || m == n;
      ASSERT_EQ(*proof, trivial ? std::vector<Hash>{} : slow_subproof(m, leaves, 0, n, true));
      ASSERT_TRUE(
          verify_consistency(m, n, *proof, slow_root(leaves, 0, m), slow_root(leaves, 0, n)))
          << m << " to " << n;
    }
  }
  EXPECT_EQ(consistency_proof(6, 5, source).error().code, "merkle.range");
}

TEST(Consistency, ARewrittenPastIsRefused) {
  const auto leaves = numbered_leaves(kMany);
  const auto source = source_of(leaves);
  const auto new_root = slow_root(leaves, 0, kMany);
  for (std::size_t m = 1; m < kMany; ++m) {
    const auto proof = *consistency_proof(m, kMany, source);
    const auto old_root = slow_root(leaves, 0, m);
    auto rewritten = leaves;
    rewritten[m / 2][0] ^= 1U;
    EXPECT_FALSE(verify_consistency(m, kMany, proof, slow_root(rewritten, 0, m), new_root));
    EXPECT_FALSE(verify_consistency(m, kMany, proof, old_root, slow_root(rewritten, 0, kMany)));
    auto longer = proof;
    longer.push_back(Hash{});
    EXPECT_FALSE(verify_consistency(m, kMany, longer, old_root, new_root));
    auto shorter = proof;
    shorter.pop_back();
    EXPECT_FALSE(verify_consistency(m, kMany, shorter, old_root, new_root));
  }
  EXPECT_FALSE(verify_consistency(3, 2, {}, Hash{}, Hash{}));
  EXPECT_FALSE(verify_consistency(2, 2, {}, Hash{}, Hash{1}));
  EXPECT_FALSE(verify_consistency(2, 2, {Hash{}}, Hash{}, Hash{}));
  EXPECT_FALSE(verify_consistency(0, 2, {}, Hash{}, Hash{}));
  EXPECT_TRUE(verify_consistency(0, 2, {}, empty_root(), Hash{}));
}

}  // namespace
}  // namespace bailey::merkle
