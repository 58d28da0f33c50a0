// What witnesses and logs say to each other, and the file that says whom to believe: what
// parses prints back to itself or is within its limits, and no stranger's word counts.
#include "base/bytes.h"
#include "base/check.h"
#include "base/fakes.h"
#include "merkle/add_checkpoint.h"
#include "merkle/cosignature.h"
#include "merkle/tlog_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::merkle;
  const auto text = bailey::as_text({data, size});
  static const CosignatureVerifier* const kStranger = [] {
    bailey::FakeEntropy entropy;
    const auto key = bailey::crypto::SigningKey::generate(entropy);
    return new CosignatureVerifier(*CosignatureVerifier::create("stranger", key.public_key()));
  }();
  if (const auto request = parse_add_checkpoint(text)) {
    bailey::check(write_add_checkpoint(*request) == text, "a request has one spelling");
    if (const auto note = parse_note(request->checkpoint)) {
      const auto time = cosigned_at(*note, *kStranger);
      bailey::check(!time || !*time, "nobody cosigns without a key");
    }
  }
  if (const auto tree_size = parse_tlog_size(text)) {
    bailey::check(write_tlog_size(*tree_size) == text, "a size has one spelling");
  }
  if (const auto vkey = CosignatureVerifier::parse(text)) {
    bailey::check(vkey->vkey() == text, "a vkey has one spelling");
  }
  if (const auto policy = parse_tlog_policy(text)) {
    for (const auto& group : policy->groups) {
      bailey::check(group.threshold >= 1 && group.threshold <= group.members.size(),
                    "a group can be met and can fail");
    }
    const auto nobody = count_cosignatures(Note{"text\n", {}}, *policy);
    bailey::check(nobody && nobody->by.empty() && nobody->quorum != Quorum::kMet,
                  "no cosignature meets no quorum");
  }
  return 0;
}
