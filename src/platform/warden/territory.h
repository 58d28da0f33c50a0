// territory: which places of the machine a cage without namespaces may read or write.
//
// There the rules of Landlock stand for the views of the plan, and this says the same of a
// path, for what the warden does or tells in the cage's name. A path must be the real one,
// as the kernel tells it of an open descriptor. Freestanding; plain reads of the plan.
#pragma once

#include <string_view>

#include "effect/process/plan.h"

namespace bailey::platform::warden {

class Territory {
 public:
  // `plan` must outlive us; `own` is the run's own folder. Before this nothing may be done.
  void open(const effect::process::PlanReader& plan, std::string_view own) noexcept {
    plan_ = &plan;
    own_ = own;
  }

  [[nodiscard]] bool may_read(std::string_view path) const noexcept;
  [[nodiscard]] bool may_write(std::string_view path) const noexcept;

 private:
  enum class Held { kNothing, kRead, kWrite };
  [[nodiscard]] Held of(std::string_view path) const noexcept;

  const effect::process::PlanReader* plan_ = nullptr;
  std::string_view own_;
};

}  // namespace bailey::platform::warden
