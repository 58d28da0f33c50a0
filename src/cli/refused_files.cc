#include "cli/refused_files.h"

#include <algorithm>

#include "codec/json.h"
#include "codec/text.h"

namespace bailey::cli {
namespace {

using codec::Json;

constexpr std::string_view kKind = "files.refused";
constexpr std::size_t kMostPaths = 512;  // more than a run keeps events

std::string text_of(const Json& json, const char* name) {
  const Json* found = json.find(name);
  return found != nullptr && found->is_string() ? found->as_string() : std::string();
}

// A grant says by itself what became of it; a call that is refused whatever the file is no
// matter of the file lists.
bool is_of_file(std::string_view kind, std::string_view layer, std::string_view error) {
  const bool opens = kind == name(model::EventKind::kOpen) || kind == name(model::EventKind::kExec);
  const bool refused = error == "EACCES" || error == "EROFS" || error == "ENOENT";
  return opens && refused && layer != "grant";
}

}  // namespace

std::string refused_files_text(const std::vector<model::Event>& events,
                               const std::string& workspace) {
  Json::Array paths;
  for (const auto& event : events) {
    if (event.use || event.cut || !event.object.starts_with('/')) continue;
    if (!is_of_file(name(event.kind), event.layer, event.error)) continue;
    Json path(codec::valid_utf8(event.object));
    if (paths.size() < kMostPaths && std::find(paths.begin(), paths.end(), path) == paths.end())
      paths.push_back(std::move(path));
  }
  if (paths.empty()) return {};
  Json json;
  json.set("kind", Json(kKind));
  json.set("paths", Json(std::move(paths)));
  json.set("workspace", Json(codec::valid_utf8(workspace)));
  return codec::canonical_json(json);
}

std::optional<RefusedFiles> parse_refused_files(std::string_view text) {
  const auto json = codec::parse_json(text);
  if (!json || !json->is_object() || text_of(*json, "kind") != kKind) return std::nullopt;
  RefusedFiles files{text_of(*json, "workspace"), {}};
  const Json* paths = json->find("paths");
  if (!files.workspace.starts_with('/') || paths == nullptr || !paths->is_array())
    return std::nullopt;
  for (const Json& path : paths->as_array()) {
    if (!path.is_string() || !path.as_string().starts_with('/')) return std::nullopt;
    if (files.paths.size() == kMostPaths) return std::nullopt;
    files.paths.push_back(path.as_string());
  }
  return files;
}

std::vector<RefusedFile> recognise(const RefusedFiles& kept, const merkle::LeafEnvelope& leaf,
                                   const crypto::SealKey& disclosure) {
  std::vector<RefusedFile> found;
  const Json* events = leaf.body.find("events");
  if (events == nullptr || !events->is_array() || kept.paths.empty()) return found;
  std::size_t next = 0;  // they come in order, so this is nearly always the one
  for (std::size_t place = 0; place < events->as_array().size(); ++place) {
    const Json& event = events->as_array()[place];
    if (!is_of_file(text_of(event, "kind"), text_of(event, "layer"), text_of(event, "errno")))
      continue;
    const auto digest = codec::digest_from_hex(text_of(event, "object"));
    if (!digest) continue;
    const auto salt =
        merkle::salt_for(disclosure, leaf.nonce, "events." + std::to_string(place) + ".object");
    for (std::size_t tried = 0; tried < kept.paths.size(); ++tried) {
      const std::size_t at = (next + tried) % kept.paths.size();
      const std::string object = codec::canonical_json(Json(kept.paths[at]));
      if (merkle::salted_digest(salt, as_bytes(object)) != *digest) continue;
      const bool writes = text_of(event, "errno") == "EROFS";
      found.push_back({kept.paths[at], writes ? policy::FileUse::kWrite : policy::FileUse::kRead});
      next = at + 1;
      break;
    }
  }
  return found;
}

}  // namespace bailey::cli
