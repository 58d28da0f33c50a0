#include <algorithm>
#include <optional>

#include "cli/commands.h"
#include "cli/json_line.h"
#include "codec/json.h"
#include "codec/text.h"
#include "effect/process/wire.h"

namespace bailey::cli {
namespace {

using codec::Json;
using effect::process::Readiness;
using model::LayerState;

struct Line {
  std::string name;
  bool available = false;
  LayerState state = LayerState::kMissing;
  std::string detail;
  std::string loss;
  std::string remedy;
};

enum class AskCpus { kNo, kYes };

// A cage with nothing in it: raised, furnished, proven and thrown away. No program runs.
// A share of the CPUs is asked for only where a group can hold it: nothing else can, and
// asking would refuse the cage.
Result<Readiness> raise_empty_cage(Outside& outside, AskCpus cpus,
                                   std::vector<std::string> accepted) {
  auto cage = BAILEY_TRY(outside.jail().raise());
  effect::process::CageSpec spec;
  spec.argv = {"nothing"};
  spec.program = "/nothing";
  spec.working_directory = "/tmp";
  spec.accepted = std::move(accepted);
  // Limits are asked for so that doctor can say which class each gets here.
  spec.limits[model::LimitKind::kWall] = 60'000'000'000;
  spec.limits[model::LimitKind::kCpuTime] = 60'000'000'000;
  spec.limits[model::LimitKind::kMemory] = 1ULL << 30;
  spec.limits[model::LimitKind::kProcesses] = 64;
  spec.limits[model::LimitKind::kOpenFiles] = 256;
  spec.limits[model::LimitKind::kDisk] = 1ULL << 30;
  spec.limits[model::LimitKind::kOutput] = 1ULL << 20;
  if (cpus == AskCpus::kYes) spec.limits[model::LimitKind::kCpus] = 1'000;  // thousandths of a CPU
  BAILEY_TRY(cage->furnish(spec));
  return cage->await_ready();
}

std::vector<Line> merge(const std::vector<LayerAdvice>& advice, const Readiness* ready) {
  std::vector<Line> lines;
  for (const auto& layer : advice)
    lines.push_back({layer.name, layer.available, LayerState::kMissing, layer.detail, layer.loss,
                     layer.remedy});
  if (ready == nullptr) return lines;
  for (const auto& layer : ready->layers) {
    auto same = std::find_if(lines.begin(), lines.end(),
                             [&](const Line& line) { return line.name == layer.name; });
    if (same == lines.end())
      same = lines.insert(lines.end(), Line{layer.name, true, layer.state, layer.detail, "", ""});
    same->state = layer.state;
    same->available = same->available || layer.state != LayerState::kMissing;
    if (!layer.detail.empty()) same->detail = layer.detail;
  }
  // A limit is proven by being read back from where the kernel holds it.
  for (auto& line : lines)
    for (const auto& limit : ready->limits)
      if (line.name == "limit." + std::string(model::name(limit.kind)) &&
          limit.limit_class == model::LimitClass::kGroup) {
        line.state = limit.effective == limit.requested ? LayerState::kProven : LayerState::kActive;
        // Held for the whole cage all the same, by something else than a cgroup.
        if (!line.available) line.detail = limit.mechanism;
        line.available = true;
      }
  return lines;
}

// What a policy has to accept for a cage without namespaces.
std::vector<std::string> lost_without_namespaces() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < effect::process::kLayers; ++i)
    if ((effect::process::kLostWithoutNamespaces >> i & 1U) != 0)
      names.emplace_back(effect::process::kLayerNames[i]);
  return names;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> proven_in(const Readiness& ready) {
  std::vector<std::string> names;
  for (const auto& layer : ready.layers)
    if (layer.state == LayerState::kProven) names.push_back(layer.name);
  return names;
}

// A cage without namespaces was tried because no other could be raised.
Json one_wall_json(const Result<Readiness>& bare) {
  Json json{Json::Object{}};
  json.set("cage", bare.has_value());
  if (!bare) json.set("message", codec::valid_utf8(bare.error().message));
  const auto names = [](const std::vector<std::string>& list) {
    return Json::Array(list.begin(), list.end());
  };
  json.set("degradations", names(lost_without_namespaces()));
  json.set("proven", names(bare ? proven_in(*bare) : std::vector<std::string>{}));
  return json;
}

std::string one_wall_text(const Result<Readiness>& bare) {
  if (!bare)
    return "\nNor can one without namespaces: " + codec::for_terminal(bare.error().message) + "\n";
  return "\nA cage of one wall can be raised here, without namespaces. What is lost with it stands "
         "above, and in\nthe manual (docs/manual/cage.md). A policy accepts it by name:\n"
         "  degradations: [" +
         list_of(lost_without_namespaces()) + "]\nProven in it: " + list_of(proven_in(*bare)) +
         "\n";
}

Json to_json(const std::vector<Line>& lines, const Result<Readiness>& ready) {
  Json json{Json::Object{}};
  json.set("v", 1);
  json.set("cage", ready.has_value());
  if (!ready) {
    json.set("error", ready.error().code);
    json.set("message", codec::valid_utf8(ready.error().message));
    json.set("hint", codec::valid_utf8(ready.error().hint));
  }
  Json::Array layers;
  for (const auto& line : lines) {
    Json entry{Json::Object{}};
    entry.set("name", line.name);
    entry.set("available", line.available);
    entry.set("active", line.state != LayerState::kMissing);
    entry.set("proven", line.state == LayerState::kProven);
    entry.set("detail", codec::valid_utf8(line.detail));
    entry.set("loss", line.loss);
    entry.set("remedy", line.remedy);
    layers.push_back(std::move(entry));
  }
  json.set("layers", std::move(layers));
  Json::Array limits;
  if (ready)
    for (const auto& limit : ready->limits) limits.push_back(model::to_json(limit));
  json.set("limits", std::move(limits));
  return json;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string to_text(const std::vector<Line>& lines, const Result<Readiness>& ready) {
  std::string text;
  for (const auto& line : lines) {
    const auto* state = line.state == LayerState::kProven   ? "proven"
                        : line.state == LayerState::kActive ? "active"
                        : line.available                    ? "available"
                                                            : "missing";
    text +=
        padded(state, 11) + padded(line.name, 24) + codec::for_terminal(line.detail, 200) + "\n";
    if (line.available) continue;
    if (!line.loss.empty()) text += "           lost without it: " + line.loss + "\n";
    if (!line.remedy.empty()) text += "           how to get it:   " + line.remedy + "\n";
  }
  if (!ready) {
    text += "\nA cage could not be raised: " + codec::for_terminal(ready.error().message) + "\n";
    if (!ready.error().hint.empty())
      text += "  try: " + codec::for_terminal(ready.error().hint) + "\n";
    return text;
  }
  text += "\nLimits, and who holds them here:\n";
  for (const auto& limit : ready->limits)
    text += "  " + padded(std::string(model::name(limit.kind)), 12) +
            padded(std::string(model::name(limit.limit_class)), 10) + limit.mechanism + "\n";
  return text;
}

}  // namespace

int doctor(Invocation& in) {
  const auto advice = in.outside.probe();
  const bool with_cpus = std::any_of(advice.begin(), advice.end(), [](const LayerAdvice& layer) {
    return layer.name == "limit.cpus" && layer.available;
  });
  const auto cpus = with_cpus ? AskCpus::kYes : AskCpus::kNo;
  const auto ready = raise_empty_cage(in.outside, cpus, {});
  const auto lines = merge(advice, ready ? &*ready : nullptr);
  // Only where the kernel gives no user namespace; elsewhere it refuses itself.
  const bool no_users = std::any_of(advice.begin(), advice.end(), [](const LayerAdvice& layer) {
    return layer.name == "namespace.user" && !layer.available;
  });
  std::optional<Result<Readiness>> bare;
  if (!ready && no_users) bare = raise_empty_cage(in.outside, cpus, lost_without_namespaces());
  if (in.arguments.flag("--json")) {
    Json json = to_json(lines, ready);
    if (bare) json.set("without_namespaces", one_wall_json(*bare));
    in.outside.write(Stream::kOut, json_line(json));
  } else {
    in.outside.write(Stream::kOut, to_text(lines, ready) + (bare ? one_wall_text(*bare) : ""));
  }
  if (!ready) return kError;
  const bool whole = std::all_of(ready->layers.begin(), ready->layers.end(), [](const auto& layer) {
    return layer.state == LayerState::kProven;
  });
  return whole ? kDone : kError;
}

}  // namespace bailey::cli
