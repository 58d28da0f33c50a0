// PlanSurroundings: what a planned cage would show to a command, for the gate.
//
// Looks at the host through the same eyes as the plan (HostFiles, CageView, FileRules), when
// asked and not before: most commands start nothing. Borrows all that it is given; one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/run_plan.h"
#include "policy/file_rules.h"
#include "policy/surroundings.h"

namespace bailey::cli {

class PlanSurroundings final : public policy::Surroundings {
 public:
  PlanSurroundings(const RunPlan& plan, const policy::Policy& policy,
                   const effect::process::HostFiles& host);

  [[nodiscard]] policy::Sighting find(std::string_view name,
                                      std::string_view directory) const override;
  [[nodiscard]] policy::Reach reach(std::string_view path) const override;
  [[nodiscard]] std::string_view home() const override { return home_; }
  [[nodiscard]] std::string_view directory() const override { return plan_.run.directory; }
  [[nodiscard]] std::span<const std::pair<std::string, std::string>> given() const override {
    return plan_.run.environment;
  }

 private:
  // One place where the name may stand.
  [[nodiscard]] policy::Sighting look(const std::string& path) const;
  [[nodiscard]] policy::Reach reach_of(const std::string& path) const;

  const RunPlan& plan_;
  const policy::Policy& policy_;
  const effect::process::HostFiles& host_;
  std::string path_;
  std::string home_;
  mutable std::optional<policy::FileRules> rules_;  // made at the first question
  mutable bool asked_ = false;
};

}  // namespace bailey::cli
