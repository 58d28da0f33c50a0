// RFC 9162 sections 2.1.3.2 and 2.1.4.2, step by step.
#include <bit>

#include "merkle/tree.h"

namespace bailey::merkle {
namespace {

std::unexpected<Error> bad_inclusion(std::uint64_t index, std::uint64_t size, const char* why) {
  return fail("proof.inclusion", "leaf " + std::to_string(index) +
                                     " is not proven to be in the tree of " + std::to_string(size) +
                                     ": " + why);
}

std::unexpected<Error> bad_consistency(std::uint64_t first, std::uint64_t second, const char* why) {
  return fail("proof.consistency", "the tree of " + std::to_string(second) +
                                       " is not proven to extend the one of " +
                                       std::to_string(first) + ": " + why);
}

}  // namespace

Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                        const std::vector<Hash>& proof, const Hash& root) {
  if (index >= size) return bad_inclusion(index, size, "the index is past the end");
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Hash r = leaf;
  for (const auto& p : proof) {
    if (sn == 0) return bad_inclusion(index, size, "the proof is too long");
    if ((fn & 1U) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1U) == 0 && fn != 0) {
        fn >>= 1U;
        sn >>= 1U;
      }
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1U;
    sn >>= 1U;
  }
  if (sn != 0) return bad_inclusion(index, size, "the proof is too short");
  if (r != root) return bad_inclusion(index, size, "the proof leads to another root");
  return {};
}

Status verify_consistency(std::uint64_t first, std::uint64_t second, const std::vector<Hash>& proof,
                          const Hash& first_root, const Hash& second_root) {
  if (first > second) return bad_consistency(first, second, "it is smaller");
  if (first == second) {
    if (!proof.empty()) return bad_consistency(first, second, "a proof where none is needed");
    if (first_root != second_root) {
      return bad_consistency(first, second, "two roots for one size: the log has forked");
    }
    return {};
  }
  if (first == 0) {
    if (!proof.empty()) return bad_consistency(first, second, "a proof where none is needed");
    if (first_root != empty_root()) return bad_consistency(first, second, "a root for no leaves");
    return {};
  }
  if (proof.empty()) return bad_consistency(first, second, "the proof is empty");
  // When the old tree is complete its root is the first, unwritten, element.
  std::size_t next = 0;
  const bool complete = std::has_single_bit(first);
  const Hash start = complete ? first_root : proof[next++];
  std::uint64_t fn = first - 1;
  std::uint64_t sn = second - 1;
  while ((fn & 1U) != 0) {
    fn >>= 1U;
    sn >>= 1U;
  }
  Hash fr = start;
  Hash sr = start;
  for (; next < proof.size(); ++next) {
    const Hash& c = proof[next];
    if (sn == 0) return bad_consistency(first, second, "the proof is too long");
    if ((fn & 1U) != 0 || fn == sn) {
      fr = node_hash(c, fr);
      sr = node_hash(c, sr);
      while ((fn & 1U) == 0 && fn != 0) {
        fn >>= 1U;
        sn >>= 1U;
      }
    } else {
      sr = node_hash(sr, c);
    }
    fn >>= 1U;
    sn >>= 1U;
  }
  if (sn != 0) return bad_consistency(first, second, "the proof is too short");
  if (fr != first_root)
    return bad_consistency(first, second, "the proof leads to another old root");
  if (sr != second_root)
    return bad_consistency(first, second, "the proof leads to another new root");
  return {};
}

}  // namespace bailey::merkle
