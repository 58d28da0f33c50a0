#include <algorithm>

#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/witness_round.h"
#include "codec/text.h"
#include "policy/units.h"
#include "report/leaf_view.h"

namespace bailey::cli {
namespace {

int failed(Invocation& in, const Error& error) {
  tell(in.outside, error);
  return kError;
}

struct Opened {
  std::unique_ptr<Household> household;
  ledger::Ledger* ledger = nullptr;
};

Result<Opened> open_ledger(Invocation& in) {
  Opened opened;
  opened.household = BAILEY_TRY(Household::open(in.outside, Make::kNo));
  opened.ledger = BAILEY_TRY(opened.household->ledger());
  return opened;
}

Result<std::uint64_t> number(const std::string& text, std::string_view what) {
  if (text == "0") return std::uint64_t{0};
  const auto value = policy::parse_count(text);
  if (!value) return fail("usage", std::string(what) + " is a whole number");
  return *value;
}

// Prints entries [first, last) as lines or as JSON Lines.
Status print(Invocation& in, ledger::Ledger& ledger, std::uint64_t first, std::uint64_t last) {
  const bool json = in.arguments.flag("--json");
  return ledger.read(
      first, last,
      [&](std::uint64_t, const merkle::LeafEnvelope& leaf, const merkle::Hash& hash) -> Status {
        in.outside.write(Stream::kOut, json ? json_line(report::leaf_json(leaf, hash))
                                            : report::leaf_line(leaf) + "\n");
        return {};
      });
}

// Follows the ledger until a signal, or the end of whoever reads what is printed.
Status follow(Invocation& in, ledger::Ledger& ledger, std::uint64_t from) {
  for (;;) {
    const auto size = BAILEY_TRY(ledger.size());
    if (size > from) {
      BAILEY_TRY(print(in, ledger, from, size));
      from = size;
    }
    if (in.outside.pause_ms(200)) return {};
  }
}

}  // namespace

int log_tail(Invocation& in) {
  const auto count = number(in.arguments.value("--count").value_or("20"), "--count");
  if (!count) {
    tell(in.outside, count.error());
    return kUsage;
  }
  // From here on a signal is waited for, before anything is open.
  if (in.arguments.flag("--follow") && in.outside.pause_ms(0)) return kDone;
  auto opened = open_ledger(in);
  if (!opened) return failed(in, opened.error());
  const auto size = opened->ledger->size();
  if (!size) return failed(in, size.error());
  auto printed = print(in, *opened->ledger, *size - std::min(*count, *size), *size);
  if (printed && in.arguments.flag("--follow")) printed = follow(in, *opened->ledger, *size);
  return printed ? kDone : failed(in, printed.error());
}

int log_show(Invocation& in) {
  const auto index = number(in.arguments.positionals().front(), "INDEX");
  if (!index) {
    tell(in.outside, index.error());
    return kUsage;
  }
  auto opened = open_ledger(in);
  if (!opened) return failed(in, opened.error());
  const auto size = opened->ledger->size();
  if (!size) return failed(in, size.error());
  if (*index >= *size)
    return failed(in, Error{"log.no_entry", "the ledger has " + std::to_string(*size) + " entries",
                            "bailey log tail shows the newest"});
  const auto shown = opened->ledger->read(
      *index, *index + 1,
      [&](std::uint64_t, const merkle::LeafEnvelope& leaf, const merkle::Hash& hash) -> Status {
        in.outside.write(Stream::kOut, in.arguments.flag("--json")
                                           ? json_line(report::leaf_json(leaf, hash))
                                           : report::leaf_page(leaf, hash));
        return {};
      });
  return shown ? kDone : failed(in, shown.error());
}

int log_prove(Invocation& in) {
  const auto index = number(in.arguments.positionals().front(), "INDEX");
  if (!index) {
    tell(in.outside, index.error());
    return kUsage;
  }
  auto opened = open_ledger(in);
  if (!opened) return failed(in, opened.error());
  const auto proof = [&]() -> Result<std::string> {
    if (!in.arguments.flag("--cosigned")) return opened->ledger->tlog_proof(*index);
    auto note = opened->ledger->log().dir().read_file(RelPath::known(kCosignedFile), 1U << 20);
    if (!note && note.error().code == "disk.missing")
      return fail("witness.none", "no witness has cosigned this log yet",
                  "bailey log witness submit");
    return opened->ledger->tlog_proof(*index, BAILEY_TRY(std::move(note)));
  }();
  if (!proof) return failed(in, proof.error());
  if (const auto to = in.arguments.value("--entry")) {
    const auto entry = opened->ledger->leaf(*index);
    if (!entry) return failed(in, entry.error());
    if (const auto written = in.outside.write_user_file(*to, as_text(*entry)); !written)
      return failed(in, written.error());
  }
  const auto written =
      in.outside.write_user_file(in.arguments.value("--receipt").value_or("-"), *proof);
  return written ? kDone : failed(in, written.error());
}

int log_checkpoint(Invocation& in) {
  auto opened = open_ledger(in);
  if (!opened) return failed(in, opened.error());
  if (const auto published = opened->ledger->publish(); !published)
    return failed(in, published.error());
  const auto note = opened->ledger->checkpoint();
  if (!note) return failed(in, note.error());
  in.outside.write(Stream::kOut, *note);
  // Whom the home asks for a cosignature hears of it at once; what they answer is for status.
  const auto folder = WitnessFolder::find(opened->household->home().dir());
  if (!folder) return failed(in, folder.error());
  if (!*folder) return kDone;
  const auto round = ask_witnesses(**folder, *opened->ledger, in.outside.clock());
  if (!round && round.error().code == "witness.none") return kDone;
  if (!round) {
    tell(in.outside, round.error());
    return kDone;
  }
  for (const auto& line : round->failed)
    in.outside.write(Stream::kErr, "bailey: " + codec::for_terminal(line, 500) + "\n");
  if (round->stopped.empty()) return kDone;
  tell(in.outside, Error{"ledger.forked", round->stopped, "bailey log witness status"});
  return kVerificationFailed;
}

}  // namespace bailey::cli
