// include/bailey/bailey_verify.h over include/bailey/verify.h.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

#include "bailey/bailey_verify.h"
#include "bailey/verify.h"

namespace {

using bailey::verify::File;
using bailey::verify::Report;
using bailey::verify::Verdict;

constexpr std::size_t kMaxFileBytes = std::size_t{256} * (65'535 + 2);

std::vector<std::string> to_keys(const char* const* vkeys, std::size_t count) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; vkeys != nullptr && i < count; ++i) {
    keys.emplace_back(vkeys[i] != nullptr ? vkeys[i] : "");
  }
  return keys;
}

std::string_view view(const char* text, std::size_t length) {
  return text != nullptr ? std::string_view(text, length) : std::string_view();
}

// Cuts between characters, never inside one.
template <std::size_t N>
void copy_text(char (&out)[N], std::string_view text) {
  std::size_t length = std::min(text.size(), N - 1);
  while (length < text.size() && length > 0 &&
         (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    --length;
  }
  // The length goes with it. NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage)
  std::memcpy(out, text.data(), length);
  out[length] = '\0';
}

void fill(bailey_verify_result& result, const Report& report) {
  result = bailey_verify_result{};
  copy_text(result.code, report.code);
  copy_text(result.message, report.message);
  copy_text(result.origin, report.origin);
  copy_text(result.root, report.root);
  copy_text(result.leaf_hash, report.leaf_hash);
  result.size = report.size;
  result.index = report.index;
  result.older_size = report.older_size;
  result.intents = report.intents;
  result.closed = report.closed;
  result.open = report.open;
}

template <class Verification>
int run(bailey_verify_result* result, Verification verification) noexcept {
  try {
    const Report report = verification();
    if (result != nullptr) fill(*result, report);
    return static_cast<int>(report.verdict);
  } catch (...) {  // no memory
    if (result != nullptr) {
      *result = bailey_verify_result{};
      copy_text(result->code, "verify.memory");
      copy_text(result->message, "not enough memory");
    }
    return static_cast<int>(Verdict::kIncomplete);
  }
}

// Only as much of it as the caller has.
void hand_over(bailey_verify_report* out, const bailey_verify_report& full) {
  if (out == nullptr || out->struct_size <= sizeof out->struct_size) return;
  const std::size_t size = std::min(out->struct_size, sizeof full);
  std::memcpy(reinterpret_cast<char*>(out) + sizeof out->struct_size,
              reinterpret_cast<const char*>(&full) + sizeof full.struct_size,
              size - sizeof full.struct_size);
}

template <class Verification>
int run_report(bailey_verify_report* out, Verification verification) noexcept {
  bailey_verify_report full{};
  Report report;
  const int code = run(&full.result, [&] {
    report = verification();
    std::string names;
    for (const auto& witness : report.witnesses) names += witness.name + "\n";
    copy_text(full.witnesses, names);
    return report;
  });
  full.from = report.from;
  full.witness_count = report.witnesses.size();
  full.quorum_met = report.quorum_met ? 1 : 0;
  hand_over(out, full);
  return code;
}

Report no_verifier() {
  Report report;
  report.verdict = Verdict::kUsage;
  report.code = "verify.usage";
  report.message = "no verifier was given";
  return report;
}

// A member of a structure that an older caller may not have.
#define BAILEY_HAS(pointer, member) \
  ((pointer)->struct_size >= offsetof(bailey_verify_trust, member) + sizeof(pointer)->member)

bailey::verify::Trust to_trust(const bailey_verify_trust* given) {
  bailey::verify::Trust trust;
  if (given == nullptr) return trust;
  if (BAILEY_HAS(given, vkey_count)) trust.vkeys = to_keys(given->vkeys, given->vkey_count);
  if (BAILEY_HAS(given, policy_length)) trust.policy = view(given->policy, given->policy_length);
  if (BAILEY_HAS(given, history_length))
    trust.history = view(given->history, given->history_length);
  return trust;
}
#undef BAILEY_HAS

// `buffer` is kept for all files of one question.
bailey::verify::ReadFile reader_of(bailey_verify_read read, void* context,
                                   std::vector<uint8_t>& buffer) {
  return [read, context, &buffer](const std::string& path) -> File {
    const int64_t length =
        read != nullptr ? read(context, path.c_str(), buffer.data(), buffer.size()) : -2;
    if (length == -1) return {File::State::kMissing, {}};
    if (length < 0 || static_cast<std::size_t>(length) > buffer.size()) {
      return {File::State::kUnreadable, "its reader failed"};
    }
    return {File::State::kRead, std::string(reinterpret_cast<const char*>(buffer.data()),
                                            static_cast<std::size_t>(length))};
  };
}

}  // namespace

struct bailey_verifier {
  std::unique_ptr<bailey::verify::Verifier> verifier;
};

extern "C" {

int bailey_verify_api_version(void) { return BAILEY_VERIFY_API_VERSION; }

int bailey_verifier_open(const bailey_verify_trust* trust, bailey_verifier** verifier,
                         bailey_verify_report* report) {
  if (verifier != nullptr) *verifier = nullptr;
  return run_report(report, [&] {
    if (verifier == nullptr) return no_verifier();
    Report why;
    auto made = bailey::verify::Verifier::create(to_trust(trust), why);
    if (!made) return why;
    *verifier = new bailey_verifier{std::move(made)};
    why.verdict = Verdict::kGood;
    return why;
  });
}

void bailey_verifier_close(bailey_verifier* verifier) { delete verifier; }

int bailey_verifier_receipt(const bailey_verifier* verifier, const char* receipt,
                            size_t receipt_length, bailey_verify_report* report) {
  return run_report(report, [&] {
    return verifier != nullptr ? verifier->verifier->receipt(view(receipt, receipt_length))
                               : no_verifier();
  });
}

int bailey_verifier_proof(const bailey_verifier* verifier, const char* proof, size_t proof_length,
                          const void* entry, size_t entry_length, bailey_verify_report* report) {
  return run_report(report, [&] {
    return verifier != nullptr
               ? verifier->verifier->proof(view(proof, proof_length),
                                           view(static_cast<const char*>(entry), entry_length))
               : no_verifier();
  });
}

int bailey_verifier_checkpoint(const bailey_verifier* verifier, const char* note,
                               size_t note_length, bailey_verify_report* report) {
  return run_report(report, [&] {
    return verifier != nullptr ? verifier->verifier->checkpoint(view(note, note_length))
                               : no_verifier();
  });
}

int bailey_verifier_extension(const bailey_verifier* verifier, const char* older,
                              size_t older_length, const char* newer, size_t newer_length,
                              const char* proof, size_t proof_length,
                              bailey_verify_report* report) {
  return run_report(report, [&] {
    return verifier != nullptr
               ? verifier->verifier->extension(view(older, older_length), view(newer, newer_length),
                                               view(proof, proof_length))
               : no_verifier();
  });
}

int bailey_verifier_log(const bailey_verifier* verifier, bailey_verify_read read, void* context,
                        const char* after, size_t after_length, bailey_verify_report* report) {
  return run_report(report, [&] {
    if (verifier == nullptr) return no_verifier();
    std::vector<uint8_t> buffer(kMaxFileBytes);
    bailey::verify::LogQuestion question;
    if (after != nullptr) question.after = view(after, after_length);
    return verifier->verifier->log(reader_of(read, context, buffer), question);
  });
}

int bailey_verifier_growth(const bailey_verifier* verifier, bailey_verify_read read, void* context,
                           const char* older, size_t older_length, const char* newer,
                           size_t newer_length, bailey_verify_report* report) {
  return run_report(report, [&] {
    if (verifier == nullptr) return no_verifier();
    std::vector<uint8_t> buffer(kMaxFileBytes);
    return verifier->verifier->growth(reader_of(read, context, buffer), view(older, older_length),
                                      view(newer, newer_length));
  });
}

int bailey_verify_receipt(const char* const* vkeys, size_t vkey_count, const char* receipt,
                          size_t receipt_length, bailey_verify_result* result) {
  return run(result, [&] {
    return bailey::verify::verify_receipt(to_keys(vkeys, vkey_count),
                                          view(receipt, receipt_length));
  });
}

int bailey_verify_checkpoint(const char* const* vkeys, size_t vkey_count, const char* note,
                             size_t note_length, bailey_verify_result* result) {
  return run(result, [&] {
    return bailey::verify::verify_checkpoint(to_keys(vkeys, vkey_count), view(note, note_length));
  });
}

int bailey_verify_extension(const char* const* vkeys, size_t vkey_count, const char* older,
                            size_t older_length, const char* newer, size_t newer_length,
                            const char* proof, size_t proof_length, bailey_verify_result* result) {
  return run(result, [&] {
    return bailey::verify::verify_extension(to_keys(vkeys, vkey_count), view(older, older_length),
                                            view(newer, newer_length), view(proof, proof_length));
  });
}

int bailey_verify_log(const char* const* vkeys, size_t vkey_count, bailey_verify_read read,
                      void* context, bailey_verify_result* result) {
  return run(result, [&] {
    std::vector<uint8_t> buffer(kMaxFileBytes);
    return bailey::verify::verify_log(to_keys(vkeys, vkey_count), reader_of(read, context, buffer));
  });
}

}  // extern "C"
