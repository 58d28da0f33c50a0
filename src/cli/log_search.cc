// `bailey log search`: entries by time, session, actor, action, decision, path and host.
//
// Streams: entries come one by one from the journal and go to standard output as they match.
// What a program touched is in the ledger as salted digests; the home holds the key that they
// were made with, so a path that is asked for by its exact name is found among them.
#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "codec/text.h"
#include "merkle/rfc3339.h"
#include "policy/units.h"
#include "report/leaf_filter.h"
#include "report/leaf_view.h"

namespace bailey::cli {
namespace {

using codec::Json;
using report::SearchField;

constexpr std::uint64_t kLookUpEvery = 1024;  // entries between looks at signals and reader
constexpr std::string_view kEnough = "search.enough";

constexpr struct {
  SearchField field;
  const char* option;
  const char* what;
} kFields[] = {
    {SearchField::kSession, "--session", "sessions"},
    {SearchField::kActor, "--actor", "names of who acted"},
    {SearchField::kAction, "--action", "kinds of action"},
    {SearchField::kDecision, "--decision", "decisions"},
    {SearchField::kPath, "--path", "paths, nor digests of any"},
    {SearchField::kHost, "--host", "hosts: what a program said to others is no part of an entry"},
};

// "2h" is two hours ago; otherwise a day, or a time in UTC.
Result<std::int64_t> moment(const std::string& text, const char* option, const Clock& clock) {
  if (const auto span = policy::parse_duration(text)) return clock.wall().unix_ns - *span;
  std::string whole = text;
  if (whole.size() == 10) whole += "T00:00:00Z";
  if (whole.size() == 20) whole.insert(19, ".000000000");
  const auto time = merkle::parse_rfc3339(whole);
  if (!time) {
    return fail("usage",
                std::string(option) + ": '" + codec::for_terminal(text, 100) + "' is no time",
                "write 2h, 7d, 2026-11-21 or 2026-11-21T08:41:00Z");
  }
  return time->unix_ns;
}

struct Search {
  report::LeafQuestion question;
  std::uint64_t limit = UINT64_MAX;
};

Result<Search> read_question(Invocation& in) {
  Search search;
  const Clock& clock = in.outside.clock();
  if (const auto since = in.arguments.value("--since"))
    search.question.since_ns = BAILEY_TRY(moment(*since, "--since", clock));
  if (const auto until = in.arguments.value("--until"))
    search.question.until_ns = BAILEY_TRY(moment(*until, "--until", clock));
  for (const auto& each : kFields) {
    auto value = in.arguments.value(each.option);
    if (value && value->empty())
      return fail("usage", std::string(each.option) + " is empty", "leave it out to ask nothing");
    search.question.wanted[static_cast<std::size_t>(each.field)] = std::move(value);
  }
  if (const auto limit = in.arguments.value("--limit")) {
    const auto count = policy::parse_count(*limit);
    if (!count) return fail("usage", "--limit is a whole number above zero");
    search.limit = *count;
  }
  return search;
}

// A filter that found nothing because entries have no place for it says so.
void say_what_was_missing(Invocation& in, const report::LeafQuestion& question,
                          const report::LeafFilter& filter, std::uint64_t read) {
  for (const auto& each : kFields) {
    if (!question.wanted[static_cast<std::size_t>(each.field)]) continue;
    if (filter.places(each.field) > 0) continue;
    tell(in.outside, Error{"search.nothing_to_look_at",
                           std::string(each.option) + " had nothing to look at: the " +
                               std::to_string(read) + " entries read hold no " + each.what,
                           {}});
  }
}

}  // namespace

int log_search(Invocation& in) {
  const auto failed = [&](const Error& error) {
    tell(in.outside, error);
    return error.code == "usage" ? kUsage : kError;
  };
  // Signals are waited for from here on, before anything is open.
  if (in.outside.pause_ms(0)) return kDone;
  const auto search = read_question(in);
  if (!search) return failed(search.error());
  const auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(household.error());
  const auto ledger = (*household)->ledger();
  if (!ledger) return failed(ledger.error());
  const auto disclosure = (*household)->disclosure();
  if (!disclosure) return failed(disclosure.error());

  report::LeafFilter filter(
      search->question, [&](const merkle::LeafEnvelope& leaf, const std::string& member,
                            const std::string& digest, const std::string& text) {
        const std::string canonical = codec::canonical_json(Json(codec::valid_utf8(text)));
        const auto salt = merkle::salt_for(**disclosure, leaf.nonce, member);
        return codec::to_hex(merkle::salted_digest(salt, as_bytes(canonical))) == digest;
      });
  const bool json = in.arguments.flag("--json");
  std::uint64_t read = 0;
  std::uint64_t matched = 0;
  const auto size = (*ledger)->size();
  if (!size) return failed(size.error());
  const auto done = (*ledger)->read(
      0, *size,
      [&](std::uint64_t, const merkle::LeafEnvelope& leaf, const merkle::Hash& hash) -> Status {
        if (++read % kLookUpEvery == 0 && in.outside.pause_ms(0)) return fail(kEnough, "");
        if (!filter.matches(leaf)) return {};
        in.outside.write(Stream::kOut, json ? json_line(report::leaf_json(leaf, hash))
                                            : report::leaf_line(leaf) + "\n");
        if (++matched == search->limit) return fail(kEnough, "");
        return {};
      });
  if (!done && done.error().code != kEnough) return failed(done.error());
  if (matched == 0) say_what_was_missing(in, search->question, filter, read);
  return kDone;
}

}  // namespace bailey::cli
