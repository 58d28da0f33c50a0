#include "model/process_run.h"

namespace bailey::model {

std::string_view name(Profile profile) noexcept {
  switch (profile) {
    case Profile::kStrict:
      return "strict";
    case Profile::kBalanced:
      return "balanced";
    case Profile::kPermissive:
      return "permissive";
  }
  return "strict";
}

Result<Profile> profile_from(std::string_view text) {
  for (const auto profile : {Profile::kStrict, Profile::kBalanced, Profile::kPermissive})
    if (text == name(profile)) return profile;
  return fail("usage.profile", "there is no such profile", "use strict, balanced or permissive");
}

std::string escape_bytes(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  const bool text = codec::is_valid_utf8(bytes);
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (text || byte < 0x80) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

Result<Action> to_action(const ProcessRun& run) {
  using codec::Json;
  if (run.argv.empty()) return fail("run.empty", "there is no command to run");
  Json::Array argv;
  for (const auto& word : run.argv) argv.emplace_back(escape_bytes(word));
  Json environment{Json::Object{}};
  for (const auto& [variable, value] : run.environment)
    environment.set(escape_bytes(variable), escape_bytes(value));
  Json limits{Json::Object{}};
  for (std::size_t i = 0; i < kLimitKinds; ++i)
    if (run.requested.value[i])
      limits.set(std::string(name(static_cast<LimitKind>(i))),
                 std::to_string(*run.requested.value[i]));

  Json arguments{Json::Object{}};
  arguments.set("argv", std::move(argv));
  arguments.set("found", escape_bytes(run.found));
  arguments.set("program", escape_bytes(run.program));
  arguments.set("environment", std::move(environment));
  arguments.set("directory", escape_bytes(run.directory));
  arguments.set("access", run.access == WorkspaceAccess::kReadOnly ? "read-only" : "read-write");
  arguments.set("profile", name(run.profile));
  arguments.set("limits", std::move(limits));
  return Action::create(kProcessRun, escape_bytes(run.workspace), std::move(arguments));
}

}  // namespace bailey::model
