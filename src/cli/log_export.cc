// bailey log export: entries for other people's tools.
#include <algorithm>
#include <map>

#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "codec/text.h"
#include "ledger/evidence_folder.h"
#include "ledger/selection.h"
#include "policy/units.h"
#include "report/leaf_csv.h"
#include "report/leaf_view.h"

namespace bailey::cli {
namespace {

using ledger::SelectedEntry;
using ledger::Selection;

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
constexpr std::int64_t kQuietNs = 1'000'000'000;  // before a bar is shown

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return error.code == "usage" ? kUsage : kError;
}

Result<std::optional<std::uint64_t>> index_option(Invocation& in, std::string_view name) {
  const auto text = in.arguments.value(name);
  if (!text) return std::optional<std::uint64_t>();
  if (*text == "0") return std::optional<std::uint64_t>(0);
  const auto value = policy::parse_count(*text);
  if (!value) {
    return fail("usage", std::string(name) + " is the number of an entry",
                name == "--to" ? "--out names the file to write to" : "");
  }
  return std::optional<std::uint64_t>(*value);
}

// What was asked for, cut to a log of `size` entries; nothing when that is nothing.
Result<std::optional<Selection>> selection(Invocation& in, std::uint64_t size) {
  const auto from = BAILEY_TRY(index_option(in, "--from"));
  const auto to = BAILEY_TRY(index_option(in, "--to"));
  if (from && to && *from > *to) return fail("usage", "--from is behind --to");
  Selection chosen;
  chosen.first = from.value_or(0);
  if (size == 0 || chosen.first >= size) return std::optional<Selection>();
  chosen.last = std::min(to.value_or(size - 1), size - 1);
  chosen.session = in.arguments.value("--session").value_or("");
  return std::optional<Selection>(chosen);
}

// Gathers lines into pieces of a sensible size.
class Pieces {
 public:
  explicit Pieces(const Outside::Write& write) : write_(write) {}
  Status add(std::string_view text) {
    gathered_ += text;
    return gathered_.size() < kPieceBytes ? Status() : end();
  }
  Status end() {
    const Status written = gathered_.empty() ? Status() : write_(gathered_);
    gathered_.clear();
    return written;
  }

 private:
  const Outside::Write& write_;
  std::string gathered_;
};

Status write_intoto(ledger::Ledger& ledger, const ledger::Head& head, const Selection& chosen,
                    Pieces& out) {
  std::map<std::string, merkle::SessionTally> tallies;
  const std::string origin = ledger.log().verifier().name();
  const Status visited = visit_selected(ledger, chosen, [&](const SelectedEntry& entry) -> Status {
    if (!merkle::closes_intent(entry.leaf.type)) return {};
    const auto statement = BAILEY_TRY(ledger::entry_statement(ledger, head, entry.leaf));
    if (!entry.session.empty()) {
      tallies.try_emplace(entry.session, origin, entry.session)
          .first->second.add(entry.hash, entry.leaf.type);
    }
    return out.add(BAILEY_TRY(ledger.attest(statement)) + "\n");
  });
  if (!visited) return visited;
  for (const auto& [session, tally] : tallies) {
    const auto statement = tally.statement(chosen.first, chosen.last);
    const auto envelope = BAILEY_TRY(ledger.attest(statement));
    BAILEY_TRY(out.add(envelope + "\n"));
  }
  return {};
}

Status write_lines(const std::string& format, ledger::Ledger& ledger, const ledger::Head& head,
                   const std::optional<Selection>& chosen, const Outside::Write& write) {
  Pieces out(write);
  if (format == "csv") BAILEY_TRY(out.add(report::csv_header()));
  if (chosen && format == "intoto") BAILEY_TRY(write_intoto(ledger, head, *chosen, out));
  if (chosen && format != "intoto") {
    BAILEY_TRY(visit_selected(ledger, *chosen, [&](const SelectedEntry& entry) {
      return out.add(format == "csv"
                         ? report::csv_row(entry.leaf, entry.hash, entry.intent, entry.session)
                         : json_line(report::leaf_json(entry.leaf, entry.hash)));
    }));
  }
  return out.end();
}

Result<Dir> evidence_folder(Invocation& in, const std::string& path) {
  const bool absolute = path.starts_with('/');
  const std::string base = absolute ? "" : BAILEY_TRY(in.outside.working_directory()) + "/";
  return in.outside.open_directory(base + path, Make::kYes);
}

int write_evidence(Invocation& in, ledger::Ledger& ledger, const ledger::Head& head,
                   const std::optional<Selection>& chosen) {
  const auto path = in.arguments.value("--out");
  if (!path || *path == "-") {
    return failed(in, Error{"usage", "evidence is a folder", "--out FOLDER names a new one"});
  }
  if (!chosen) {
    return failed(
        in, Error{"evidence.empty", "no entry was selected", "bailey log tail shows the newest"});
  }
  const auto folder = evidence_folder(in, *path);
  if (!folder) return failed(in, folder.error());
  const bool watched = in.outside.is_terminal(Stream::kErr);
  const std::int64_t begun = in.outside.clock().monotonic().ns;
  std::uint64_t shown = 0;
  const auto progress = [&](std::uint64_t done, std::uint64_t all) {
    const std::uint64_t percent = done * 100 / all;
    if (!watched || percent == shown || in.outside.clock().monotonic().ns - begun < kQuietNs) {
      return;
    }
    shown = percent;
    in.outside.write(Stream::kErr,
                     "\r" + std::to_string(percent) + " % of " + std::to_string(all) + " entries");
  };
  const auto written = ledger::write_evidence(ledger, head, *chosen, *folder, progress);
  if (shown > 0) in.outside.write(Stream::kErr, "\n");
  if (!written) return failed(in, written.error());
  in.outside.write(Stream::kOut, std::to_string(written->receipts) + " receipts and " +
                                     std::to_string(written->actions) + " attestations in " +
                                     codec::for_terminal(*path) + "; its README.md says how to " +
                                     "check them\n");
  return kDone;
}

}  // namespace

int log_export(Invocation& in) {
  const std::string format = in.arguments.value("--format").value_or("jsonl");
  if (format != "jsonl" && format != "csv" && format != "intoto" && format != "evidence") {
    return failed(in, Error{"usage", "--format: there is no such format",
                            "use jsonl, csv, intoto or evidence"});
  }
  // Wrong numbers are found before anything is opened.
  if (const auto asked = selection(in, 1); !asked) return failed(in, asked.error());
  const auto household = Household::open(in.outside, Make::kNo);
  if (!household) return failed(in, household.error());
  const auto ledger = (*household)->ledger();
  if (!ledger) return failed(in, ledger.error());
  const auto head = (*ledger)->head();
  if (!head) return failed(in, head.error());
  const auto chosen = selection(in, head->size);
  if (!chosen) return failed(in, chosen.error());
  if (format == "evidence") return write_evidence(in, **ledger, *head, *chosen);
  const auto written = in.outside.write_user_pieces(
      in.arguments.value("--out").value_or("-"), [&](const Outside::Write& write) {
        return write_lines(format, **ledger, *head, *chosen, write);
      });
  return written ? kDone : failed(in, written.error());
}

}  // namespace bailey::cli
