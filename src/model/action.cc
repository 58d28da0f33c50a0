#include "model/action.h"

#include <algorithm>

#include "crypto/hash.h"

namespace bailey::model {
namespace {

bool is_kind(const std::string& kind) {
  if (kind.empty() || kind.size() > 64 || kind.front() == '.' || kind.back() == '.') return false;
  return std::all_of(kind.begin(), kind.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
  });
}

}  // namespace

Action::Action(std::string kind, std::string resource, codec::Json arguments, std::string canonical,
               ActionDigest digest)
    : kind_(std::move(kind)),
      resource_(std::move(resource)),
      arguments_(std::move(arguments)),
      canonical_(std::move(canonical)),
      digest_(digest) {}

Result<Action> Action::create(std::string kind, std::string resource, codec::Json arguments) {
  if (!is_kind(kind))
    return fail("action.kind", "the kind of an action is lower-case words joined by dots");
  codec::Json whole{codec::Json::Object{}};
  whole.set("arguments", arguments);
  whole.set("kind", kind);
  whole.set("resource", codec::valid_utf8(resource));
  whole.set("v", 1);
  std::string canonical = codec::canonical_json(whole);
  if (canonical.size() > kMaxActionBytes)
    return fail("action.too_big", "the action is larger than 1 MiB",
                "pass large input by a file in the workspace or by standard input");
  const ActionDigest digest{crypto::sha256(as_bytes(canonical))};
  return Action(std::move(kind), std::move(resource), std::move(arguments), std::move(canonical),
                digest);
}

}  // namespace bailey::model
