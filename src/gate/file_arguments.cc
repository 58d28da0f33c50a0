#include "gate/file_arguments.h"

#include "gate/process_arguments.h"

namespace bailey::gate {
namespace {

std::unexpected<Error> bad(std::string_view what) {
  return fail("action.arguments", "the arguments of file.read are wrong: " + std::string(what));
}

Result<std::string> text(const codec::Json& arguments, std::string_view name) {
  const auto* member = arguments.find(name);
  if (member == nullptr || !member->is_string()) return bad(std::string(name) + " is no string");
  auto value = BAILEY_TRY(unescape_bytes(member->as_string()));
  if (value.find('\0') != std::string::npos) return bad(std::string(name) + " holds a NUL");
  return value;
}

}  // namespace

Result<FileArguments> file_arguments(const model::Action& action) {
  const codec::Json& arguments = action.arguments();
  FileArguments out;
  out.path = BAILEY_TRY(text(arguments, "path"));
  out.file = BAILEY_TRY(text(arguments, "file"));
  out.asker = BAILEY_TRY(text(arguments, "asker"));
  for (const char* name : {"run", "device", "inode", "pid"}) BAILEY_TRY(text(arguments, name));
  if (arguments.as_object().size() != 7) return bad("there is an unknown member");
  if (!out.path.starts_with('/') || !out.file.starts_with('/'))
    return bad("a path is not absolute");
  return out;
}

}  // namespace bailey::gate
