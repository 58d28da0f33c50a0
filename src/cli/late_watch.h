// LateWatch: hears of dropped authority before the ledger is open.
//
// A run opens its ledger only when it has something to write, after the cage got its
// plan. What is dropped until then is kept and told when the ledger is there.
// Thread rule: one thread. Called from destructors; does not throw.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/check.h"
#include "model/permit.h"

namespace bailey::cli {

class LateWatch final : public model::AuthorityWatch {
 public:
  void abandoned(const model::ActionDigest& action,
                 const std::optional<model::IntentId>& intent) noexcept override {
    if (to_ != nullptr) return to_->abandoned(action, intent);
    check(count_ < kept_.size(), "more permits were dropped than one run can make");
    kept_[count_++] = {action, intent};
  }

  // `to` must outlive every permit that is dropped from here on.
  void attach(model::AuthorityWatch& to) noexcept {
    to_ = &to;
    for (std::size_t i = 0; i < count_; ++i) to.abandoned(kept_[i].action, kept_[i].intent);
    count_ = 0;
  }
  [[nodiscard]] bool has_news() const noexcept { return count_ > 0; }

 private:
  struct Kept {
    model::ActionDigest action;
    std::optional<model::IntentId> intent;
  };
  model::AuthorityWatch* to_ = nullptr;
  std::array<Kept, 4> kept_{};
  std::size_t count_ = 0;
};

}  // namespace bailey::cli
