#include "cli/suggestion.h"

#include <algorithm>

#include "codec/text.h"
#include "policy/document.h"
#include "policy/sensitive.h"

namespace bailey::cli {

using model::Decision;
using policy::CommandRule;

void Suggestion::take(const RecordedDenial& denial, const PolicyChanges& changes,
                      const std::string& main) {
  if (changes.after == Decision::kDeny) {
    add(others_,
        "no change was found for entry " + std::to_string(denial.index) + " (" + denial.code +
            "): " + changes.left,
        "", denial);
    return;
  }
  for (const auto& step : changes.steps) take(denial, step, main);
}

void Suggestion::lacks(const RecordedDenial& denial) {
  add(others_,
      denial.program +
          ": its arguments are not kept, so nothing narrower than every use of it "
          "could be said",
      "", denial);
}

bool Suggestion::is_empty() const {
  return rules_.empty() && read_.empty() && write_.empty() && others_.empty();
}

// With `extends`, or without what counts when nothing may.
std::string Suggestion::document(const std::string& extends) const {
  std::string text = "version: 1\nextends: " + quoted(extends) + "\n";
  const auto place = [](const Line& line) { return quoted(line.text); };
  const std::string read = section(read_, "    ", place);
  const std::string write = section(write_, "    ", place);
  if (!read.empty() || !write.empty()) text += "files:\n";
  if (!read.empty()) text += has_live(read_) ? "  read:\n" + read : "  read: []\n" + read;
  if (!write.empty()) text += has_live(write_) ? "  write:\n" + write : "  write: []\n" + write;
  const std::string rules = section(numbered(), "  ", [](const Line& line) { return line.text; });
  if (!rules.empty()) text += has_live(rules_) ? "commands:\n" + rules : rules;
  for (const auto& line : others_) text += "# " + comment(line) + "\n";
  return text;
}

bool Suggestion::has_live(const Lines& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const Line& one) { return one.doubt.empty(); });
}

std::string Suggestion::comment(const Line& line) {
  return codec::for_terminal(line.text, 500) + "; denied " + std::to_string(line.times) +
         (line.times == 1 ? " time" : " times") + ", last " + line.last;
}

std::string Suggestion::section(const Lines& lines, const std::string& indent,
                                const std::function<std::string(const Line&)>& item) {
  std::string text;
  for (const auto& line : lines) {
    text += indent + "# denied " + std::to_string(line.times) +
            (line.times == 1 ? " time" : " times") + ", last " + line.last + "\n";
    if (!line.doubt.empty()) text += indent + "# left out: " + line.doubt + "\n";
    text += indent + (line.doubt.empty() ? "- " : "# - ") + item(line) + "\n";
  }
  return text;
}

void Suggestion::add(Lines& lines, std::string text, std::string doubt,
                     const RecordedDenial& denial) {
  const auto known =
      std::find_if(lines.begin(), lines.end(), [&](const Line& one) { return one.text == text; });
  if (known != lines.end()) {
    ++known->times;
    known->last = denial.time;
    return;
  }
  lines.push_back({std::move(text), std::move(doubt), 1, denial.time});
}

void Suggestion::take(const RecordedDenial& denial, const PolicyChange& step,
                      const std::string& main) {
  using Kind = PolicyChange::Kind;
  const bool here = step.where == main;
  if (here && step.kind == Kind::kAddRule) return add_rule(denial, step.text);
  if (here && (step.kind == Kind::kAddRead || step.kind == Kind::kAddWrite)) {
    const auto what = policy::sensitive_place(step.text, home_);
    return add(step.kind == Kind::kAddRead ? read_ : write_, step.text,
               what ? "by its name this is " + std::string(*what) : "", denial);
  }
  std::string text = step.kind == Kind::kAddRule ? "a rule for it" : step.text;
  if (!step.where.empty()) text = "at " + step.where + ": " + text;
  if (step.kind == Kind::kType) text = "a person may type: " + text;
  add(others_, text, "", denial);
}

// Words that look like secrets do not get into a file; places that do are called so.
void Suggestion::add_rule(const RecordedDenial& denial, const std::string& text) {
  const auto read = policy::parse_document("version: 1\ncommands:\n  - " + text + "\n");
  if (!read || !read->commands || read->commands->value.size() != 1) return;
  CommandRule rule = read->commands->value.front();
  std::string doubt;
  for (std::size_t i = 1; i < rule.argv.size(); ++i) {
    std::string& word = rule.argv[i];
    if (policy::looks_secret(word)) {
      doubt = "a word looks like a secret and is not shown";
      word = "*";
    } else if (doubt.empty()) {
      doubt = sensitive_word(word);
    }
  }
  rule.id = "suggested";
  const auto again = rule_text(rule);
  if (again) add(rules_, *again, doubt, denial);
}

std::string Suggestion::sensitive_word(const std::string& word) const {
  for (std::size_t at = 0; at < word.size(); ++at) {
    const bool begins =
        at == 0 || std::string_view(" \t\n=<>\"'(:").find(word[at - 1]) != std::string_view::npos;
    if (!begins || (word[at] != '/' && word[at] != '~')) continue;
    std::string path = word.substr(at, word.find_first_of(" \t\n\"';|&<>)", at) - at);
    if (path == "~" || path.starts_with("~/")) path = home_ + path.substr(1);
    if (!path.starts_with('/')) continue;
    if (const auto what = policy::sensitive_place(path, home_))
      return "it names a place that by its name is " + std::string(*what);
  }
  return {};
}

// Ids of their own, in order.
Suggestion::Lines Suggestion::numbered() const {
  Lines lines = rules_;
  std::size_t number = 0;
  for (auto& line : lines) {
    const std::string id = "{id: suggested";
    if (line.text.starts_with(id))
      line.text = id + "-" + std::to_string(++number) + line.text.substr(id.size());
  }
  return lines;
}

}  // namespace bailey::cli
