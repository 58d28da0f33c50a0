// event_rules: which rule of the policy kept a program from a file, for the closing report.
//
// By the path as the program claimed it: a link may have led it elsewhere. Pure.
#pragma once

#include <vector>

#include "model/event.h"
#include "policy/file_rules.h"

namespace bailey::cli {

// Fills in `rule` of each event about a file that names an absolute path.
void name_rules(std::vector<model::Event>& events, const policy::Policy& policy,
                const policy::FileScene& scene);

}  // namespace bailey::cli
