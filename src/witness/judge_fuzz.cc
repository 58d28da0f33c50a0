// Requests to a witness: nothing that a stranger writes is cosigned, and a request is judged the
// same way twice.
#include "base/check.h"
#include "base/fakes.h"
#include "witness/judge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bailey::witness;
  const auto body = bailey::as_text({data, size});
  static const Logs* const kLogs = [] {
    bailey::FakeEntropy entropy;
    const auto key = bailey::crypto::SigningKey::generate(entropy);
    // The origin of the corpus, under a key that never signed it.
    return new Logs{*bailey::merkle::NoteVerifier::create("vectors.example/log", key.public_key())};
  }();
  const auto judged = judge(body, *kLogs, Latest{5, {}});
  bailey::check(judged.answer != Answer::kCosign, "nobody is cosigned without a key");
  bailey::check(judge(body, *kLogs, Latest{5, {}}).answer == judged.answer, "one judgement");
  bailey::check((judged.answer == Answer::kMalformed || judged.answer == Answer::kUnknownLog) ||
                    origin_of(body, *kLogs).has_value(),
                "what is judged has an origin");
  return 0;
}
