// bailey-verify's commands for what `bailey log export` wrote: evidence and attestations.
#pragma once

#include <string>
#include <vector>

#include "bailey/verify.h"

namespace bailey::app {

enum class Output { kText, kJson };

// Prints the result and gives the exit code. `folder`: of evidence.
[[nodiscard]] int verify_evidence_folder(const std::vector<std::string>& vkeys,
                                         const std::string& folder, Output output);
[[nodiscard]] int verify_bundle(const std::vector<std::string>& vkeys, std::string_view bundle,
                                Output output);

// Of a question that could not be put.
[[nodiscard]] int print_failure(std::string_view what, const verify::Report& report, Output output);

}  // namespace bailey::app
