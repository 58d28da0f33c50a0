// ApprovalFiles: asks and answers as files in approvals/ of the home.
//
//   <id>.ask      written whole; "bailey-ask/1\n" and the sealed JSON
//   <id>.answer   linked into place once: the first answer wins
//
// Both are sealed under a key derived from the home's disclosure key and bound to their
// id, since a command line may hold secrets. An answer is believed only when the kernel
// says that its file belongs to the uid that it names, so the home's owner cannot write
// somebody else's yes. An answer is used by unlinking it: whoever succeeds may go on.
// Thread rule: any thread, any process. Errors: approval.*, disk.*.
// Does not protect: against root.
#pragma once

#include "base/clock.h"
#include "base/entropy.h"
#include "consent/approval_store.h"
#include "crypto/seal.h"
#include "gate/approval_source.h"
#include "store/home.h"

namespace bailey::store {

inline constexpr std::size_t kMaxAsks = 1'000;

class ApprovalFiles final : public consent::ApprovalStore, public gate::ApprovalSource {
 public:
  // All are borrowed and must outlive this; `disclosure` only for the call.
  [[nodiscard]] static Result<ApprovalFiles> open(const Home& home,
                                                  const crypto::SealKey& disclosure,
                                                  const Clock& clock, Entropy& entropy);

  Result<consent::Ask> put(consent::Ask ask) override;
  Result<consent::StoredAsk> get(const std::string& id) const override;
  Result<std::vector<consent::StoredAsk>> list() const override;
  Status answer(const consent::Ask& ask, const consent::AnswerRecord& record) override;
  Status use(const std::string& id) override;
  Result<std::optional<gate::Approval>> find(const model::ActionDigest& action,
                                             const Digest& policy) const override;
  // Removes asks past their end, and their answers.
  Status sweep();

 private:
  ApprovalFiles(const Home& home, Dir folder, crypto::SealKey key, const Clock& clock,
                Entropy& entropy)
      : home_(&home),
        folder_(std::move(folder)),
        key_(std::move(key)),
        clock_(&clock),
        entropy_(&entropy) {}
  [[nodiscard]] std::string id_of(const model::ActionDigest& action, const Digest& policy) const;
  [[nodiscard]] Result<consent::Ask> read_ask(const std::string& id) const;
  [[nodiscard]] Result<std::optional<consent::AnswerRecord>> read_answer(
      const consent::Ask& ask) const;
  [[nodiscard]] Status remove(const std::string& id) const;

  const Home* home_;
  Dir folder_;
  crypto::SealKey key_;
  const Clock* clock_;
  Entropy* entropy_;
};

}  // namespace bailey::store
