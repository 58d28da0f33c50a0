#include "cli/household.h"

#include "cli/home_path.h"
#include "cli/key_lines.h"
#include "codec/text.h"
#include "policy/defaults.h"
#include "store/key_files.h"
#include "store/policy_folder.h"

namespace bailey::cli {
namespace {

void say(Outside& outside, const std::string& text) {
  outside.write(Stream::kErr, "bailey: " + codec::for_terminal(text) + "\n");
}

}  // namespace

struct Household::Parts {
  Parts(Outside& world, store::Home opened)
      : outside(world),
        home(std::move(opened)),
        kill_switch(home.dir(), world.environment("BAILEY_ENABLE")) {}

  Outside& outside;
  store::Home home;
  gate::KillSwitch kill_switch;
  std::optional<crypto::SealKey> disclosure;
  std::unique_ptr<ledger::Ledger> ledger;

  Result<crypto::SigningKey> signing_key(store::KeyUse use) {
    auto file = BAILEY_TRY(store::signing_key(home, use, outside.entropy()));
    if (file.made == store::Made::kNow)
      say(outside, "made the key '" + std::string(store::name(use)) + "' in " + home.path());
    return std::move(file.key);
  }
};

Household::Household(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Household::~Household() = default;

Result<std::unique_ptr<Household>> Household::open(Outside& outside, Make make,
                                                   store::HomeUse use) {
  const std::string path = BAILEY_TRY(home_path(outside));
  auto dir = outside.open_directory(path, make);
  if (!dir && make == Make::kNo)
    return fail("home.missing", "there is no home at " + path,
                "bailey init makes one; BAILEY_HOME says where");
  if (!dir) return std::unexpected(std::move(dir).error());
  auto home =
      BAILEY_TRY(store::Home::open(*std::move(dir), path, outside.uid(), use, outside.clock()));
  if (home.freshness() == store::Freshness::kFresh) say(outside, "made a new home in " + path);
  return std::unique_ptr<Household>(
      new Household(std::make_unique<Parts>(outside, std::move(home))));
}

const store::Home& Household::home() const { return parts_->home; }
const gate::KillSwitch& Household::kill_switch() const { return parts_->kill_switch; }

Result<const crypto::SealKey*> Household::disclosure() {
  if (!parts_->disclosure)
    parts_->disclosure.emplace(
        BAILEY_TRY(store::disclosure_key(parts_->home, parts_->outside.entropy())).key);
  return &*parts_->disclosure;
}

Status Household::make_keys() {
  for (const auto use :
       {store::KeyUse::kLedger, store::KeyUse::kReceipts, store::KeyUse::kApproval})
    BAILEY_TRY(parts_->signing_key(use));
  BAILEY_TRY(disclosure());
  return {};
}

Result<ledger::Ledger*> Household::ledger() {
  Parts& parts = *parts_;
  if (parts.ledger) return parts.ledger.get();
  auto log_key = BAILEY_TRY(parts.signing_key(store::KeyUse::kLedger));
  auto origin = ledger_origin(log_key.public_key());
  auto receipts_key = BAILEY_TRY(parts.signing_key(store::KeyUse::kReceipts));
  auto disclosure_key = BAILEY_TRY(store::disclosure_key(parts.home, parts.outside.entropy()));
  ledger::LedgerKeys keys{std::move(origin), std::move(log_key), std::move(receipts_key),
                          std::move(disclosure_key).key};
  auto directory = BAILEY_TRY(parts.home.dir().make_dir(RelPath::known("ledger")));
  ledger::OpenReport report;
  parts.ledger =
      BAILEY_TRY(ledger::Ledger::open(std::move(directory), std::move(keys), parts.outside.clock(),
                                      parts.outside.entropy(), report));
  if (report.cut_bytes > 0)
    say(parts.outside, "the ledger ended in " + std::to_string(report.cut_bytes) +
                           " unfinished bytes of an entry nobody was told of; they were cut");
  const auto recovered = BAILEY_TRY(parts.ledger->recover());
  if (!recovered.interrupted.empty())
    say(parts.outside, std::to_string(recovered.interrupted.size()) +
                           " earlier runs had no recorded end; they are recorded as interrupted");
  return parts.ledger.get();
}

bool Household::has_ledger() const { return parts_->ledger != nullptr; }

Result<store::CachedPolicy> Household::policy_from(const policy::PolicySource& source,
                                                   const Project& project) {
  return store::compiled(parts_->home, source, project);
}

Result<store::CachedPolicy> Household::policy(const Project& project) {
  const auto name = RelPath::known(kPolicyFile);
  const store::PolicyFolder folder(BAILEY_TRY(parts_->home.dir().duplicate()),
                                   parts_->home.owner());
  policy::PolicySource source{parts_->home.path() + "/" + name.text(), "", name.text(), &folder};
  auto text = folder.read(name.text());
  if (!text && text.error().code == "disk.missing") {
    source.text = policy::default_policy(model::Profile::kBalanced);
    BAILEY_TRY(parts_->home.dir().replace_file(name, as_bytes(source.text), Sync::kYes));
    say(parts_->outside, "wrote a first policy, balanced, to " + parts_->home.path() + "/" +
                             std::string(kPolicyFile));
    return policy_from(source, project);
  }
  source.text = BAILEY_TRY(std::move(text));
  return policy_from(source, project);
}

}  // namespace bailey::cli
