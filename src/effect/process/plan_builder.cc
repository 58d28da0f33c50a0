#include "effect/process/plan_builder.h"

#include <algorithm>
#include <cstring>

#include "effect/process/plan.h"
#include "effect/process/wire.h"

namespace bailey::effect::process {
namespace {

struct Place {
  PlaceKind kind;
  std::uint32_t flags;
  std::string source;
  std::string target;
};

std::unexpected<Error> refuse(std::string_view what, const std::string& path) {
  return fail("cage.plan", std::string(what) + ": " + path.substr(0, 200));
}

Status check_views(const CageSpec& spec) {
  for (const View& view : spec.views) {
    if (!is_plain_path(view.source)) return refuse("a view's source does not qualify", view.source);
    if (!is_plain_path(view.target)) return refuse("a view's target does not qualify", view.target);
    for (const char* own : {"/proc", "/dev"}) {
      if (is_within(view.target, own))
        return refuse("the cage makes this place itself", view.target);
    }
    for (const char* own : {"/tmp", "/var/tmp", "/run"}) {
      if (view.target == own) return refuse("the cage makes this place itself", view.target);
    }
    for (const char* kernel : {"/proc", "/sys", "/dev"}) {
      if (is_within(view.source, kernel)) return refuse("not a place to show", view.source);
    }
  }
  return {};
}

// The same hidden file under the other names that views give it.
void add_hidden(const CageSpec& spec, const std::string& path, std::vector<Place>& places) {
  places.push_back({PlaceKind::kHide, 0, "", path});
  const View* cover = nullptr;
  for (const View& view : spec.views) {
    if (is_within(path, view.target) &&
        (cover == nullptr || view.target.size() > cover->target.size())) {
      cover = &view;
    }
  }
  const std::string host =
      cover == nullptr ? path : cover->source + path.substr(cover->target.size());
  for (const View& view : spec.views) {
    if (&view == cover || !is_within(host, view.source)) continue;
    std::string other = view.target + host.substr(view.source.size());
    if (other != path) places.push_back({PlaceKind::kHide, 0, "", std::move(other)});
  }
}

class Writer {
 public:
  explicit Writer(std::size_t fixed) : bytes_(fixed) {}
  PlanText text(const std::string& value) {
    const PlanText result{static_cast<std::uint32_t>(bytes_.size()),
                          static_cast<std::uint32_t>(value.size())};
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    bytes_.push_back(0);
    return result;
  }
  template <class T>
  void put(std::size_t offset, const T& value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  std::size_t size() const { return bytes_.size(); }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

Result<std::uint32_t> accepted_mask(const CageSpec& spec) {
  std::uint32_t mask = 0;
  for (const std::string& name : spec.accepted) {
    std::size_t i = 0;
    while (i < kLayers && kLayerNames[i] != name) ++i;
    if (i == kLayers) return refuse("no layer has this name", name);
    mask |= 1U << i;
  }
  return mask;
}

}  // namespace

Result<Bytes> build_plan(const CageSpec& spec, std::span<const std::string> top_links) {
  if (spec.argv.empty()) return fail("cage.plan", "the command is empty");
  if (!is_plain_path(spec.program))
    return refuse("the program's path does not qualify", spec.program);
  if (spec.working_directory != "/" && !is_plain_path(spec.working_directory)) {
    return refuse("the working directory does not qualify", spec.working_directory);
  }
  if (top_links.size() != spec.views.size()) return fail("cage.plan", "a link text is missing");
  BAILEY_TRY(check_views(spec));

  std::vector<Place> places;
  for (std::size_t i = 0; i < spec.views.size(); ++i) {
    const View& view = spec.views[i];
    if (!top_links[i].empty()) {
      places.push_back({PlaceKind::kLink, 0, top_links[i], view.target});
      continue;
    }
    const std::uint32_t flags = (view.access == Access::kReadWrite ? kPlaceWritable : 0) |
                                (view.optional ? kPlaceOptional : 0);
    places.push_back({PlaceKind::kView, flags, view.source, view.target});
  }
  places.push_back({PlaceKind::kProc, 0, "", "/proc"});
  places.push_back({PlaceKind::kDevices, 0, "", "/dev"});
  places.push_back({PlaceKind::kScratch, kPlaceWritable, "", "/tmp"});
  places.push_back({PlaceKind::kAlias, kPlaceWritable, "", "/var/tmp"});
  places.push_back({PlaceKind::kEmpty, 0, "", "/run"});
  for (const std::string& path : spec.hidden) {
    if (!is_plain_path(path)) return refuse("a hidden path does not qualify", path);
    add_hidden(spec, path, places);
  }
  std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    const int order = compare_paths(a.target, b.target);
    if (order != 0) return order < 0;
    return a.kind != PlaceKind::kHide && b.kind == PlaceKind::kHide;
  });
  // A place named twice in the same way is one place; hiding what the cage itself
  // makes is no wish of anybody's and changes nothing.
  std::vector<Place> kept;
  for (Place& place : places) {
    if (!kept.empty() && kept.back().target == place.target) {
      Place& last = kept.back();
      if (last.kind == place.kind && last.source == place.source && last.flags == place.flags) {
        continue;
      }
      if (place.kind != PlaceKind::kHide) return refuse("two views for one place", place.target);
      if (last.kind == PlaceKind::kHide) continue;
      if (last.kind != PlaceKind::kView && last.kind != PlaceKind::kLink) continue;
    }
    kept.push_back(std::move(place));
  }
  if (spec.asks.size() > kPlanMaxAsks) return fail("cage.plan", "more than 64 places to ask for");
  for (const std::string& place : spec.asks)
    if (!is_plain_path(place)) return refuse("a place to ask for does not qualify", place);
  if (kept.size() > kPlanMaxPlaces) return fail("cage.plan", "more than 4096 places");
  for (std::size_t i = 0; i + 1 < kept.size(); ++i) {
    std::size_t next = i + 1;
    while (next < kept.size() && kept[next].target == kept[i].target) ++next;
    if (next < kept.size() && is_within(kept[next].target, kept[i].target)) {
      kept[i].flags |= kPlaceHasChildren;
    }
  }

  const std::size_t fixed = sizeof(PlanHeader) +
                            (spec.argv.size() + spec.environment.size()) * sizeof(PlanText) +
                            kept.size() * sizeof(PlanPlace) + spec.asks.size() * sizeof(PlanText);
  std::size_t total = fixed;
  for (const auto* list : {&spec.argv, &spec.environment}) {
    for (const std::string& text : *list) {
      if (text.find('\0') != std::string::npos) return fail("cage.plan", "a NUL in the command");
      total += text.size() + 1;
    }
  }
  if (total > kPlanMaxBytes) return fail("cage.plan", "the command is larger than 4 MiB");

  Writer writer(fixed);
  PlanHeader header;
  header.arguments = static_cast<std::uint32_t>(spec.argv.size());
  header.environment = static_cast<std::uint32_t>(spec.environment.size());
  header.places = static_cast<std::uint32_t>(kept.size());
  header.terminal = static_cast<std::uint32_t>(spec.terminal);
  header.unix_sockets = static_cast<std::uint32_t>(spec.unix_sockets);
  header.observe = static_cast<std::uint32_t>(spec.observe);
  header.asks = static_cast<std::uint32_t>(spec.asks.size());
  header.polled = static_cast<std::uint32_t>(spec.polled);
  header.accepted_layers = BAILEY_TRY(accepted_mask(spec));
  for (std::size_t i = 0; i < model::kLimitKinds; ++i) {
    if (!spec.limits.value[i]) continue;
    header.limits_present |= 1U << i;
    header.limits[i] = *spec.limits.value[i];
  }
  header.tmp_bytes = spec.tmp_bytes;
  header.program = writer.text(spec.program);
  header.directory = writer.text(spec.working_directory);
  std::size_t at = sizeof(PlanHeader);
  for (const auto* list : {&spec.argv, &spec.environment}) {
    for (const std::string& text : *list) {
      writer.put(at, writer.text(text));
      at += sizeof(PlanText);
    }
  }
  for (const Place& place : kept) {
    const PlanText source = writer.text(place.source);
    const PlanText target = writer.text(place.target);
    writer.put(at, PlanPlace{place.kind, place.flags, source, target});
    at += sizeof(PlanPlace);
  }
  for (const std::string& place : spec.asks) {
    writer.put(at, writer.text(place));
    at += sizeof(PlanText);
  }
  if (writer.size() > kPlanMaxBytes) return fail("cage.plan", "the plan is larger than 4 MiB");
  header.total = static_cast<std::uint32_t>(writer.size());
  writer.put(0, header);
  return writer.take();
}

}  // namespace bailey::effect::process
