#include "model/file_read.h"

#include "codec/text.h"
#include "model/process_run.h"

namespace bailey::model {

Result<Action> to_action(const FileRead& read) {
  codec::Json arguments{codec::Json::Object{}};
  arguments.set("run", codec::to_hex(read.run));
  arguments.set("path", escape_bytes(read.path));
  arguments.set("file", escape_bytes(read.file));
  arguments.set("device", std::to_string(read.device));
  arguments.set("inode", std::to_string(read.inode));
  arguments.set("asker", escape_bytes(read.asker));
  arguments.set("pid", std::to_string(read.pid));
  return Action::create(kFileRead, escape_bytes(read.workspace), std::move(arguments));
}

}  // namespace bailey::model
