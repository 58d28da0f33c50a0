#include "cli/household.h"

#include "cli/home_path.h"
#include "cli/key_unlock.h"
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
  KeyUnlock unlock{outside};
  std::unique_ptr<ledger::Ledger> ledger;  // last: it asks for new keys

  // `fence` of the home, or the folder that the file `fence.path` names.
  Result<Dir> second_place() {
    auto named = home.dir().read_file(RelPath::known("fence.path"), 4096);
    if (!named && named.error().code == "disk.missing")
      return home.dir().make_dir(RelPath::known("fence"));
    if (!named) return std::unexpected(std::move(named).error());
    while (named->ends_with('\n')) named->pop_back();
    if (!named->starts_with('/') || named->find('\0') != std::string::npos)
      return fail("ledger.fence", "fence.path of the home names no absolute path",
                  "write the path of an existing folder into it, or remove it");
    return outside.open_directory(*named, Make::kNo);
  }

  // Makes the key, unless the home has one of that role in whatever form.
  Status make_key(store::KeyUse use) {
    if (BAILEY_TRY(home.dir().exists(RelPath::known("keys/keys.json")))) return {};
    if (BAILEY_TRY(
            home.dir().exists(RelPath::known("keys/" + std::string(store::name(use)) + ".pem"))))
      return {};
    BAILEY_TRY(first_signer(use));
    return {};
  }

  // Of a home whose keys were never changed: made when it is missing.
  Result<crypto::AnySigner> first_signer(store::KeyUse use) {
    auto file = store::signing_key(home, use, outside.entropy());
    if (!file && file.error().code == "key.syntax") {
      // No plain key: sealed, or in a token.
      const auto ring = BAILEY_TRY(store::read_key_ring(home));
      const auto role = merkle::key_role(store::name(use));
      const store::RingKey* key = role ? ring.in_force(*role) : nullptr;
      if (key != nullptr) return signer(ring, *key);
    }
    if (!file) return std::unexpected(std::move(file).error());
    if (file->made == store::Made::kNow)
      say(outside, "made the key '" + std::string(store::name(use)) + "' in " + home.path());
    return crypto::AnySigner(std::move(file->key));
  }

  Result<crypto::AnySigner> signer(const store::KeyRing& ring, const store::RingKey& key) {
    const auto text = BAILEY_TRY(store::read_key_file(home, ring, key));
    return unlock.open(key, text);
  }

  Result<crypto::AnySigner> in_force(const store::KeyRing& ring, store::KeyRole role) {
    const auto* key = ring.in_force(role);
    if (key == nullptr)
      return fail("key.missing", "no " + std::string(merkle::name(role)) + " key is in force",
                  "bailey key generate " + std::string(merkle::name(role)) + " makes one");
    return signer(ring, *key);
  }

  Result<ledger::LedgerKeys> ledger_keys() {
    const bool changed = BAILEY_TRY(home.dir().exists(RelPath::known("keys/keys.json")));
    store::KeyRing ring;
    if (changed) ring = BAILEY_TRY(store::read_key_ring(home));
    auto log =
        changed ? in_force(ring, store::KeyRole::kLedger) : first_signer(store::KeyUse::kLedger);
    if (!log) return std::unexpected(std::move(log).error());
    auto receipts = changed ? in_force(ring, store::KeyRole::kReceipts)
                            : first_signer(store::KeyUse::kReceipts);
    if (!receipts) return std::unexpected(std::move(receipts).error());
    auto disclosed = BAILEY_TRY(store::disclosure_key(home, outside.entropy()));
    ledger::LedgerKeys keys{changed ? ring.origin : store::ledger_origin(log->public_key()),
                            *std::move(log), *std::move(receipts), std::move(disclosed).key};
    keys.ring = ring.ledger_keys();
    for (const auto& each : ring.keys) {
      if (each.role != store::KeyRole::kLedger || each.state != store::KeyState::kOverlapping ||
          !each.until || *each.until <= outside.clock().wall())
        continue;
      // One that cannot be had signs nothing more; the one in force does.
      auto cosigner = signer(ring, each);
      if (cosigner) keys.cosigners.push_back(*std::move(cosigner));
    }
    keys.reload = [this] { return ledger_keys(); };
    return keys;
  }

  Result<std::unique_ptr<ledger::Ledger>> open_ledger(ledger::OpenReport& report) {
    auto keys = BAILEY_TRY(ledger_keys());
    auto directory = BAILEY_TRY(home.dir().make_dir(RelPath::known("ledger")));
    const Dir second = BAILEY_TRY(second_place());
    ledger::LogOptions options;
    options.second_place = &second;
    return ledger::Ledger::open(std::move(directory), std::move(keys), outside.clock(),
                                outside.entropy(), report, options);
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
    BAILEY_TRY(parts_->make_key(use));
  BAILEY_TRY(disclosure());
  return {};
}

Result<crypto::AnySigner> Household::signer(const store::KeyRing& ring, const store::RingKey& key) {
  return parts_->signer(ring, key);
}

void Household::add_passphrase(const store::SecretText& passphrase) {
  parts_->unlock.add_passphrase(passphrase);
}

Result<ledger::Ledger*> Household::reopen_ledger() {
  parts_->ledger.reset();
  return ledger();
}

Result<ledger::Ledger*> Household::ledger() {
  Parts& parts = *parts_;
  if (parts.ledger) return parts.ledger.get();
  ledger::OpenReport report;
  auto opened = parts.open_ledger(report);
  // Somebody may have changed the keys between our reading them and our opening.
  if (!opened && opened.error().code == "log.key") opened = parts.open_ledger(report);
  parts.ledger = BAILEY_TRY(std::move(opened));
  if (report.cut_bytes > 0)
    say(parts.outside, "the ledger ended in " + std::to_string(report.cut_bytes) +
                           " unfinished bytes of an entry nobody was told of; they were cut");
  // Against a log that contradicts its past nothing is written; what reads goes on.
  if (const auto fault = parts.ledger->log().fence_fault()) {
    say(parts.outside, fault->message);
    return parts.ledger.get();
  }
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
