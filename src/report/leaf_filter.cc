#include "report/leaf_filter.h"

namespace bailey::report {
namespace {

using codec::Json;

constexpr std::uint8_t bit(SearchField field) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(field));
}

const Json* member(const Json& from, std::initializer_list<std::string_view> path) {
  const Json* at = &from;
  for (const auto name : path) {
    at = at->find(name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

// "process" is every kind of process; a folder is what lies beneath it.
bool is_or_beneath(const std::string& text, const std::string& wanted, char between) {
  if (text == wanted) return true;
  return text.size() > wanted.size() && text.starts_with(wanted) &&
         (wanted.ends_with(between) || text[wanted.size()] == between);
}

}  // namespace

LeafFilter::LeafFilter(LeafQuestion question, IsDigestOf is_digest_of)
    : question_(std::move(question)), is_digest_of_(std::move(is_digest_of)) {
  for (std::size_t i = 0; i < kSearchFields; ++i) {
    if (question_.wanted[i]) asked_ |= bit(static_cast<SearchField>(i));
  }
}

bool LeafFilter::fits(SearchField field, const std::string& text) const {
  const auto& wanted = question_.wanted[static_cast<std::size_t>(field)];
  if (!wanted) return false;
  switch (field) {
    case SearchField::kAction:
      return is_or_beneath(text, *wanted, '.');
    case SearchField::kPath:
      return is_or_beneath(text, *wanted, '/');
    case SearchField::kHost:
      // "example.org" is also "example.org:443".
      return is_or_beneath(text, *wanted, ':');
    case SearchField::kDecision:
      return text == *wanted || (*wanted == "deny" && text == "denied") ||
             (*wanted == "allow" && text == "granted");
    case SearchField::kSession:
    case SearchField::kActor:
      break;
  }
  return text == *wanted;
}

void LeafFilter::found(SearchField field, bool fits) {
  placed_ |= bit(field);
  if (fits) met_ |= bit(field);
}

void LeafFilter::look_at_text(SearchField field, const Json* value) {
  if (value == nullptr || !value->is_string()) return;
  found(field, fits(field, value->as_string()));
}

// Files that were asked for while a program ran: the paths are digests.
void LeafFilter::look_at_grants(const merkle::LeafEnvelope& leaf) {
  const Json* grants = leaf.body.find("grants");
  if (grants == nullptr || !grants->is_array()) return;
  const auto& wanted = question_.wanted[static_cast<std::size_t>(SearchField::kPath)];
  for (std::size_t i = 0; i < grants->as_array().size(); ++i) {
    const Json& grant = grants->as_array()[i];
    look_at_text(SearchField::kDecision, grant.find("decision"));
    for (const char* name : {"path", "file"}) {
      const Json* digest = grant.find(name);
      if (digest == nullptr || !digest->is_string()) continue;
      const std::string place = "grants." + std::to_string(i) + "." + name;
      found(SearchField::kPath, wanted && is_digest_of_(leaf, place, digest->as_string(), *wanted));
    }
  }
}

void LeafFilter::look_at_events(const Json& body) {
  const Json* events = body.find("events");
  if (events == nullptr || !events->is_array()) return;
  for (const auto& event : events->as_array()) {
    const Json* object = event.find("object");
    const Json* kind = event.find("kind");
    if (object == nullptr || !object->is_string() || kind == nullptr || !kind->is_string())
      continue;
    const bool network = kind->as_string() == "connect" || kind->as_string() == "bind";
    look_at_text(network ? SearchField::kHost : SearchField::kPath, object);
  }
}

void LeafFilter::look(const merkle::LeafEnvelope& leaf) {
  const Json& body = leaf.body;
  met_ = placed_ = 0;
  look_at_text(SearchField::kSession, member(body, {"caller", "session"}));
  look_at_text(SearchField::kActor, member(body, {"caller", "principal"}));
  look_at_text(SearchField::kActor, member(body, {"caller", "owner"}));
  look_at_text(SearchField::kActor, member(body, {"by", "principal"}));
  look_at_text(SearchField::kAction, member(body, {"action", "kind"}));
  look_at_text(SearchField::kDecision, member(body, {"verdict", "decision"}));
  look_at_text(SearchField::kDecision, member(body, {"denial", "decision"}));
  look_at_text(SearchField::kDecision, body.find("decision"));
  look_at_text(SearchField::kPath, member(body, {"action", "resource"}));
  look_at_text(SearchField::kPath, member(body, {"action", "program"}));
  look_at_text(SearchField::kHost, member(body, {"action", "host"}));
  look_at_grants(leaf);
  look_at_events(body);
  for (std::size_t i = 0; i < kSearchFields; ++i) {
    if ((placed_ & bit(static_cast<SearchField>(i))) != 0) ++places_[i];
  }
}

bool LeafFilter::matches(const merkle::LeafEnvelope& leaf) {
  look(leaf);
  std::uint8_t met = met_;
  if (const auto intent = merkle::intent_of(leaf); intent && *intent) {
    if (const auto open = open_.find((*intent)->index); open != open_.end()) {
      met |= open->second;
      if (merkle::closes_intent(leaf.type)) open_.erase(open);
    }
  }
  if (leaf.type == merkle::LeafType::kIntent && met != 0) open_.emplace(leaf.index, met);
  if (question_.since_ns && leaf.time.unix_ns < *question_.since_ns) return false;
  if (question_.until_ns && leaf.time.unix_ns >= *question_.until_ns) return false;
  return (met & asked_) == asked_;
}

}  // namespace bailey::report
