// shell-facts: reads JSON strings, one a line, each a shell text; answers with the facts
// of each as one line of JSON. For tests only.
//
//   shell-facts [HOME DIRECTORY] < lines
//
// {"error": code} or {"segments": [{standing, role, argv, why, directory}], "files": [{use,
// path, directory}], "variables": [{name, value, effect}]}. A word is [kind, text, many]; a
// directory is a text, or null when it is not known.
#include <cstdio>
#include <iostream>
#include <string>

#include "codec/json.h"
#include "policy/shell/facts.h"
#include "policy/shell/parse.h"

namespace {

using namespace bailey;         // NOLINT(google-build-using-namespace)
using namespace policy::shell;  // NOLINT(google-build-using-namespace)

void put_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      // Bytes, not characters: read as latin-1 and encoded back by the reader.
      char escape[8];
      (void)std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

void put_word(std::string& out, const FactWord& word) {
  static constexpr std::string_view kKinds[] = {"literal", "pattern", "unknown"};
  out += '[';
  put_string(out, kKinds[static_cast<std::size_t>(word.kind)]);
  out += ',';
  put_string(out, word.text);
  out += word.many ? ",true]" : ",false]";
}

void put_directory(std::string& out, const Facts& facts, std::uint32_t directory) {
  if (directory == kUnknownDirectory) {
    out += "null";
  } else {
    put_string(out, facts.directories[directory]);
  }
}

std::string describe(std::string_view line, std::string_view home, std::string_view directory) {
  static constexpr std::string_view kStandings[] = {"judged", "shell", "interpreter", "unknown"};
  static constexpr std::string_view kRoles[] = {"program", "starter", "builtin"};
  static constexpr std::string_view kUses[] = {"read",   "write",  "append",
                                               "update", "delete", "connect"};
  static constexpr std::string_view kEffects[] = {"lookup", "code", "splitting"};
  std::string out;
  const auto script = parse(line);
  const auto found = script ? facts(*script, Environment{home, directory})
                            : Result<Facts>(std::unexpected(script.error()));
  if (!found) {
    out = "{\"error\":";
    put_string(out, found.error().code);
    out += ",\"message\":";
    put_string(out, found.error().message);
    return out + "}";
  }
  out = "{\"segments\":[";
  std::string_view between;
  for (const Segment& segment : found->segments) {
    out += between;
    between = ",";
    out += "{\"standing\":";
    put_string(out, kStandings[static_cast<std::size_t>(segment.standing)]);
    out += ",\"role\":";
    put_string(out, kRoles[static_cast<std::size_t>(segment.role)]);
    out += ",\"why\":";
    put_string(out, segment.why);
    out += ",\"directory\":";
    put_directory(out, *found, segment.directory);
    out += ",\"argv\":[";
    for (std::size_t i = 0; i < segment.argv.size(); ++i) {
      if (i > 0) out += ',';
      put_word(out, segment.argv[i]);
    }
    out += "]}";
  }
  out += "],\"files\":[";
  between = {};
  for (const FileAccess& file : found->files) {
    out += between;
    between = ",";
    out += "{\"use\":";
    put_string(out, kUses[static_cast<std::size_t>(file.use)]);
    out += ",\"path\":";
    put_word(out, file.path);
    out += ",\"directory\":";
    put_directory(out, *found, file.directory);
    out += '}';
  }
  out += "],\"variables\":[";
  between = {};
  for (const VariableChange& variable : found->variables) {
    out += between;
    between = ",";
    out += "{\"name\":";
    put_string(out, variable.name);
    out += ",\"value\":";
    put_word(out, variable.value);
    out += ",\"effect\":";
    put_string(out, kEffects[static_cast<std::size_t>(variable.effect)]);
    out += '}';
  }
  return out + "]}";
}

}  // namespace

int main(int argc, char** argv) {
  std::string home = "/home/u";
  std::string directory = "/work";
  if (argc == 3) {
    home = argv[1];
    directory = argv[2];
  }
  std::string input;
  while (std::getline(std::cin, input)) {
    const auto value = codec::parse_json(input, {.max_bytes = std::size_t{16} << 20U});
    if (!value || !value->is_string()) {
      std::cerr << "shell-facts: not a JSON string\n";
      return 2;
    }
    std::cout << describe(value->as_string(), home, directory) << '\n' << std::flush;
  }
  return 0;
}
