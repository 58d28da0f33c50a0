// Household: the opened home and what is kept in it, for one command.
//
// Opening checks the home before anything in it is believed; a fresh one is made, with
// keys and a first policy, and standard error says so. The ledger and the keys are
// opened when first asked for: most commands need neither. Thread rule: one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/outside.h"
#include "crypto/seal.h"
#include "gate/kill_switch.h"
#include "ledger/ledger.h"
#include "model/process_run.h"
#include "store/home.h"
#include "store/key_ring.h"
#include "store/policy_cache.h"

namespace bailey::cli {

class Household {
 public:
  // kYes makes a home that is missing; kNo gives home.missing with the way to make one.
  [[nodiscard]] static Result<std::unique_ptr<Household>> open(
      Outside& outside, Make make, store::HomeUse use = store::HomeUse::kOwner);
  ~Household();

  [[nodiscard]] const store::Home& home() const;
  [[nodiscard]] const gate::KillSwitch& kill_switch() const;
  // The key of digests and sealed files. Errors: key.*.
  [[nodiscard]] Result<const crypto::SealKey*> disclosure();
  // Errors: of key_files and Ledger::open. Recovers intents that nobody holds.
  [[nodiscard]] Result<ledger::Ledger*> ledger();
  [[nodiscard]] bool has_ledger() const;  // was opened by this command
  // The home's policy.yaml; a missing one is written from the balanced default first.
  using Project = std::optional<policy::ProjectSource>;
  [[nodiscard]] Result<store::CachedPolicy> policy(const Project& project = std::nullopt);
  [[nodiscard]] Result<store::CachedPolicy> policy_from(const policy::PolicySource& source,
                                                        const Project& project = std::nullopt);
  // Makes every key that is missing. Errors: key.*.
  [[nodiscard]] Status make_keys();
  // The signer of a key of the ring, wherever it is kept. Errors: key.*, token.*.
  [[nodiscard]] Result<crypto::AnySigner> signer(const store::KeyRing& ring,
                                                 const store::RingKey& key);
  // One more passphrase that may open a key of this home.
  void add_passphrase(const store::SecretText& passphrase);
  // Lets go of the ledger and opens it with the keys of now.
  [[nodiscard]] Result<ledger::Ledger*> reopen_ledger();

 private:
  struct Parts;
  explicit Household(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace bailey::cli
