#include "gate/process_arguments.h"

#include <charconv>

namespace bailey::gate {
namespace {

std::unexpected<Error> bad(std::string what) {
  return fail("action.arguments", "the arguments of process.run are wrong: " + std::move(what));
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

Result<std::string> absolute_path(const codec::Json* member, std::string_view name) {
  if (member == nullptr || !member->is_string()) return bad(std::string(name) + " is no string");
  auto path = BAILEY_TRY(unescape_bytes(member->as_string()));
  if (!path.starts_with('/') || path.find('\0') != std::string::npos)
    return bad(std::string(name) + " is no absolute path");
  return path;
}

Status read_limits(const codec::Json& limits, model::Limits& out) {
  if (!limits.is_object()) return bad("limits is no object");
  for (const auto& [name, value] : limits.as_object()) {
    bool known = false;
    for (std::size_t i = 0; i < model::kLimitKinds; ++i) {
      if (name != model::name(static_cast<model::LimitKind>(i))) continue;
      known = true;
      std::uint64_t number = 0;
      if (!value.is_string()) return bad("a limit is no decimal string");
      const std::string& text = value.as_string();
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || end != text.data() + text.size() || number == 0)
        return bad("a limit is no decimal above zero");
      out.value[i] = number;
    }
    if (!known) return bad("there is an unknown limit");
  }
  return {};
}

}  // namespace

Result<std::string> unescape_bytes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '\\') {
      out += '\\';
      ++i;
      continue;
    }
    const int high = i + 3 < text.size() && text[i + 1] == 'x' ? hex_value(text[i + 2]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 3]) : -1;
    if (low < 0) return bad("an escape is broken");
    out += static_cast<char>(high * 16 + low);
    i += 3;
  }
  return out;
}

Result<ProcessArguments> process_arguments(const model::Action& action) {
  const codec::Json& arguments = action.arguments();
  const auto* argv = arguments.find("argv");
  if (argv == nullptr || !argv->is_array() || argv->as_array().empty())
    return bad("argv is no list of words");
  ProcessArguments out;
  for (const auto& word : argv->as_array()) {
    if (!word.is_string()) return bad("a word of argv is no string");
    out.argv.push_back(BAILEY_TRY(unescape_bytes(word.as_string())));
    if (out.argv.back().find('\0') != std::string::npos) return bad("a word of argv holds a NUL");
  }
  out.real = BAILEY_TRY(absolute_path(arguments.find("program"), "program"));
  out.found = BAILEY_TRY(absolute_path(arguments.find("found"), "found"));
  out.workspace = BAILEY_TRY(unescape_bytes(action.resource()));
  if (!out.workspace.starts_with('/')) return bad("the resource is no absolute path");
  if (const auto* limits = arguments.find("limits"))
    BAILEY_TRY(read_limits(*limits, out.requested));
  return out;
}

}  // namespace bailey::gate
