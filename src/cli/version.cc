#include "cli/commands.h"
#include "cli/json_line.h"
#include "codec/json.h"

#ifndef BAILEY_VERSION
#error "the build gives BAILEY_VERSION"
#endif

namespace bailey::cli {

int version_command(Invocation& in) {
  if (in.arguments.flag("--json")) {
    codec::Json json{codec::Json::Object{}};
    json.set("name", "bailey");
    json.set("version", BAILEY_VERSION);
    json.set("compiler", __VERSION__);
    in.outside.write(Stream::kOut, json_line(json));
  } else {
    in.outside.write(Stream::kOut, "bailey " BAILEY_VERSION "\n");
  }
  return kDone;
}

}  // namespace bailey::cli
