#include "ledger/leaf_bodies.h"

#include <algorithm>

#include "codec/redaction.h"
#include "codec/text.h"
#include "crypto/hash.h"

namespace bailey::ledger {
namespace {

using codec::Json;

constexpr std::size_t kMaxListed = 64;         // notes, reasons, ... in one leaf
constexpr std::size_t kMaxTextBytes = 512;     // of one of them
constexpr std::size_t kMaxExtraBytes = 16384;  // of the effect's own members

// Text of others made fit for canonical JSON, without secrets that can be told by their shape,
// and short.
Json text(std::string_view value) {
  std::string valid = codec::redacted(codec::valid_utf8(value.substr(0, kMaxTextBytes * 4)));
  if (valid.size() > kMaxTextBytes) {
    std::size_t end = kMaxTextBytes;
    while (end > 0 && (static_cast<unsigned char>(valid[end]) & 0xC0U) == 0x80U) --end;
    valid.resize(end);
    valid += "...";
  }
  return Json(std::move(valid));
}

// Numbers that may pass 2^53 are decimal text.
Json decimal(std::uint64_t value) { return Json(std::to_string(value)); }

template <class List, class Make>
Json listed(const List& list, const Make& make) {
  Json::Array out;
  for (const auto& item : list) {
    if (out.size() == kMaxListed) {
      out.push_back(text("and " + std::to_string(list.size() - kMaxListed) + " more"));
      break;
    }
    out.push_back(make(item));
  }
  return Json(std::move(out));
}

Json action_json(const model::Action& action, const Discloser& discloser) {
  Json out;
  out.set("kind", text(action.kind()));
  out.set("digest", discloser.digest("action.digest", as_bytes(action.canonical())));
  out.set("resource", text(action.resource()));
  const Json* program = action.arguments().find("program");
  if (program != nullptr && program->is_string()) out.set("program", text(program->as_string()));
  return out;
}

Json caller_json(const model::Session& session) {
  Json out;
  out.set("principal", text(session.agent.name));
  out.set("session", text(session.id));
  out.set("owner", text(session.owner.name));
  out.set("proof", Json("unix_user"));
  return out;
}

// `verdict`, `policy`, `kill_epoch`, `limits` and `degradations` of a body.
void set_judgement(Json& body, const model::Judgement& judgement) {
  Json verdict;
  verdict.set("decision", Json(model::name(judgement.decision)));
  // Without the sentences for people: they may quote what was asked for.
  verdict.set("reasons", listed(judgement.reasons, [](const model::Reason& reason) {
                Json each;
                each.set("code", text(reason.code));
                each.set("decision", Json(model::name(reason.decision)));
                if (!reason.rule.empty()) each.set("rule", text(reason.rule));
                return each;
              }));
  verdict.set("level", Json(model::number(judgement.level)));
  verdict.set("required_level", Json(model::number(judgement.required)));
  body.set("verdict", std::move(verdict));
  Json policy;
  policy.set("name", text(judgement.policy_name));
  policy.set("digest", Json(codec::to_hex(judgement.policy_digest)));
  if (judgement.project_digest)
    policy.set("project", Json(codec::to_hex(*judgement.project_digest)));
  body.set("policy", std::move(policy));
  body.set("kill_epoch", decimal(judgement.kill_epoch));
  Json::Object limits;
  for (std::size_t i = 0; i < model::kLimitKinds; ++i) {
    const auto kind = static_cast<model::LimitKind>(i);
    if (const auto& value = judgement.limits[kind]) {
      limits.emplace_back(std::string(model::name(kind)), decimal(*value));
    }
  }
  body.set("limits", Json(std::move(limits)));
  body.set("degradations", listed(judgement.degradations, text));
  // Of the ask whose yes allowed it: its `ask` and `answer` entries bear the same id.
  if (!judgement.approval.empty()) body.set("approval_id", text(judgement.approval));
}

Json intent_json(const model::IntentId& intent) {
  return merkle::to_json(merkle::IntentRef{intent.index, intent.leaf_hash});
}

// Paths as digests only: names of the disk stay out of leaves.
Json grants_json(const std::vector<model::LiveGrant>& grants, const Discloser& discloser) {
  Json::Array out;
  for (const auto& grant : grants) {
    if (out.size() == kMaxListed) break;
    const std::string place = "grants." + std::to_string(out.size());
    const auto digest = [&](const char* member, const std::string& path) {
      const std::string canonical = codec::canonical_json(Json(codec::valid_utf8(path)));
      return discloser.digest(place + member, as_bytes(canonical));
    };
    Json each;
    each.set("act", Json("file.read"));
    each.set("decision", Json(grant.granted ? "granted" : "denied"));
    each.set("reason_code", text(grant.reason_code));
    if (!grant.rule.empty()) each.set("rule", text(grant.rule));
    each.set("uses", decimal(grant.uses));
    each.set("path", digest(".path", grant.path));
    if (!grant.file.empty()) each.set("file", digest(".file", grant.file));
    out.push_back(std::move(each));
  }
  return Json(std::move(out));
}

}  // namespace

Json Discloser::digest(std::string_view member, ByteView payload) const {
  const auto salt = merkle::salt_for(key_, nonce_, member);
  return Json(codec::to_hex(merkle::salted_digest(salt, payload)));
}

Json intent_body(const model::Permit& permit, const Discloser& discloser) {
  const auto& verdict = permit.verdict();
  Json body;
  body.set("action", action_json(permit.action(), discloser));
  body.set("caller", caller_json(verdict.caller().session()));
  set_judgement(body, verdict.judgement());
  body.set("start_by",
           decimal(static_cast<std::uint64_t>(std::max<std::int64_t>(0, permit.start_by().ns))));
  return body;
}

Json outcome_body(const model::Outcome& outcome, const Discloser& discloser) {
  const auto& evidence = outcome.evidence();
  Json body;
  body.set("intent", intent_json(outcome.intent()));
  body.set("status", Json(model::name(outcome.status())));
  body.set("reason_code", text(outcome.reason_code()));
  body.set("exit_code", Json(evidence.exit_code));
  body.set("signal", Json(evidence.signal));
  body.set("layers", listed(evidence.layers, [](const model::LayerReport& layer) {
             Json each;
             each.set("name", text(layer.name));
             each.set("state", Json(model::name(layer.state)));
             each.set("detail", text(layer.detail));
             return each;
           }));
  body.set("limits", listed(evidence.limits,
                            [](const model::LimitReport& limit) { return model::to_json(limit); }));
  body.set("streams", listed(evidence.streams, [&](const model::StreamReport& stream) {
             Json each;
             each.set("name", text(stream.name));
             each.set("bytes", decimal(stream.bytes));
             each.set("digest",
                      discloser.digest("streams." + stream.name + ".digest", stream.digest));
             return each;
           }));
  body.set("degradations", listed(evidence.degradations, text));
  body.set("notes", listed(evidence.notes, text));
  body.set("started", decimal(evidence.started_mono_ns));
  body.set("ended", decimal(evidence.ended_mono_ns));
  body.set("leftover_processes", decimal(evidence.leftover_processes));
  // Said, so that nobody takes silence for "none": the workspace is written directly, and what
  // was opened is no event unless it was refused.
  body.set("files_read", Json("not_observed"));
  body.set("files_written", Json("not_observed"));
  if (!evidence.grants.empty() || evidence.grants_uncounted > 0) {
    body.set("grants", grants_json(evidence.grants, discloser));
    body.set("grants_uncounted", decimal(evidence.grants_uncounted));
  }
  if (evidence.extra.is_object()) {
    const std::string canonical = codec::canonical_json(evidence.extra);
    if (canonical.size() <= kMaxExtraBytes) {
      body.set("extra", codec::redacted_strings(evidence.extra));
    } else {
      body.set("extra_digest", discloser.digest("extra", as_bytes(canonical)));
    }
  }
  return body;
}

Json refusal_body(const model::Refusal& refusal, const Discloser& discloser) {
  const auto& caller = refusal.verdict.caller();
  Json body;
  body.set("action", action_json(caller.request().action(), discloser));
  body.set("caller", caller_json(caller.session()));
  set_judgement(body, refusal.verdict.judgement());
  Json denial;
  denial.set("decision", Json(model::name(refusal.denial.decision)));
  denial.set("reason_code", text(refusal.denial.reason_code));
  denial.set("phase", text(refusal.denial.phase));
  denial.set("rule", text(refusal.denial.rule));
  denial.set("terminal", Json(refusal.denial.terminal));
  denial.set("retryable", Json(refusal.denial.retryable));
  denial.set("correlation_id", text(refusal.denial.correlation_id));
  denial.set("tags", listed(refusal.denial.tags, text));
  body.set("denial", std::move(denial));
  return body;
}

Json abandoned_body(const model::Abandoned& abandoned, const Discloser& discloser) {
  Json body;
  if (abandoned.intent) body.set("intent", intent_json(*abandoned.intent));
  // The action itself is gone with its permit: its own digest is what is bound.
  Json action;
  action.set("digest", discloser.digest("action.digest", abandoned.action.bytes));
  body.set("action", std::move(action));
  return body;
}

Json interrupted_body(const model::IntentId& intent) {
  Json body;
  body.set("intent", intent_json(intent));
  body.set("found", Json("nobody holds its run"));
  return body;
}

}  // namespace bailey::ledger
