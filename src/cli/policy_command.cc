#include "cli/commands.h"
#include "cli/home_path.h"
#include "cli/json_line.h"
#include "codec/json.h"
#include "codec/text.h"
#include "policy/compiled_policy.h"
#include "policy/defaults.h"

namespace bailey::cli {
namespace {

using codec::Json;

// The file that was named, or the home's policy, or the built-in balanced one.
struct Source {
  std::string name;
  std::string text;
};

Result<Source> source_of(Invocation& in) {
  if (!in.arguments.positionals().empty()) {
    const std::string& path = in.arguments.positionals().front();
    return Source{path, BAILEY_TRY(in.outside.read_user_file(path, policy::kMaxPolicyBytes))};
  }
  const std::string path = BAILEY_TRY(home_path(in.outside)) + "/" + std::string(kPolicyFile);
  auto text = in.outside.read_user_file(path, policy::kMaxPolicyBytes);
  if (text) return Source{path, *std::move(text)};
  if (text.error().code != "disk.missing") return std::unexpected(std::move(text).error());
  return Source{"built-in policy 'balanced'",
                std::string(policy::default_policy(model::Profile::kBalanced))};
}

std::string place(codec::Mark mark) {
  if (mark.line == 0) return {};
  return ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

Json finding_json(std::string_view code, const std::string& text, codec::Mark mark) {
  Json json{Json::Object{}};
  json.set("code", code);
  json.set("text", codec::valid_utf8(text));
  if (mark.line > 0) {
    json.set("line", static_cast<std::int64_t>(mark.line));
    json.set("column", static_cast<std::int64_t>(mark.column));
  }
  return json;
}

void report(Invocation& in, const Source& source, const Error* error,
            const std::vector<policy::Finding>& findings, const std::string& digest,
            bool enforceable) {
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("policy", codec::valid_utf8(source.name));
    json.set("valid", error == nullptr);
    json.set("enforceable", enforceable);
    if (error == nullptr) json.set("digest", digest);
    if (error != nullptr) json.set("error", finding_json(error->code, error->message, {}));
    Json::Array list;
    for (const auto& finding : findings)
      list.push_back(finding_json(finding.code, finding.text, finding.mark));
    json.set("findings", std::move(list));
    in.outside.write(Stream::kOut, json_line(json));
    return;
  }
  const std::string name = codec::for_terminal(source.name);
  std::string text;
  for (const auto& finding : findings)
    text += name + place(finding.mark) + ": warning: " + codec::for_terminal(finding.text) + "\n";
  if (error != nullptr) {
    in.outside.write(Stream::kOut, text);
    tell(in.outside, Error{error->code, source.name + ": " + error->message, error->hint});
    return;
  }
  text += name + (enforceable ? ": good" : ": understood, but this build runs nothing by it") +
          ", sha256 " + digest + "\n";
  in.outside.write(Stream::kOut, text);
}

}  // namespace

int policy_check(Invocation& in) {
  const auto source = source_of(in);
  if (!source) {
    tell(in.outside, source.error());
    return kError;
  }
  const auto compiled = policy::CompiledPolicy::from_source(source->text);
  if (!compiled) {
    report(in, *source, &compiled.error(), {}, {}, false);
    return kError;
  }
  report(in, *source, nullptr, policy::findings(compiled->policy()),
         codec::to_hex(compiled->digest()), compiled->require_enforceable().has_value());
  return compiled->require_enforceable() ? kDone : kError;
}

int policy_show(Invocation& in) {
  if (const auto name = in.arguments.value("--profile")) {
    const auto profile = model::profile_from(*name);
    if (!profile) {
      tell(in.outside, profile.error());
      return kUsage;
    }
    in.outside.write(Stream::kOut, policy::default_policy(*profile));
    return kDone;
  }
  const auto source = source_of(in);
  if (!source) {
    tell(in.outside, source.error());
    return kError;
  }
  in.outside.write(Stream::kOut, source->text);
  return kDone;
}

}  // namespace bailey::cli
