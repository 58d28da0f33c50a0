#include "policy/file_rules.h"

#include <algorithm>
#include <array>

#include "base/name_pattern.h"
#include "base/rel_path.h"
#include "policy/paths.h"

namespace bailey::policy {
namespace {

using model::Decision;

constexpr std::size_t kMaxSteps = 100'000;
constexpr std::size_t kMaxPath = 4'095;

// Names in /dev that every cage has, and names in /proc that lead somewhere else.
constexpr std::array<std::string_view, 9> kDevices = {
    "null", "zero", "full", "random", "urandom", "tty", "stdin", "stdout", "stderr"};
constexpr std::array<std::string_view, 5> kLeadAway = {"root", "cwd", "fd", "exe", "map_files"};
// A plan with a view in or of one of these is refused, so entries for them say nothing.
constexpr std::array<std::string_view, 3> kKernelPlaces = {"/proc", "/sys", "/dev"};
constexpr std::array<std::string_view, 3> kOwnPlaces = {"/tmp", "/var/tmp", "/run"};

bool is_under(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

bool is_plain(std::string_view path) {
  if (path == "/") return true;
  return path.size() > 1 && path.size() <= kMaxPath && path.front() == '/' &&
         RelPath::create(path.substr(1)).has_value();
}

// The next component of `rest`, which loses it. `rest` begins with '/' or is empty.
std::optional<std::string_view> next_name(std::string_view& rest) {
  if (rest.size() < 2) return std::nullopt;
  const auto end = std::min(rest.find('/', 1), rest.size());
  const auto name = rest.substr(1, end - 1);
  rest.remove_prefix(end);
  return name;
}

std::string_view without_tail(std::string_view place) {
  return place.ends_with("/**") ? place.substr(0, place.size() - 3) : place;
}

// Can a cage show this place at all?
bool is_showable(std::string_view place) {
  if (!is_plain(place) || place == "/") return false;
  return std::none_of(kKernelPlaces.begin(), kKernelPlaces.end(),
                      [&](std::string_view own) { return is_under(place, own); }) &&
         std::find(kOwnPlaces.begin(), kOwnPlaces.end(), place) == kOwnPlaces.end();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_open_file(std::string_view rest, std::string_view numbers) {
  return rest.starts_with(numbers) && is_number(rest.substr(numbers.size()));
}

// Files of /proc and /dev; `rest` is what follows that.
bool is_process_file(std::string_view rest, FileUse use) {
  if (is_open_file(rest, "/self/fd/")) return use != FileUse::kDelete;
  if (use != FileUse::kRead) return false;
  while (const auto name = next_name(rest))
    if (std::find(kLeadAway.begin(), kLeadAway.end(), *name) != kLeadAway.end()) return false;
  return true;
}
bool is_device(std::string_view rest, FileUse use) {
  if (use == FileUse::kDelete) return false;
  if (rest.empty() || rest == "/fd") return use == FileUse::kRead;
  return is_open_file(rest, "/fd/") ||
         std::find(kDevices.begin(), kDevices.end(), rest.substr(1)) != kDevices.end();
}

FileDecision allowed(FileGround ground, const Listed* rule = nullptr) {
  return {Decision::kAllow, ground, rule, nullptr};
}
FileDecision refused(FileGround ground, const Listed* rule = nullptr) {
  return {Decision::kDeny, ground, rule, nullptr};
}

}  // namespace

std::string_view name(FileGround ground) noexcept {
  switch (ground) {
    case FileGround::kListed:
      return "listed";
    case FileGround::kWorkspace:
      return "workspace";
    case FileGround::kCage:
      return "cage";
    case FileGround::kHidden:
      return "hidden";
    case FileGround::kReadOnly:
      return "read_only";
    case FileGround::kMounted:
      return "mounted";
    case FileGround::kAsked:
      return "asked";
    case FileGround::kNotListed:
      return "not_listed";
    case FileGround::kNotPlain:
      break;
  }
  return "not_plain";
}

// --- building ----------------------------------------------------------------------------

Result<FileRules> FileRules::create(const Policy& policy, const FileScene& scene) {
  if (!is_plain(scene.workspace))
    return fail("files.workspace", "the workspace is not a plain absolute path");
  FileRules rules;
  rules.add_views(policy, scene);
  rules.add_cage();
  for (const auto& entry : policy.files.hide)
    if (!scene.home.empty() || !entry.text.starts_with('~'))
      rules.add_hidden(expand_path(entry.text, scene.home, scene.workspace), &entry);
  for (const auto& path : scene.hidden)
    if (!path.empty()) rules.add_hidden(path, nullptr);
  for (const auto& rule : policy.files.ask)
    if (!scene.home.empty() || !rule.place.text.starts_with('~'))
      rules.add_ask(expand_path(rule.place.text, scene.home, scene.workspace), rule);
  return rules;
}

// As plan_view and order of the cage do it: `write` after `read`, then the workspace, then
// what stays read-only in it; of two for one place the last counts.
void FileRules::add_views(const Policy& policy, const FileScene& scene) {
  const std::string& workspace = scene.workspace;
  const bool may_write = scene.access == model::WorkspaceAccess::kReadWrite;
  Place own{workspace, Access::kRead, Kind::kWorkspace, nullptr, true};
  std::vector<Place> views;
  const auto add = [&](const std::vector<Listed>& list, Access access) {
    for (const auto& entry : list) {
      if (scene.home.empty() && entry.text.starts_with('~')) continue;
      std::string place(without_tail(expand_path(entry.text, scene.home, workspace)));
      if (place == workspace) {
        if (access == Access::kWrite && !may_write) continue;
        if (own.rule == nullptr || access != own.access) own.rule = &entry;
        own.access = access;
      } else if (is_showable(place) &&
                 (access == Access::kRead || may_write || !is_under(place, workspace))) {
        views.push_back({std::move(place), access, Kind::kView, &entry, true});
      }
    }
  };
  add(policy.files.read, Access::kRead);
  add(policy.files.write, Access::kWrite);
  if (is_showable(workspace)) views.push_back(own);
  for (const auto& place : scene.read_only)
    if (is_under(place, workspace))
      views.push_back({place, Access::kRead, Kind::kView, nullptr, true});
  views.push_back({workspace + "/.bailey", Access::kRead, Kind::kView, nullptr, true});

  std::stable_sort(views.begin(), views.end(),
                   [](const Place& a, const Place& b) { return a.path < b.path; });
  std::vector<const Place*> open;  // the places that hold the one at hand, by depth
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (i + 1 < views.size() && views[i + 1].path == views[i].path) continue;
    Place& place = views[i];
    // Sorted by bytes, "/a-b" stands between "/a" and "/a/b": close only what cannot return.
    while (!open.empty() && !is_under(place.path, open.back()->path) &&
           !place.path.starts_with(open.back()->path))
      open.pop_back();
    const auto outer = std::find_if(open.rbegin(), open.rend(), [&](const Place* other) {
      return is_under(place.path, other->path);
    });
    place.is_mount = outer == open.rend() || (*outer)->access != place.access;
    open.push_back(&place);
    add_place(place);
  }
}

void FileRules::add_cage() {
  for (const std::string_view path : {"/tmp", "/var/tmp", "/dev/shm"})
    add_place({std::string(path), Access::kWrite, Kind::kCage, nullptr, true});
  for (const std::string_view path : {"/proc", "/dev", "/run"})
    add_place({std::string(path), Access::kRead, Kind::kCage, nullptr, true});
}

const std::uint32_t* FileRules::find(std::uint32_t node, std::string_view name) const {
  const auto found = edges_.find(Edge(node, name));
  return found == edges_.end() ? nullptr : &found->second;
}

std::uint32_t FileRules::child(std::uint32_t node, std::string_view name) {
  if (const auto* known = find(node, name)) return *known;
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  nodes_.back().parent = node;
  edges_.emplace(std::pair(node, std::string(name)), made);
  return made;
}

void FileRules::add_place(Place place) {
  std::uint32_t node = 0;
  std::string_view rest = place.path;
  while (const auto name = next_name(rest)) node = child(node, *name);
  if (place.is_mount)
    for (std::uint32_t above = node; above != 0;) {
      above = nodes_[above].parent;
      ++nodes_[above].mounts_below;
    }
  places_.push_back(std::move(place));
  nodes_[node].place = static_cast<std::uint32_t>(places_.size());
}

void FileRules::add_ask(std::string_view place, const AskRule& rule) {
  place = without_tail(place);
  if (!is_plain(place)) return;
  std::uint32_t node = 0;
  for (std::string_view rest = place; const auto name = next_name(rest);) node = child(node, *name);
  asks_.push_back(&rule);
  if (nodes_[node].asks == 0) nodes_[node].asks = static_cast<std::uint32_t>(asks_.size());
}

void FileRules::add_hidden(const std::string& pattern, const Listed* rule) {
  std::uint32_t node = 0;
  // "dir/**" hides the directory itself; "/**" alone is everything.
  std::string_view rest = pattern == "/**" ? pattern : without_tail(pattern);
  while (const auto name = next_name(rest)) {
    if (*name == "**") {
      if (nodes_[node].repeats) continue;
      if (nodes_[node].any_depth == 0) {
        nodes_[node].any_depth = static_cast<std::uint32_t>(nodes_.size());
        nodes_.emplace_back();
        nodes_.back().parent = node;
        nodes_.back().repeats = true;
      }
      node = nodes_[node].any_depth;
    } else if (name->find_first_of("*?") == std::string_view::npos) {
      node = child(node, *name);
    } else {
      auto& wildcards = nodes_[node].wildcards;
      const auto known = std::find_if(wildcards.begin(), wildcards.end(),
                                      [&](const auto& one) { return one.first == *name; });
      if (known != wildcards.end()) {
        node = known->second;
        continue;
      }
      const auto made = static_cast<std::uint32_t>(nodes_.size());
      wildcards.emplace_back(*name, made);
      nodes_.emplace_back();
      nodes_.back().parent = node;
      node = made;
    }
  }
  hides_.push_back(rule);
  if (nodes_[node].hides == 0) nodes_[node].hides = static_cast<std::uint32_t>(hides_.size());
}

// --- deciding ----------------------------------------------------------------------------

std::pair<const FileRules::Place*, const FileRules::Node*> FileRules::place_of(
    std::string_view path) const {
  const Place* deepest = nullptr;
  std::uint32_t node = 0;
  for (;;) {
    if (nodes_[node].place != 0) deepest = &places_[nodes_[node].place - 1];
    const auto name = next_name(path);
    if (!name) return {deepest, &nodes_[node]};
    const auto* next = find(node, *name);
    if (next == nullptr) return {deepest, nullptr};
    node = *next;
  }
}

std::pair<const AskRule*, std::size_t> FileRules::ask_of(std::string_view path) const {
  std::pair<const AskRule*, std::size_t> deepest{nullptr, 0};
  std::uint32_t node = 0;
  for (std::string_view rest = path;;) {
    if (const auto asks = nodes_[node].asks; asks != 0)
      deepest = {asks_[asks - 1], path.size() - rest.size()};
    const auto name = next_name(rest);
    if (!name) return deepest;
    const auto* next = find(node, *name);
    if (next == nullptr) return deepest;
    node = *next;
  }
}

std::optional<const Listed*> FileRules::hidden_by(std::string_view path) const {
  std::size_t steps = 0;
  std::vector<std::uint32_t> here, next;
  // Where one stands, one also stands before any number of directories.
  const auto stand = [&](std::vector<std::uint32_t>& on, std::uint32_t node) {
    on.push_back(node);
    if (nodes_[node].any_depth != 0) on.push_back(nodes_[node].any_depth);
  };
  const auto first = [&](const std::vector<std::uint32_t>& on) {
    std::uint32_t least = 0;
    for (const auto node : on)
      if (const auto hides = nodes_[node].hides; hides != 0 && (least == 0 || hides < least))
        least = hides;
    return least;
  };
  stand(here, 0);
  for (;;) {
    // What matches hides all that lies below, so the first match ends the walk.
    if (const auto hides = first(here); hides != 0) return hides_[hides - 1];
    const auto name = next_name(path);
    if (!name || here.empty()) return std::nullopt;
    next.clear();
    for (const auto node : here) {
      steps += 1 + nodes_[node].wildcards.size();
      if (steps > kMaxSteps) return nullptr;
      if (nodes_[node].repeats) stand(next, node);
      if (const auto* literal = find(node, *name)) stand(next, *literal);
      for (const auto& [pattern, to] : nodes_[node].wildcards)
        if (name_matches(pattern, *name)) stand(next, to);
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    here.swap(next);
  }
}

FileDecision FileRules::decide(std::string_view path, FileUse use) const {
  if (!is_plain(path)) return refused(FileGround::kNotPlain);
  const auto [place, node] = place_of(path);
  const bool holds_mounts = node != nullptr && node->mounts_below != 0;
  const auto [ask, asked_from] = ask_of(path);
  const bool asked = ask != nullptr && (place == nullptr || place->kind != Kind::kCage ||
                                        asked_from > place->path.size());
  if (place != nullptr && place->kind == Kind::kCage && !asked) {
    const auto rest = path.substr(place->path.size());
    if (place->access != Access::kWrite) {
      const bool there = place->path == "/proc"  ? is_process_file(rest, use)
                         : place->path == "/dev" ? is_device(rest, use)
                                                 : rest.empty() && use == FileUse::kRead;
      return there ? allowed(FileGround::kCage) : refused(FileGround::kNotListed);
    }
    return use == FileUse::kDelete && (path == place->path || holds_mounts)
               ? refused(FileGround::kMounted)
               : allowed(FileGround::kCage);
  }
  if (const auto hidden = hidden_by(path)) return refused(FileGround::kHidden, *hidden);
  if (asked)
    return {use == FileUse::kRead ? Decision::kAsk : Decision::kDeny, FileGround::kAsked,
            &ask->place, ask};
  if (place == nullptr) return refused(FileGround::kNotListed);
  if (use != FileUse::kRead) {
    if (place->access != Access::kWrite) return refused(FileGround::kReadOnly, place->rule);
    const bool is_mount = place->is_mount && path == place->path;
    if (use == FileUse::kDelete && (is_mount || holds_mounts))
      return refused(FileGround::kMounted, place->rule);
  }
  const bool own = place->kind == Kind::kWorkspace && place->rule == nullptr;
  return allowed(own ? FileGround::kWorkspace : FileGround::kListed, place->rule);
}

}  // namespace bailey::policy
