#include "cli/commands.h"
#include "cli/household.h"
#include "cli/json_line.h"
#include "cli/key_lines.h"

namespace bailey::cli {

int init_command(Invocation& in) {
  auto household = Household::open(in.outside, Make::kYes);
  if (!household) {
    tell(in.outside, household.error());
    return kError;
  }
  auto made = (*household)->make_keys();
  if (made) {
    const auto policy = (*household)->policy();
    if (!policy) made = std::unexpected(policy.error());
  }
  if (made) {
    // Opening makes the journal: the first run then finds everything in its place.
    const auto ledger = (*household)->ledger();
    if (!ledger) made = std::unexpected(ledger.error());
  }
  if (!made) {
    tell(in.outside, made.error());
    return kError;
  }
  const auto keys = store::read_key_ring((*household)->home());
  if (!keys) {
    tell(in.outside, keys.error());
    return kError;
  }
  if (in.arguments.flag("--json")) {
    codec::Json json{codec::Json::Object{}};
    json.set("v", 1);
    json.set("home", codec::valid_utf8((*household)->home().path()));
    json.set("keys", key_lines_json(*keys));
    in.outside.write(Stream::kOut, json_line(json));
    return kDone;
  }
  in.outside.write(Stream::kOut, "The home is ready: " + (*household)->home().path() + "\n" +
                                     key_lines_text(*keys) +
                                     "\nNext: bailey doctor, then bailey run -- make test\n");
  return kDone;
}

}  // namespace bailey::cli
