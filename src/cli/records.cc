#include "cli/records.h"

namespace bailey::cli {
namespace {

using codec::Json;

Json who(const model::Principal& principal) {
  Json json{Json::Object{}};
  json.set("principal", codec::valid_utf8(principal.name));
  json.set("door", "cli");
  json.set("proof", "unix-user");
  return json;
}

}  // namespace

Json control_body(const Control& control) {
  Json body{Json::Object{}};
  body.set("what", control.what);
  body.set("by", who(control.by));
  if (!control.reason.empty()) body.set("reason", codec::valid_utf8(control.reason));
  if (!control.before.empty()) body.set("before", codec::valid_utf8(control.before));
  if (!control.after.empty()) body.set("after", codec::valid_utf8(control.after));
  if (control.kill_epoch) body.set("kill_epoch", std::to_string(*control.kill_epoch));
  return body;
}

Json answer_body(const consent::StoredAsk& stored, const model::Principal& by,
                 const std::string& reason) {
  Json body{Json::Object{}};
  body.set("id", stored.ask.id);
  const bool granted = stored.answer && stored.answer->answer == consent::Answer::kGrant;
  body.set("decision", granted ? "granted" : "denied");
  body.set("by", who(by));
  if (!reason.empty()) body.set("reason", codec::valid_utf8(reason));
  return body;
}

}  // namespace bailey::cli
