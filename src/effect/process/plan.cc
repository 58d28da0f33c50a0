#include "effect/process/plan.h"

namespace bailey::effect::process {

bool is_plain_path(std::string_view path) noexcept {
  if (path.size() < 2 || path.size() > kPlanMaxPath || path.front() != '/') return false;
  std::size_t start = 1;
  for (std::size_t i = 1; i <= path.size(); ++i) {
    if (i < path.size() && path[i] == '\0') return false;
    if (i < path.size() && path[i] != '/') continue;
    const std::size_t length = i - start;
    if (length == 0 || length > 255) return false;
    if (path[start] == '.' && (length == 1 || (length == 2 && path[start + 1] == '.'))) {
      return false;
    }
    start = i + 1;
  }
  return true;
}

bool is_within(std::string_view inner, std::string_view outer) noexcept {
  if (inner.size() < outer.size()) return false;
  for (std::size_t i = 0; i < outer.size(); ++i) {
    if (inner[i] != outer[i]) return false;
  }
  return inner.size() == outer.size() || inner[outer.size()] == '/';
}

int compare_paths(std::string_view a, std::string_view b) noexcept {
  const std::size_t shorter = a.size() < b.size() ? a.size() : b.size();
  for (std::size_t i = 0; i < shorter; ++i) {
    // '/' sorts below every other byte: "/a/b" before "/a-b", directly after "/a".
    const unsigned left = a[i] == '/' ? 0U : static_cast<unsigned char>(a[i]);
    const unsigned right = b[i] == '/' ? 0U : static_cast<unsigned char>(b[i]);
    if (left != right) return left < right ? -1 : 1;
  }
  if (a.size() == b.size()) return 0;
  return a.size() < b.size() ? -1 : 1;
}

bool PlanReader::is_text(const PlanText& t) const noexcept {
  if (t.offset >= size_ || t.length >= size_ - t.offset) return false;
  const char* start = base_ + t.offset;
  for (std::uint32_t i = 0; i < t.length; ++i) {
    if (start[i] == '\0') return false;
  }
  return start[t.length] == '\0';
}

bool PlanReader::is_place(const PlanPlace& place) const noexcept {
  if (static_cast<std::uint32_t>(place.kind) >= kPlaceKinds) return false;
  if (place.flags > (kPlaceWritable | kPlaceOptional | kPlaceHasChildren)) return false;
  if (!is_text(place.source) || !is_text(place.target)) return false;
  if (!is_plain_path(view(place.target))) return false;
  if (place.kind == PlaceKind::kView) return is_plain_path(view(place.source));
  if (place.kind == PlaceKind::kLink) return place.source.length > 0;
  return place.source.length == 0;
}

bool PlanReader::open(const void* bytes, std::size_t size) noexcept {
  if (size < sizeof(PlanHeader) || size > kPlanMaxBytes) return false;
  if (reinterpret_cast<std::uintptr_t>(bytes) % alignof(PlanHeader) != 0) return false;
  base_ = static_cast<const char*>(bytes);
  size_ = size;
  header_ = static_cast<const PlanHeader*>(bytes);
  const PlanHeader& h = *header_;
  if (h.magic != kPlanMagic || h.version != kPlanVersion || h.total != size) return false;
  if (h.terminal > 1 || h.unix_sockets > 1 || h.polled > 1 || h.observe > 2) return false;
  if (h.limits_present > 0xff || h.places > kPlanMaxPlaces || h.arguments == 0) return false;
  if (h.asks > kPlanMaxAsks || h.reserved != 0) return false;
  const std::uint64_t records = std::uint64_t{h.arguments} * sizeof(PlanText) +
                                std::uint64_t{h.environment} * sizeof(PlanText) +
                                std::uint64_t{h.places} * sizeof(PlanPlace) +
                                std::uint64_t{h.asks} * sizeof(PlanText);
  if (records > size - sizeof(PlanHeader)) return false;
  arguments_ = reinterpret_cast<const PlanText*>(base_ + sizeof(PlanHeader));
  environment_ = arguments_ + h.arguments;
  places_ = reinterpret_cast<const PlanPlace*>(environment_ + h.environment);
  asks_ = reinterpret_cast<const PlanText*>(places_ + h.places);
  for (std::uint32_t i = 0; i < h.arguments; ++i) {
    if (!is_text(arguments_[i])) return false;
  }
  for (std::uint32_t i = 0; i < h.environment; ++i) {
    if (!is_text(environment_[i])) return false;
  }
  for (std::uint32_t i = 0; i < h.asks; ++i) {
    if (!is_text(asks_[i]) || !is_plain_path(view(asks_[i]))) return false;
  }
  if (!is_text(h.program) || !is_plain_path(view(h.program))) return false;
  if (!is_text(h.directory)) return false;
  if (view(h.directory) != "/" && !is_plain_path(view(h.directory))) return false;
  for (std::uint32_t i = 0; i < h.places; ++i) {
    if (!is_place(places_[i])) return false;
    if (i == 0) continue;
    const int order = compare_paths(view(places_[i - 1].target), view(places_[i].target));
    // The proof of order: strictly rising, or a mask directly over the view it hides.
    const bool masks = order == 0 && places_[i].kind == PlaceKind::kHide &&
                       places_[i - 1].kind != PlaceKind::kHide;
    if (order > 0 || (order == 0 && !masks)) return false;
    const bool beneath = is_within(view(places_[i].target), view(places_[i - 1].target));
    if (beneath && order != 0 && (places_[i - 1].flags & kPlaceHasChildren) == 0) return false;
  }
  return true;
}

}  // namespace bailey::effect::process
