// Receipt: the signed leaf, its index, inclusion proof and checkpoint.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/pass_key.h"

namespace bailey::ledger {
class Ledger;
}

namespace bailey::model {

class Receipt {
 public:
  // `text`: the receipt file whole, as spec/receipt.md says.
  Receipt(PassKey<ledger::Ledger>, std::uint64_t index, Digest leaf_hash, std::string text)
      : index_(index), leaf_hash_(leaf_hash), text_(std::move(text)) {}

  [[nodiscard]] std::uint64_t index() const noexcept { return index_; }
  [[nodiscard]] const Digest& leaf_hash() const noexcept { return leaf_hash_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::uint64_t index_;
  Digest leaf_hash_;
  std::string text_;
};

}  // namespace bailey::model
