#include "cli/commands.h"
#include "cli/home_path.h"
#include "cli/json_line.h"
#include "cli/policy_input.h"
#include "codec/json.h"
#include "codec/text.h"
#include "policy/compiled_policy.h"
#include "policy/defaults.h"
#include "policy/paths.h"

namespace bailey::cli {
namespace {

using codec::Json;

// The file that was named, or the home's policy, or the built-in balanced one. Nothing is
// run by it here, so whose file it is does not matter.
Result<PolicyInput> input_of(Invocation& in) {
  if (!in.arguments.positionals().empty())
    return policy_by_name(in.outside, in.arguments.positionals().front(), store::Trust::kAny);
  const std::string path = BAILEY_TRY(home_path(in.outside)) + "/" + std::string(kPolicyFile);
  auto input = policy_file(in.outside, path, store::Trust::kAny);
  if (input || input.error().code != "disk.missing") return input;
  return builtin_policy_input(model::Profile::kBalanced);
}

Json error_json(const Error& error) {
  Json json{Json::Object{}};
  json.set("code", error.code);
  json.set("text", codec::valid_utf8(error.message));
  return json;
}

Json finding_json(const policy::Finding& finding,
                  const std::vector<policy::DocumentInfo>& documents) {
  Json json{Json::Object{}};
  json.set("code", finding.code);
  json.set("text", codec::valid_utf8(finding.text));
  if (finding.origin.document < documents.size())
    json.set("file", codec::valid_utf8(documents[finding.origin.document].name));
  if (finding.origin.mark.line > 0) {
    json.set("line", static_cast<std::int64_t>(finding.origin.mark.line));
    json.set("column", static_cast<std::int64_t>(finding.origin.mark.column));
  }
  return json;
}

Json documents_json(const std::vector<policy::DocumentInfo>& documents) {
  Json::Array list;
  for (const auto& document : documents) {
    Json json{Json::Object{}};
    json.set("file", codec::valid_utf8(document.name));
    json.set("sha256", codec::to_hex(document.digest));
    list.push_back(std::move(json));
  }
  return Json(std::move(list));
}

// Of Bailey's own home nothing is given, whatever a rule says.
void add_own_home(const policy::Policy& policy, const Outside& outside,
                  std::vector<policy::Finding>& findings) {
  const auto home = home_path(outside);
  const std::string person = outside.home_directory();
  if (!home) return;
  for (const auto& rule : policy.files.ask) {
    const bool below_home = rule.place.text.starts_with('~');
    if (!rule.place.text.starts_with('/') && (!below_home || person.empty())) continue;
    const std::string place = policy::expand_path(rule.place.text, person, "/");
    if (place == *home || place.starts_with(*home + "/"))
      findings.push_back({"policy.ask_hidden",
                          "files.ask: rule '" + rule.id +
                              "' never asks: it names Bailey's home, of which nothing is given",
                          rule.place.origin});
  }
}

// `compiled` is null when `error` says why.
void report(Invocation& in, const PolicyInput& input, const policy::CompiledPolicy* compiled,
            const Error* error) {
  const bool enforceable = compiled != nullptr && compiled->require_enforceable().has_value();
  auto findings =
      compiled == nullptr ? std::vector<policy::Finding>{} : policy::findings(compiled->policy());
  if (compiled != nullptr) add_own_home(compiled->policy(), in.outside, findings);
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("policy", codec::valid_utf8(input.name));
    json.set("valid", error == nullptr);
    json.set("enforceable", enforceable);
    if (compiled != nullptr) {
      json.set("digest", codec::to_hex(compiled->digest()));
      json.set("documents", documents_json(compiled->policy().documents));
    }
    if (error != nullptr) json.set("error", error_json(*error));
    Json::Array list;
    for (const auto& finding : findings)
      list.push_back(finding_json(finding, compiled->policy().documents));
    json.set("findings", std::move(list));
    in.outside.write(Stream::kOut, json_line(json));
    return;
  }
  const std::string name = codec::for_terminal(input.name);
  std::string text;
  for (const auto& finding : findings)
    text += codec::for_terminal(policy::place(compiled->policy().documents, finding.origin)) +
            ": warning: " + codec::for_terminal(finding.text) + "\n";
  if (error != nullptr) {
    in.outside.write(Stream::kOut, text);
    tell(in.outside, Error{error->code, input.name + ": " + error->message, error->hint});
    return;
  }
  const auto& documents = compiled->policy().documents;
  for (std::size_t i = documents.size() - 1; i-- > 0;)
    text += "  extends " + codec::for_terminal(documents[i].name) + ", sha256 " +
            codec::to_hex(documents[i].digest) + "\n";
  text += name + (enforceable ? ": good" : ": understood, but this build runs nothing by it") +
          ", sha256 " + codec::to_hex(compiled->digest()) + "\n";
  in.outside.write(Stream::kOut, text);
}

}  // namespace

int policy_check(Invocation& in) {
  const auto input = input_of(in);
  if (!input) {
    tell(in.outside, input.error());
    return kError;
  }
  const auto compiled =
      policy::CompiledPolicy::from_chain(input->source(), std::nullopt, policy::read_uncached);
  if (!compiled) {
    report(in, *input, nullptr, &compiled.error());
    return kError;
  }
  report(in, *input, &*compiled, nullptr);
  return compiled->require_enforceable() ? kDone : kError;
}

int policy_show(Invocation& in) {
  if (const auto name = in.arguments.value("--profile")) {
    const auto text = policy::builtin_policy(*name);
    if (!text) {
      tell(in.outside, Error{"usage.profile", "there is no built-in policy '" + *name + "'",
                             "base, strict, balanced or permissive"});
      return kUsage;
    }
    in.outside.write(Stream::kOut, *text);
    return kDone;
  }
  const auto input = input_of(in);
  if (!input) {
    tell(in.outside, input.error());
    return kError;
  }
  in.outside.write(Stream::kOut, input->text);
  return kDone;
}

}  // namespace bailey::cli
