#include "report/leaf_csv.h"

#include <array>
#include <initializer_list>

#include "codec/text.h"

namespace bailey::report {
namespace {

using codec::Json;
using Path = std::initializer_list<std::string_view>;

constexpr std::size_t kMaxCellBytes = 4096;
constexpr std::array<std::string_view, 22> kColumns = {
    "index",  "time",     "type",        "session",  "principal", "owner",
    "action", "resource", "program",     "decision", "level",     "required_level",
    "policy", "rule",     "reason_code", "status",   "exit_code", "signal",
    "what",   "reason",   "intent",      "leaf_hash"};

std::string value_at(const Json& body, Path path) {
  const Json* at = &body;
  for (const auto name : path) {
    at = at->find(name);
    if (at == nullptr) return {};
  }
  if (at->is_string()) return at->as_string();
  if (at->is_int()) return std::to_string(at->as_int());
  return {};
}

// Of the entry, else of its intent.
std::string told(const merkle::LeafEnvelope& leaf, const merkle::LeafEnvelope* intent, Path path) {
  std::string value = value_at(leaf.body, path);
  if (value.empty() && intent != nullptr) value = value_at(intent->body, path);
  return value;
}

// Of the reason that decided.
std::string deciding(const merkle::LeafEnvelope& leaf, const merkle::LeafEnvelope* intent,
                     std::string_view member) {
  for (const auto* each : {&leaf, intent}) {
    const Json* verdict = each == nullptr ? nullptr : each->body.find("verdict");
    const Json* reasons = verdict == nullptr ? nullptr : verdict->find("reasons");
    if (reasons == nullptr || !reasons->is_array() || reasons->as_array().empty()) continue;
    return value_at(reasons->as_array().front(), {member});
  }
  return {};
}

}  // namespace

std::string csv_cell(std::string_view text) {
  // What a spreadsheet reads as a formula, also behind blanks and in full width.
  const auto first = text.find_first_not_of(" \t\r\n");
  bool formula = first != std::string_view::npos &&
                 std::string_view("=+-@|%").find(text[first]) != std::string_view::npos;
  for (const std::string_view wide : {"\uff1d", "\uff0b", "\uff0d", "\uff20"}) {
    formula = formula || (first != std::string_view::npos && text.substr(first).starts_with(wide));
  }
  std::string cell = formula ? "\"'" : "\"";
  for (const char c : codec::for_terminal(text, kMaxCellBytes)) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

std::string csv_header() {
  std::string row;
  for (const auto column : kColumns) row.append(row.empty() ? "" : ",").append(column);
  return row + "\r\n";
}

std::string csv_row(const merkle::LeafEnvelope& leaf, const merkle::Hash& leaf_hash,
                    const merkle::LeafEnvelope* intent, const std::string& session) {
  const auto named = merkle::intent_of(leaf);
  std::string reason = value_at(leaf.body, {"reason_code"});
  if (reason.empty()) reason = value_at(leaf.body, {"denial", "reason_code"});
  if (reason.empty()) reason = deciding(leaf, intent, "code");
  std::string decision = value_at(leaf.body, {"decision"});
  if (decision.empty()) decision = told(leaf, intent, {"verdict", "decision"});
  std::string principal = told(leaf, intent, {"caller", "principal"});
  if (principal.empty()) principal = value_at(leaf.body, {"by", "principal"});
  const std::array<std::string, kColumns.size()> cells = {
      std::to_string(leaf.index),
      rfc3339(leaf.time),
      std::string(merkle::name(leaf.type)),
      session,
      principal,
      told(leaf, intent, {"caller", "owner"}),
      told(leaf, intent, {"action", "kind"}),
      told(leaf, intent, {"action", "resource"}),
      told(leaf, intent, {"action", "program"}),
      decision,
      told(leaf, intent, {"verdict", "level"}),
      told(leaf, intent, {"verdict", "required_level"}),
      told(leaf, intent, {"policy", "name"}),
      deciding(leaf, intent, "rule"),
      reason,
      value_at(leaf.body, {"status"}),
      value_at(leaf.body, {"exit_code"}),
      value_at(leaf.body, {"signal"}),
      value_at(leaf.body, {"what"}),
      value_at(leaf.body, {"reason"}),
      named && *named ? std::to_string((*named)->index) : std::string(),
      codec::to_hex(leaf_hash)};
  std::string row;
  for (const auto& cell : cells) row.append(row.empty() ? "" : ",").append(csv_cell(cell));
  return row + "\r\n";
}

}  // namespace bailey::report
