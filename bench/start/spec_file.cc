#include "start/spec_file.h"

#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace bailey::bench {
namespace {

using effect::process::Access;
using effect::process::View;

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  for (std::size_t from = 0; from <= line.size();) {
    const auto tab = std::min(line.find('\t', from), line.size());
    fields.push_back(line.substr(from, tab - from));
    from = tab + 1;
  }
  return fields;
}

std::string link_text(const std::string& path) {
  char text[PATH_MAX];
  const auto length = readlink(path.c_str(), text, sizeof text);
  return length < 0 ? std::string() : std::string(text, static_cast<std::size_t>(length));
}

std::optional<model::LimitKind> limit_named(const std::string& name) {
  for (std::size_t i = 0; i < model::kLimitKinds; ++i) {
    const auto kind = static_cast<model::LimitKind>(i);
    if (model::name(kind) == name) return kind;
  }
  return std::nullopt;
}

bool take(const std::vector<std::string>& fields, Spec& spec) {
  const auto& what = fields[0];
  auto& cage = spec.cage;
  if ((what == "ro" || what == "rw") && fields.size() == 3) {
    const auto access = what == "ro" ? Access::kReadOnly : Access::kReadWrite;
    cage.views.push_back(View{fields[1], fields[2], access, false});
    spec.top_links.emplace_back();
  } else if (what == "link" && fields.size() == 2) {
    cage.views.push_back(View{fields[1], fields[1], Access::kReadOnly, true});
    spec.top_links.push_back(link_text(fields[1]));
  } else if (what == "hide" && fields.size() == 2) {
    cage.hidden.push_back(fields[1]);
  } else if (what == "limit" && fields.size() == 3) {
    const auto kind = limit_named(fields[1]);
    if (!kind) return false;
    cage.limits[*kind] = std::strtoull(fields[2].c_str(), nullptr, 10);
  } else {
    return false;
  }
  return true;
}

}  // namespace

Result<Spec> read_spec(const std::string& file, const std::string& directory,
                       const std::vector<std::string>& command) {
  Spec spec;
  spec.cage.argv = command;
  spec.cage.program = command.front();
  spec.cage.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp"};
  spec.cage.working_directory = directory;
  std::ifstream input(file);
  if (!input) return fail("bench.spec", "cannot open " + file);
  for (std::string line; std::getline(input, line);)
    if (!take(fields_of(line), spec)) return fail("bench.spec", "not a line of a plan: " + line);
  return spec;
}

}  // namespace bailey::bench
