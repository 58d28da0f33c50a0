// What the tests of the ledger share: keys made of fixed bytes and a plain draft.
#pragma once

#include <mutex>
#include <string>

#include "base/fakes.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "ledger/log.h"

namespace bailey::ledger {

struct TestKeys {
  FakeEntropy entropy;
  crypto::SigningKey log = crypto::SigningKey::generate(entropy);
  crypto::SigningKey receipts = crypto::SigningKey::generate(entropy);
};

// FakeEntropy for tests with threads.
class SharedFakeEntropy final : public Entropy {
 public:
  void fill(std::span<std::uint8_t> out) noexcept override {
    const std::lock_guard lock(mutex_);
    fake_.fill(out);
  }

 private:
  std::mutex mutex_;
  FakeEntropy fake_;
};

class TestDraft final : public Draft {
 public:
  TestDraft(std::string text, Mark mark, std::uint64_t closes = 0)
      : text_(std::move(text)), mark_(mark), closes_(closes) {}
  void fail_with(std::string_view code) { code_ = code; }
  Status write(std::uint64_t, Bytes& out) override {
    if (!code_.empty()) return fail(code_, "the draft fails");
    const auto bytes = as_bytes(text_);
    out.insert(out.end(), bytes.begin(), bytes.end());
    return {};
  }
  Mark mark() const override { return mark_; }
  std::uint64_t closes() const override { return closes_; }

 private:
  std::string text_;
  Mark mark_;
  std::uint64_t closes_;
  std::string_view code_;
};

}  // namespace bailey::ledger
