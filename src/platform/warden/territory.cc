#include "platform/warden/territory.h"

namespace bailey::platform::warden {

namespace process = effect::process;

// The deepest place that holds the path decides; of two at one place, the mask.
Territory::Held Territory::of(std::string_view path) const noexcept {
  if (plan_ == nullptr || path.size() < 2 || path[0] != '/') return Held::kNothing;
  if (process::is_within(path, own_)) return Held::kWrite;
  Held held = Held::kNothing;
  std::size_t deepest = 0;
  for (std::uint32_t i = 0; i < plan_->header().places; ++i) {
    const process::PlanPlace& place = plan_->place(i);
    const bool view = place.kind == process::PlaceKind::kView;
    const std::string_view at = plan_->view(view ? place.source : place.target);
    if (at.size() < deepest || !process::is_within(path, at)) continue;
    deepest = at.size();
    held = !view                                          ? Held::kNothing
           : (place.flags & process::kPlaceWritable) != 0 ? Held::kWrite
                                                          : Held::kRead;
  }
  return held;
}

bool Territory::may_read(std::string_view path) const noexcept {
  return of(path) != Held::kNothing;
}

bool Territory::may_write(std::string_view path) const noexcept { return of(path) == Held::kWrite; }

}  // namespace bailey::platform::warden
