// The first two values of the street: a Request that a door made, and the Caller
// that identity made of it.
#pragma once

#include <string>
#include <utility>

#include "base/linear.h"
#include "base/pass_key.h"
#include "model/action.h"
#include "model/level.h"
#include "model/principal.h"

namespace bailey::cli {
class CommandLineDoor;
}
namespace bailey::identity {
class Identifier;
}

namespace bailey::model {

class Request {
 public:
  Request(PassKey<cli::CommandLineDoor>, Action action, std::string idempotency_key)
      : action_(std::move(action)), idempotency_key_(std::move(idempotency_key)) {}

  [[nodiscard]] const Action& action() const {
    live_.require("Request used after move");
    return action_;
  }
  // Random for each command line; a repeated key asks for the first result again.
  [[nodiscard]] const std::string& idempotency_key() const {
    live_.require("Request used after move");
    return idempotency_key_;
  }

 private:
  Live live_;
  Action action_;
  std::string idempotency_key_;
};

class Caller {
 public:
  Caller(PassKey<identity::Identifier>, Request request, Session session, Level ceiling)
      : request_(std::move(request)), session_(std::move(session)), ceiling_(ceiling) {}

  [[nodiscard]] const Request& request() const {
    live_.require("Caller used after move");
    return request_;
  }
  [[nodiscard]] const Session& session() const {
    live_.require("Caller used after move");
    return session_;
  }
  // The highest level that the door was asked to use (`--level`); it only lowers.
  [[nodiscard]] Level ceiling() const {
    live_.require("Caller used after move");
    return ceiling_;
  }

 private:
  Live live_;
  Request request_;
  Session session_;
  Level ceiling_;
};

}  // namespace bailey::model
