#include "cli/table.h"

#include <algorithm>
#include <array>

#include "cli/commands.h"
#include "codec/text.h"

namespace bailey::cli {
namespace {

constexpr OptionSpec kJson = {"--json", "", "print one JSON object instead of text", Arity::kFlag};
constexpr OptionSpec kReason = {"--reason", "TEXT", "why; kept in the ledger"};

constexpr std::array kRunOptions = {
    OptionSpec{"--policy", "FILE", "judge by this policy instead of the home's"},
    OptionSpec{"--profile", "NAME", "strict, balanced (default) or permissive"},
    OptionSpec{"--level", "N", "lower the session's level to 0, 10, 20, 30 or 40"},
    OptionSpec{"--workspace", "DIR", "the folder to work in (default: the current one)"},
    OptionSpec{"--read-only", "", "the workspace may be read only", Arity::kFlag},
    OptionSpec{"--observe", "", "tell which files were hidden or could not be opened",
               Arity::kFlag},
    OptionSpec{"--env", "NAME[=V]", "pass a variable, or set it; may be repeated", Arity::kMany},
    OptionSpec{"--time", "30s", "end the run after this much wall time"},
    OptionSpec{"--cpu-time", "30s", "end the run after this much CPU time"},
    OptionSpec{"--memory", "512M", "memory of all processes together"},
    OptionSpec{"--cpus", "1.5", "CPUs that may be used at once"},
    OptionSpec{"--processes", "64", "processes and threads at once"},
    OptionSpec{"--open-files", "1024", "open files of one process"},
    OptionSpec{"--disk", "1G", "bytes written to disk"},
    OptionSpec{"--output", "64M", "bytes of standard output and error together"},
    OptionSpec{"--net", "none", "the network; this build has none to give"},
    OptionSpec{"--interactive", "", "give the program a terminal of its own", Arity::kFlag},
    OptionSpec{"--receipt", "FILE", "write the receipt to this file"},
    OptionSpec{"--quiet", "", "no closing report when the program ends by itself", Arity::kFlag},
    OptionSpec{"--json", "", "print the report as one JSON object on standard error", Arity::kFlag},
};
constexpr std::array kLearnOptions = {
    OptionSpec{"--to", "FILE", "write the policy here (default: learned/ in the home)"},
    OptionSpec{"--merge", "FILE", "add to this policy, which was learned before"},
    OptionSpec{"--collapse", "", "join folders of which several files were used", Arity::kFlag},
    OptionSpec{"--dry-run", "", "print the policy and write nothing", Arity::kFlag},
    OptionSpec{"--policy", "FILE", "watch it under this policy instead of the home's"},
    OptionSpec{"--profile", "NAME", "strict, balanced (default) or permissive"},
    OptionSpec{"--level", "N", "lower the session's level to 0, 10, 20, 30 or 40"},
    OptionSpec{"--workspace", "DIR", "the folder to work in (default: the current one)"},
    OptionSpec{"--env", "NAME[=V]", "pass a variable, or set it; may be repeated", Arity::kMany},
    OptionSpec{"--time", "30s", "end the run after this much wall time"},
    OptionSpec{"--memory", "512M", "memory of all processes together"},
    OptionSpec{"--processes", "64", "processes and threads at once"},
    OptionSpec{"--interactive", "", "give the program a terminal of its own", Arity::kFlag},
    OptionSpec{"--receipt", "FILE", "write the receipt to this file"},
    OptionSpec{"--json", "", "print what was learned as one JSON object on standard error",
               Arity::kFlag},
};
constexpr std::array kJsonOnly = {kJson};
constexpr std::array kPolicyCheckOptions = {kJson};
constexpr std::array kPolicyShowOptions = {
    OptionSpec{"--profile", "NAME", "a built-in policy: base, strict, balanced or permissive"}};
constexpr OptionSpec kPolicy = {"--policy", "FILE", "this policy instead of the home's"};
constexpr OptionSpec kProfile = {"--profile", "NAME", "strict, balanced (default) or permissive"};
constexpr OptionSpec kWorkspace = {"--workspace", "DIR",
                                   "the folder to work in (default: the current one)"};
constexpr std::array kPolicyExplainOptions = {
    kPolicy,
    kProfile,
    kWorkspace,
    OptionSpec{"--level", "N", "as if the level were lowered to 0, 10, 20, 30 or 40"},
    OptionSpec{"--file", "PATH", "explain what may be done with a file"},
    OptionSpec{"--write", "", "with --file: change it instead of reading it", Arity::kFlag},
    OptionSpec{"--delete", "", "with --file: delete it", Arity::kFlag},
    OptionSpec{"--env", "NAME", "explain whether a variable is passed on"},
    kJson};
constexpr std::array kPolicyTestOptions = {
    OptionSpec{"--policy", "FILE", "test this policy instead of the one that a file names"},
    OptionSpec{"--workspace", "DIR", "the workspace of every case"}, kJson};
constexpr std::array kPolicyDiffOptions = {kJson};
constexpr std::array kPolicySuggestOptions = {
    OptionSpec{"--policy", "FILE", "stand on this policy instead of the home's"},
    OptionSpec{"--since", "2h", "denials of this much time only"},
    OptionSpec{"--session", "ID", "denials of one session only"}};
constexpr std::array kLevelSetOptions = {
    OptionSpec{"--for", "1h", "fall back to the policy's start level after this time (default 8h)"},
    kReason, kJson};
constexpr std::array kLevelResetOptions = {kReason, kJson};
constexpr std::array kKillOptions = {kReason, kJson};
constexpr std::array kApproveAnswerOptions = {kReason, kJson};
constexpr std::array kTailOptions = {
    OptionSpec{"--count", "N", "how many entries (default 20)"},
    OptionSpec{"--follow", "", "stay and print entries as they come", Arity::kFlag, 'f'}, kJson};
constexpr std::array kSearchOptions = {
    OptionSpec{"--since", "WHEN", "not before: 2h (ago), 2026-11-21 or 2026-11-21T08:41:00Z"},
    OptionSpec{"--until", "WHEN", "before this time"},
    OptionSpec{"--session", "ID", "of one session"},
    OptionSpec{"--actor", "NAME", "by this agent or person"},
    OptionSpec{"--action", "KIND", "process.run; process is every kind of it"},
    OptionSpec{"--decision", "WORD", "allow, deny or ask; granted, denied or expired"},
    OptionSpec{"--path", "PATH", "about this file, or what lies beneath it where paths are kept"},
    OptionSpec{"--host", "HOST", "about this host, with or without its port"},
    OptionSpec{"--limit", "N", "stop after so many"},
    kJson};
constexpr std::array kVerifyOptions = {
    OptionSpec{"--from", "FILE", "only what came after this signed checkpoint"}, kJson};
constexpr std::array kFsckOptions = {
    OptionSpec{"--repair", "", "cut an end nobody was told of, write derived files anew",
               Arity::kFlag},
    kJson};
constexpr std::array kProveOptions = {
    OptionSpec{"--receipt", "FILE", "write the proof to this file instead of standard output"},
    OptionSpec{"--entry", "FILE", "write the entry itself to this file, byte for byte"},
    OptionSpec{"--cosigned", "", "under the checkpoint that witnesses cosigned last",
               Arity::kFlag}};
constexpr std::array kExportOptions = {
    OptionSpec{"--format", "NAME", "jsonl (default), csv, intoto or evidence"},
    OptionSpec{"--from", "N", "first entry (default 0)"},
    OptionSpec{"--to", "N", "last entry (default: the newest)"},
    OptionSpec{"--session", "ID", "only entries of this session"},
    OptionSpec{"--out", "PATH",
               "a file instead of standard output; for evidence a new or empty folder"}};
constexpr std::array kPruneOptions = {
    OptionSpec{"--older-than", "TIME", "age of what is forgotten: 90d, 12h"},
    OptionSpec{"--dry-run", "", "only tell how much it would be", Arity::kFlag}, kReason, kJson};
constexpr std::array kMetricsOptions = {
    OptionSpec{"--verify", "", "verify the whole ledger too", Arity::kFlag},
    OptionSpec{"--out", "FILE", "write to this file instead of standard output"}};
constexpr OptionSpec kPassphraseFile = {"--passphrase-file", "FILE",
                                        "seal the key under the passphrase in this file"};
constexpr OptionSpec kPassphrase = {
    "--passphrase", "", "seal the key under a passphrase typed at the terminal", Arity::kFlag};
constexpr OptionSpec kToken = {"--token", "MODULE", "make the key in a PKCS#11 token"};
constexpr OptionSpec kLabel = {"--label", "TEXT", "with --token: the key's label in the token"};
constexpr OptionSpec kPinFile = {"--pin-file", "FILE", "with --token: where its PIN is"};
constexpr std::array kKeyGenerateOptions = {kPassphraseFile, kPassphrase, kToken, kLabel,
                                            kPinFile,        kReason,     kJson};
constexpr std::array kKeyRotateOptions = {
    OptionSpec{"--overlap", "7d", "how long the old key goes on beside the new one; 0: not at all"},
    kPassphraseFile,
    kPassphrase,
    kToken,
    kLabel,
    kPinFile,
    kReason,
    kJson};
constexpr std::array kKeyRevokeOptions = {
    OptionSpec{"--entries", "N", "believe its signatures for the first N entries only"},
    kPassphraseFile,
    kPassphrase,
    kToken,
    kLabel,
    kPinFile,
    kReason,
    kJson};
constexpr std::array kKeyArchiveOptions = {kReason, kJson};
constexpr std::array kKeyImportOptions = {kPassphraseFile, kPassphrase, kReason, kJson};
constexpr std::array kKeyListOptions = {
    OptionSpec{"--all", "", "archived and revoked keys too", Arity::kFlag}, kJson};
constexpr std::array kKeyRecoverOptions = {
    OptionSpec{"--from", "DIR", "take keys that are missing from this folder"}, kJson};
constexpr std::array kKeyExportOptions = {
    OptionSpec{"--format", "NAME", "vkey (default), pem, history or secret"},
    OptionSpec{"--to", "FILE", "write to this file instead of standard output"}, kPassphraseFile,
    kPassphrase};
constexpr std::array kReAnchorOptions = {kReason, kJson};
constexpr std::array kWitnessOptions = {
    OptionSpec{"--name", "NAME", "add: what the policy calls it (default: from its key)"},
    OptionSpec{"--quorum", "K", "add: how many of them must cosign: a number, any or all"},
    OptionSpec{"--due", "", "submit: only when the last time was a minute ago", Arity::kFlag},
    kJson};
constexpr std::array kWitnessServeOptions = {
    OptionSpec{"--listen", "ADDR:PORT", "where to listen (default 127.0.0.1:7370)"},
    OptionSpec{"--state", "DIR", "the folder for its key and what it saw"},
    OptionSpec{"--log", "VKEY", "the public key of a log to watch; repeat it", Arity::kMany},
    OptionSpec{"--name", "NAME", "the name it cosigns with (default: from its key)"}};

const std::array kCommands = {
    Command{{"run", "Run a command in a cage and keep a signed receipt.", "", 0, 0,
             "  bailey run -- make test\n"
             "  bailey run --memory 512M --time 5m --receipt r.json -- ./build.sh\n"
             "  bailey run --profile strict --read-only -- git log",
             kRunOptions, Tail::kCommand},
            run_command},
    Command{{"learn", "Watch a command once and write the narrowest policy for it.", "", 0, 0,
             "  bailey learn -- make test\n"
             "  bailey learn --collapse --to make.yaml -- make test\n"
             "  bailey learn --merge make.yaml -- make install",
             kLearnOptions, Tail::kCommand},
            learn_command},
    Command{{"init", "Make the home: keys, ledger and a first policy.", "", 0, 0, "  bailey init",
             kJsonOnly},
            init_command},
    Command{{"policy check", "Read a policy strictly and say what is wrong or doubtful in it.",
             "[FILE]", 0, 1, "  bailey policy check\n  bailey policy check team.yaml",
             kPolicyCheckOptions},
            policy_check},
    Command{{"policy show", "Print the home's policy, or a built-in one to start from.", "", 0, 0,
             "  bailey policy show --profile strict > team.yaml", kPolicyShowOptions},
            policy_show},
    Command{{"policy explain",
             "Say what would be allowed, by which rule, and what would change it.", "", 0, 0,
             "  bailey policy explain -- git push origin main\n"
             "  bailey policy explain --policy team.yaml --file ~/.ssh/config\n"
             "  bailey policy explain --env GITHUB_TOKEN",
             kPolicyExplainOptions, Tail::kMaybeCommand},
            policy_explain},
    Command{{"policy test", "Check that a policy answers as the cases in files expect.",
             "FILE [FILE...]", 1, 1'000,
             "  bailey policy test cases.yaml\n"
             "  bailey policy test --policy builtin:strict cases.yaml",
             kPolicyTestOptions},
            policy_test},
    Command{
        {"policy diff", "Say what another policy would allow or refuse that the first does not.",
         "OLD NEW", 2, 2,
         "  bailey policy diff builtin:strict team.yaml\n"
         "  bailey policy diff old.yaml new.yaml --json",
         kPolicyDiffOptions},
        policy_diff},
    Command{{"policy suggest", "Propose the narrowest rules for what was denied.", "", 0, 0,
             "  bailey policy suggest --since 2h > suggested.yaml", kPolicySuggestOptions},
            policy_suggest},
    Command{{"level show", "Show the session level, its expiry and what each level allows.", "", 0,
             0, "  bailey level show", kJsonOnly},
            level_show},
    Command{
        {"level set", "Set the level that sessions start at, within the policy's bounds.", "N", 1,
         1, "  bailey level set 40 --for 1h --reason 'migrating the build'", kLevelSetOptions},
        level_set},
    Command{{"level reset", "Go back to the policy's start level.", "", 0, 0,
             "  bailey level reset", kLevelResetOptions},
            level_reset},
    Command{{"kill on", "Halt everything now; waits for nothing.", "", 0, 0,
             "  bailey kill on --reason 'odd traffic'", kKillOptions},
            kill_on},
    Command{{"kill off", "Lift the halt; recorded in the ledger first.", "", 0, 0,
             "  bailey kill off --reason 'looked into it'", kKillOptions},
            kill_off},
    Command{{"kill status", "Say whether Bailey is halted, since when and why.", "", 0, 0,
             "  bailey kill status", kJsonOnly},
            kill_status},
    Command{{"approve list", "List what waits for an answer.", "", 0, 0, "  bailey approve list",
             kJsonOnly},
            approve_list},
    Command{{"approve show", "Show one ask: what, why, for whom, until when.", "ID", 1, 1,
             "  bailey approve show 3f2a9c0d51e7b846", kJsonOnly},
            approve_show},
    Command{{"approve grant", "Allow one ask once.", "ID", 1, 1,
             "  bailey approve grant 3f2a9c0d51e7b846 --reason 'looked at the script'",
             kApproveAnswerOptions},
            approve_grant},
    Command{{"approve deny", "Refuse one ask.", "ID", 1, 1,
             "  bailey approve deny 3f2a9c0d51e7b846", kApproveAnswerOptions},
            approve_deny},
    Command{{"doctor", "Say which protective layers this machine gives, proven by a real cage.", "",
             0, 0, "  bailey doctor", kJsonOnly},
            doctor},
    Command{{"log tail", "Show the newest entries of the ledger.", "", 0, 0,
             "  bailey log tail --count 5\n  bailey log tail -f --json", kTailOptions},
            log_tail},
    Command{{"log search", "Show the entries that answer a question.", "", 0, 0,
             "  bailey log search --since 2h --decision deny\n"
             "  bailey log search --session 3f2a9c0d51e7b846 --json",
             kSearchOptions},
            log_search},
    Command{{"log show", "Show one entry whole.", "INDEX", 1, 1, "  bailey log show 12", kJsonOnly},
            log_show},
    Command{{"log verify", "Check the whole ledger: leaves, tree, tiles, signatures; or a receipt.",
             "[RECEIPT]", 0, 1,
             "  bailey log verify\n"
             "  bailey log verify --from monday.checkpoint\n"
             "  bailey log verify r.json",
             kVerifyOptions},
            log_verify},
    Command{{"log fsck", "Look for damage, also when the ledger does not open; changes nothing.",
             "", 0, 0, "  bailey log fsck\n  bailey log fsck --repair", kFsckOptions},
            log_fsck},
    Command{{"log prove", "Write an inclusion proof of one entry (c2sp.org/tlog-proof).", "INDEX",
             1, 1, "  bailey log prove 12 --receipt 12.tlog-proof --entry 12.entry", kProveOptions},
            log_prove},
    Command{{"log checkpoint",
             "Publish and print the signed checkpoint of the ledger.",
             "",
             0,
             0,
             "  bailey log checkpoint",
             {}},
            log_checkpoint},
    Command{{"log export",
             "Write entries for other tools: JSON Lines, CSV, in-toto attestations, evidence.", "",
             0, 0,
             "  bailey log export --out ledger.jsonl\n"
             "  bailey log export --format csv --from 100 --to 199\n"
             "  bailey log export --format intoto --out actions.intoto.jsonl\n"
             "  bailey log export --format evidence --session 3f2a --out evidence/",
             kExportOptions},
            log_export},
    Command{{"log prune", "Forget what was asked for in old denials; entries and proofs stay.", "",
             0, 0,
             "  bailey log prune --older-than 90d --dry-run\n"
             "  bailey log prune --older-than 90d --reason 'our retention'",
             kPruneOptions},
            log_prune},
    Command{{"log metrics", "Print the ledger's state for Prometheus.", "", 0, 0,
             "  bailey log metrics --out /var/lib/node_exporter/bailey.prom", kMetricsOptions},
            log_metrics},
    Command{{"log witness",
             "Whom the ledger asks to cosign: add URL VKEY, remove NAME, list, status, submit.",
             "ACTION [WORD] [WORD]", 1, 3,
             "  bailey log witness add http://127.0.0.1:7370 VKEY\n"
             "  bailey log witness submit\n"
             "  bailey log witness status",
             kWitnessOptions},
            log_witness},
    Command{
        {"log re-anchor", "Go on after the ledger contradicted its past; recorded.", "", 0, 0,
         "  bailey log re-anchor --reason 'restored from the backup of Monday'", kReAnchorOptions},
        log_re_anchor},
    Command{{"witness serve", "Watch other logs: cosign what extends what was seen.", "", 0, 0,
             "  bailey witness serve --state DIR --log VKEY", kWitnessServeOptions},
            witness_serve},
    Command{{"key generate", "Make the keys that are missing, or one of a role.", "[ROLE]", 0, 1,
             "  bailey key generate\n"
             "  bailey key generate skill --passphrase\n"
             "  bailey key generate change --token /usr/lib/softhsm/libsofthsm2.so \\\n"
             "      --label change --pin-file pin",
             kKeyGenerateOptions},
            key_generate},
    Command{{"key list", "List the keys with their roles and ids.", "", 0, 0,
             "  bailey key list\n  bailey key list --all", kKeyListOptions},
            key_list},
    Command{{"key show", "Show one key: state, times, where it is kept.", "KEY", 1, 1,
             "  bailey key show ledger", kJsonOnly},
            key_show},
    Command{
        {"key rotate", "Make the next key of a role; the old one is kept for good.", "ROLE", 1, 1,
         "  bailey key rotate ledger\n  bailey key rotate receipts --overlap 0", kKeyRotateOptions},
        key_rotate},
    Command{{"key revoke", "End a key that others may hold. A key in force gets a successor.",
             "KEY", 1, 1,
             "  bailey key revoke ledger --reason 'the laptop was stolen'\n"
             "  bailey key revoke 5f1c02aa --entries 1200 --reason 'found in a backup'",
             kKeyRevokeOptions},
            key_revoke},
    Command{{"key archive", "End keys whose overlap is over, or one by its id.", "[KEY]", 0, 1,
             "  bailey key archive", kKeyArchiveOptions},
            key_archive},
    Command{
        {"key export", "Print a public key, the key history, or save a secret key.", "KEY", 1, 1,
         "  bailey key export ledger > ledger.vkey\n"
         "  bailey key export receipts --format pem\n"
         "  bailey key export ledger --format history --to keys.json\n"
         "  bailey key export ledger --format secret --to ledger.key --passphrase",
         kKeyExportOptions},
        key_export},
    Command{{"key import", "Take a key from a file: the role's next one.", "ROLE FILE", 2, 2,
             "  openssl genpkey -algorithm ed25519 -out k.pem\n"
             "  bailey key import receipts k.pem",
             kKeyImportOptions},
            key_import},
    Command{{"key recover", "Finish a change that was cut off; put lost key files back.", "", 0, 0,
             "  bailey key recover\n  bailey key recover --from /media/backup/keys",
             kKeyRecoverOptions},
            key_recover},
    Command{{"version", "Print the version and what it was built from.", "", 0, 0,
             "  bailey version --json", kJsonOnly},
            version_command},
};

std::string noun_of(std::string_view path) { return std::string(path.substr(0, path.find(' '))); }

std::string overview() {
  std::string text =
      "Usage: bailey COMMAND [ARGUMENT...]\n\n"
      "Bailey gives AI agents real work without giving them the machine: it judges a\n"
      "command, runs it in a cage and keeps a receipt that anybody can check.\n\nCommands:\n";
  std::size_t width = 0;
  for (const auto& command : kCommands) width = std::max(width, command.spec.path.size());
  for (const auto& command : kCommands) {
    std::string left(command.spec.path);
    left.resize(width, ' ');
    text += "  " + left + "  " + std::string(command.spec.summary) + "\n";
  }
  text +=
      "\n'bailey COMMAND --help' shows one with an example. Begin with 'bailey run -- make "
      "test'.\n";
  return text;
}

// The commands of one noun: "bailey log --help".
std::string noun_help(const std::string& noun) {
  std::string text = "Usage: bailey " + noun + " VERB [ARGUMENT...]\n\nVerbs:\n";
  for (const auto& command : kCommands)
    if (noun_of(command.spec.path) == noun)
      text += "  " + std::string(command.spec.path) + "\n      " +
              std::string(command.spec.summary) + "\n";
  return text;
}

const Command* find(std::string_view path) {
  const auto found = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& command) {
    return command.spec.path == path;
  });
  return found == kCommands.end() ? nullptr : &*found;
}

bool is_help(std::string_view word) { return word == "--help" || word == "-h" || word == "help"; }

int usage_code(const CommandSpec& spec) { return spec.path == "run" ? kRunUsage : kUsage; }

int invoke(Outside& outside, const Command& command, std::span<const std::string> arguments) {
  auto parsed = parse(command.spec, arguments);
  if (!parsed) {
    tell(outside, parsed.error());
    return usage_code(command.spec);
  }
  if (parsed->wants_help()) {
    outside.write(Stream::kOut, help_text(command.spec));
    return kDone;
  }
  Invocation in{outside, command.spec, *std::move(parsed)};
  return command.function(in);
}

int unknown(Outside& outside, const std::string& words) {
  tell(outside, Error{"usage", "there is no command '" + codec::for_terminal(words, 200) + "'",
                      "bailey --help lists the commands"});
  return kUsage;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

void tell(Outside& outside, const Error& error) {
  std::string text = "bailey: " + codec::for_terminal(error.message) + "\n";
  if (!error.hint.empty()) text += "bailey:   try: " + codec::for_terminal(error.hint) + "\n";
  outside.write(Stream::kErr, text);
}

int run(Outside& outside, std::span<const std::string> arguments) {
  if (arguments.empty()) {
    outside.write(Stream::kErr, overview());
    return kUsage;
  }
  if (is_help(arguments[0])) {
    outside.write(Stream::kOut, overview());
    return kDone;
  }
  if (arguments[0] == "--version") {
    const std::vector<std::string> none;
    return invoke(outside, *find("version"), none);
  }
  if (const Command* command = find(arguments[0]))
    return invoke(outside, *command, arguments.subspan(1));

  const bool is_noun = std::any_of(kCommands.begin(), kCommands.end(), [&](const Command& command) {
    return noun_of(command.spec.path) == arguments[0];
  });
  if (!is_noun) return unknown(outside, arguments[0]);
  if (arguments.size() == 1 || is_help(arguments[1])) {
    outside.write(arguments.size() == 1 ? Stream::kErr : Stream::kOut, noun_help(arguments[0]));
    return arguments.size() == 1 ? kUsage : kDone;
  }
  const std::string path = arguments[0] + " " + arguments[1];
  const Command* command = find(path);
  if (command == nullptr) return unknown(outside, path);
  return invoke(outside, *command, arguments.subspan(2));
}

}  // namespace bailey::cli
