#include "model/outcome.h"

namespace bailey::model {

std::string_view name(OutcomeStatus status) noexcept {
  switch (status) {
    case OutcomeStatus::kDone:
      return "done";
    case OutcomeStatus::kLimit:
      return "limit";
    case OutcomeStatus::kHalted:
      return "halted";
    case OutcomeStatus::kStopped:
      return "stopped";
    case OutcomeStatus::kFailed:
      return "failed";
  }
  return "failed";
}

std::string_view name(LayerState state) noexcept {
  switch (state) {
    case LayerState::kMissing:
      return "missing";
    case LayerState::kActive:
      return "active";
    case LayerState::kProven:
      return "proven";
  }
  return "missing";
}

}  // namespace bailey::model
