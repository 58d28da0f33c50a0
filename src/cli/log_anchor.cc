// `bailey log re-anchor`: goes on after the log contradicted its past, by a recorded step.
#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/records.h"
#include "codec/text.h"
#include "identity/identifier.h"

namespace bailey::cli {
namespace {

using codec::Json;

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return kError;
}

Json head_json(std::uint64_t size, const merkle::Hash& root, std::uint64_t epoch) {
  Json json{Json::Object{}};
  json.set("size", std::to_string(size));
  json.set("root", codec::to_hex(root));
  json.set("epoch", std::to_string(epoch));
  return json;
}

}  // namespace

int log_re_anchor(Invocation& in) {
  const auto reason = in.arguments.value("--reason");
  if (!reason || reason->empty()) {
    tell(in.outside,
         Error{"usage", "why must be said: it is recorded", "bailey log re-anchor --reason TEXT"});
    return kUsage;
  }
  auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(in, household.error());
  auto ledger = (*household)->ledger();
  if (!ledger) return failed(in, ledger.error());
  ledger::Log& log = (*ledger)->log();
  const auto fault = log.fence_fault();
  if (!fault) {
    return failed(in, Error{"ledger.anchored", "nothing speaks against this log",
                            "bailey log witness status"});
  }
  const auto head = log.head();
  if (!head) return failed(in, head.error());
  const auto& known = log.remembered();
  Json body = control_body({"re_anchor", identity::LocalUser::of_this_process().principal(),
                            *reason, "", "", std::nullopt});
  body.set("fault", std::string(fault->code));
  Json before = known ? head_json(known->head.size, known->head.root, known->epoch)
                      : head_json(0, merkle::empty_root(), 0);
  if (known && known->stopped != ledger::FenceFault::kNone) {
    Json other{Json::Object{}};
    other.set("size", std::to_string(known->other_size));
    other.set("root", codec::to_hex(known->other_root));
    before.set("witness", std::move(other));
  }
  body.set("before", std::move(before));
  body.set("after", head_json(head->size, head->root, log.epoch() + 1));
  const auto receipt = (*ledger)->re_anchor(std::move(body));
  if (!receipt) return failed(in, receipt.error());
  if (in.arguments.flag("--json")) {
    Json json{Json::Object{}};
    json.set("v", 1);
    json.set("fault", std::string(fault->code));
    json.set("epoch", std::to_string(log.epoch()));
    json.set("index", std::to_string(receipt->index()));
    in.outside.write(Stream::kOut, json_line(json));
    return kDone;
  }
  in.outside.write(Stream::kOut, "anchored anew by entry " + std::to_string(receipt->index()) +
                                     ", epoch " + std::to_string(log.epoch()) +
                                     "\na witness that saw more than this log goes on refusing "
                                     "it, and says so in bailey log witness status\n");
  return kDone;
}

}  // namespace bailey::cli
