// The command line as a door: the only maker of a Request from typed words.
#pragma once

#include <string>

#include "model/request.h"

namespace bailey::cli {

class CommandLineDoor {
 public:
  // `key`: random for each command line, the same when one line is judged again.
  CommandLineDoor(model::Action action, std::string key)
      : action_(std::move(action)), key_(std::move(key)) {}
  [[nodiscard]] model::Request request() const {
    return {PassKey<CommandLineDoor>(), action_, key_};
  }
  [[nodiscard]] const model::Action& action() const noexcept { return action_; }

 private:
  model::Action action_;
  std::string key_;
};

}  // namespace bailey::cli
