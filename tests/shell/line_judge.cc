// line-judge: reads JSON strings, one a line, each a shell text; answers with what the gate's
// rules say of `bash -c TEXT`, one line each. For tests only.
//
//   line-judge PROGRAMS HOME DIRECTORY < lines
//
// PROGRAMS is a file of words; each becomes a rule that allows it with any arguments, and a
// bare name is a system program. The system is readable, DIRECTORY and /tmp writable.
// {"decision": "allow"|"ask"|"deny"|"doubt", "why": code, "word": what it is about}.
#include <fstream>
#include <iostream>
#include <set>
#include <string>

#include "codec/json.h"
#include "policy/file_rules.h"
#include "policy/line.h"

namespace {

using namespace bailey;  // NOLINT(google-build-using-namespace)
using policy::Presence;

class Stage final : public policy::Surroundings {
 public:
  Stage(std::set<std::string> names, const policy::Policy& policy, std::string home,
        std::string directory)
      : names_(std::move(names)),
        rules_(*policy::FileRules::create(policy, {.home = home, .workspace = directory})),
        home_(std::move(home)),
        directory_(std::move(directory)) {}

  policy::Sighting find(std::string_view name, std::string_view directory) const override {
    std::string path(name);
    if (name.find('/') == std::string_view::npos) {
      if (!names_.contains(path)) return {Presence::kNever, {}};
      path = "/usr/bin/" + path;
      return {Presence::kThere, {path, path}};
    }
    if (name.front() != '/') {
      while (path.starts_with("./")) path.erase(0, 2);
      path = std::string(directory) + "/" + path;
    }
    return {Presence::kMayCome, {path, path}};
  }
  policy::Reach reach(std::string_view path) const override {
    const auto can = [&](policy::FileUse use) {
      return rules_.decide(path, use).decision == model::Decision::kAllow;
    };
    if (can(policy::FileUse::kWrite)) return policy::Reach::kWrite;
    return can(policy::FileUse::kRead) ? policy::Reach::kRead : policy::Reach::kNothing;
  }
  std::string_view home() const override { return home_; }
  std::string_view directory() const override { return directory_; }

 private:
  std::set<std::string> names_;
  policy::FileRules rules_;
  std::string home_;
  std::string directory_;
};

// What the deciding part is about, for whoever reads the list of denials.
std::string word_of(const policy::Judged& judged) {
  if (judged.part == nullptr || !judged.line) return {};
  const auto& line = *judged.line;
  std::string out;
  const auto add = [&](const policy::shell::FactWord& word) {
    if (!out.empty()) out += ' ';
    out += word.kind == policy::shell::WordKind::kLiteral ? word.text : word.text + "\u2026";
  };
  for (std::size_t i = 0; i < line.segments.size(); ++i)
    if (&line.segments[i] == judged.part)
      for (const auto& word : line.facts.segments[i].argv) add(word);
  for (std::size_t i = 0; i < line.files.size(); ++i)
    if (&line.files[i] == judged.part) add(line.facts.files[i].path);
  for (std::size_t i = 0; i < line.variables.size(); ++i)
    if (&line.variables[i] == judged.part) out = line.facts.variables[i].name;
  return out;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  std::ifstream list(words[1]);
  std::set<std::string> names = {"bash"};
  std::string rules =
      "version: 1\nfiles:\n  read: [\"/usr/**\", \"/etc/**\"]\n  write: [\"./**\"]\ncommands:\n";
  for (std::string word; list >> word;) {
    if (!names.insert(word).second) continue;
    rules += "  - {id: r" + std::to_string(names.size()) + ", decision: allow, argv: [\"" + word +
             "\", \"**\"]}\n";
  }
  const auto policy = policy::CompiledPolicy::from_source(rules);
  if (!policy) {
    std::cerr << policy.error().message << '\n';
    return 1;
  }
  const Stage stage(std::move(names), policy->policy(), words[2], words[3]);
  for (std::string line; std::getline(std::cin, line);) {
    const auto text = codec::parse_json(line);
    if (!text || !text->is_string()) {
      std::cout << R"({"decision":"deny","why":"json","word":""})" << '\n';
      continue;
    }
    const std::vector<std::string> argv = {"bash", "-c", text->as_string()};
    const auto judged = policy::judge(
        *policy, {argv, "/usr/bin/bash", "/usr/bin/bash", words[2], words[3]}, &stage);
    codec::Json answer{codec::Json::Object{}};
    answer.set("decision", judged.doubt != policy::Doubt::kNone         ? "doubt"
                           : judged.decision == model::Decision::kAllow ? "allow"
                           : judged.decision == model::Decision::kAsk   ? "ask"
                                                                        : "deny");
    answer.set("why", std::string(judged.why));
    answer.set("word", codec::valid_utf8(word_of(judged)));
    std::cout << codec::canonical_json(answer) << '\n';
  }
  return 0;
}
