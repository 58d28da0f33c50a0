// Receipts: nothing verifies under a key that never signed, and every refusal has a
// reason, in C++ as in C.
#include <string>

#include "bailey/bailey_verify.h"
#include "bailey/verify.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/fakes.h"
#include "merkle/receipt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey;
  const auto text = as_text({data, size});
  // A key of nobody: parsing goes all the way, verification must not.
  static const std::string* const kStranger = [] {
    FakeEntropy entropy;
    const auto key = crypto::SigningKey::generate(entropy);
    return new std::string(
        merkle::NoteVerifier::create("vectors.example/log", key.public_key())->vkey());
  }();
  const auto report = verify::verify_receipt({*kStranger}, text);
  check(report.verdict == verify::Verdict::kFailed, "nobody signs without a key");
  check(!report.code.empty() && !report.message.empty(), "a refusal says why");
  if (const auto receipt = merkle::parse_receipt(text)) {
    (void)merkle::parse_leaf(receipt->parts.leaf);
    if (receipt->parts.intent) (void)merkle::parse_leaf(receipt->parts.intent->leaf);
    check(merkle::write_tlog_proof(receipt->parts.proof).size() < text.size(),
          "a proof is part of its receipt");
  }
  const char* keys[] = {kStranger->c_str()};
  bailey_verify_result result;
  check(bailey_verify_receipt(keys, 1, text.data(), text.size(), &result) == 1,
        "the C interface agrees");
  return 0;
}
