#include "model/reason.h"

namespace bailey::model {

std::string_view name(Decision decision) noexcept {
  switch (decision) {
    case Decision::kAllow:
      return "allow";
    case Decision::kDeny:
      return "deny";
    case Decision::kAsk:
      return "ask";
  }
  return "deny";
}

codec::Json to_json(const Denial& denial) {
  using codec::Json;
  Json context{Json::Object{}};
  if (denial.current_level) {
    context.set("current_autonomy_level", number(*denial.current_level));
    context.set("current_autonomy_level_name", name(*denial.current_level));
  }
  if (denial.required_level) {
    context.set("required_level", number(*denial.required_level));
    context.set("required_level_name", name(*denial.required_level));
  }
  context.set("operation", denial.operation);
  context.set("resource", denial.resource);
  if (!denial.rule.empty()) context.set("rule", denial.rule);
  context.set("session_id", denial.session_id);
  context.set("phase", denial.phase);
  context.set("enforcement_mode", "hard");
  context.set("terminal", denial.terminal);
  context.set("retryable", denial.retryable);

  Json::Array tags;
  for (const auto& tag : denial.tags) tags.emplace_back(tag);

  Json shape{Json::Object{}};
  shape.set("decision", name(denial.decision));
  shape.set("reason_code", denial.reason_code);
  shape.set("user_message", denial.user_message);
  shape.set("remediation_hint", denial.remediation_hint);
  shape.set("technical_context", std::move(context));
  shape.set("tags", std::move(tags));
  shape.set("correlation_id", denial.correlation_id);
  return shape;
}

}  // namespace bailey::model
