// include/bailey/bailey_verify.h over include/bailey/verify.h.
#include <algorithm>
#include <cstring>
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

template <class Verification>
int run(bailey_verify_result* result, Verification verification) noexcept {
  try {
    const Report report = verification();
    if (result != nullptr) {
      *result = bailey_verify_result{};
      copy_text(result->code, report.code);
      copy_text(result->message, report.message);
      copy_text(result->origin, report.origin);
      copy_text(result->root, report.root);
      copy_text(result->leaf_hash, report.leaf_hash);
      result->size = report.size;
      result->index = report.index;
      result->older_size = report.older_size;
      result->intents = report.intents;
      result->closed = report.closed;
      result->open = report.open;
    }
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

}  // namespace

extern "C" {

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
    return bailey::verify::verify_log(
        to_keys(vkeys, vkey_count), [&](const std::string& path) -> File {
          const int64_t length =
              read != nullptr ? read(context, path.c_str(), buffer.data(), buffer.size()) : -2;
          if (length == -1) return {File::State::kMissing, {}};
          if (length < 0 || static_cast<std::size_t>(length) > buffer.size()) {
            return {File::State::kUnreadable, "its reader failed"};
          }
          return {File::State::kRead, std::string(reinterpret_cast<const char*>(buffer.data()),
                                                  static_cast<std::size_t>(length))};
        });
  });
}

}  // extern "C"
