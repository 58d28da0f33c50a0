// Merge: documents one above the other become one policy (spec/policy.md, "Chains").
//
// Documents are applied from the outermost parent down to the policy itself, a project's
// last. Below what is final, a document can only narrow; what would widen is an error that
// names both places. Narrowing is decided without trying anything out: what cannot be seen
// to narrow counts as widening (covers.h).
// Thread rule: one thread. Pure.
// Does not protect: what is not final may be widened by whoever writes a document below.
//
// Errors: policy.widens, policy.project, policy.level, policy.too_many.
#pragma once

#include <array>
#include <optional>

#include "policy/document.h"

namespace bailey::policy {

class Merge {
 public:
  // The outermost parent first; `info.role` kProject at most once and last.
  [[nodiscard]] Status apply(Document document, DocumentInfo info);
  [[nodiscard]] Result<Policy> finish() &&;

 private:
  using Final = std::optional<Origin>;  // where it was made so
  template <class T>
  struct Placed {
    T value;
    Origin origin;
  };

  [[nodiscard]] Origin here(codec::Mark mark) const noexcept;
  [[nodiscard]] const Final& final_of(Section section) const noexcept;
  // "limits.memory: 16G at b.yaml:3:1 widens what is final: 8G at a.yaml:7:2"; `how` stands
  // before "widens".
  [[nodiscard]] std::unexpected<Error> widens(const std::string& what, Origin own,
                                              const std::string& against, Origin above,
                                              const std::string& how = {}) const;
  [[nodiscard]] Status check_project(const Document& document) const;
  [[nodiscard]] Status apply_levels(const Document& document);
  [[nodiscard]] Status apply_files(const Document& document);
  [[nodiscard]] Status apply_list(std::string_view name, const std::optional<SaidList>& said,
                                  std::vector<Listed>& out, Origin& section);
  // `above`: the lists as they were before this document.
  [[nodiscard]] Status apply_asks(const Document& document, const Files& above);
  [[nodiscard]] Status apply_environment(const Document& document);
  [[nodiscard]] Status narrow_environment(const Document& document);
  [[nodiscard]] Status apply_commands(Document& document);
  [[nodiscard]] Status narrow_rule(const CommandRule& old, CommandRule& rule) const;
  [[nodiscard]] Status narrow_list(NarrowingRules narrowing);
  [[nodiscard]] Status apply_limits(const Document& document);
  [[nodiscard]] Status apply_approvals(const Document& document);
  [[nodiscard]] Status apply_degradations(const Document& document);
  void make_final(const Document& document);

  Policy policy_;
  std::uint32_t document_ = 0;  // the one that is applied now
  std::optional<Placed<model::Level>> start_;
  std::optional<Placed<model::Level>> max_;
  std::vector<std::pair<std::string, Placed<model::Level>>> actions_;
  Origin approvals_at_;
  // Where the lists were last said, for messages.
  Origin read_at_, write_at_, hide_at_, pass_at_, commands_at_, degradations_at_;
  std::array<Final, kSections> final_{};
  std::array<Final, model::kLimitKinds> final_limits_{};
  std::size_t rules_ = 0;  // of narrowing sections
};

}  // namespace bailey::policy
