// bailey-verify's commands for what `bailey log export` wrote: evidence and attestations.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bailey/verify.h"

namespace bailey::app {

enum class Output { kText, kJson };

using ReadAt = std::function<verify::File(int folder, const std::string& path)>;

// Prints the result and gives the exit code. `folder`: of evidence.
[[nodiscard]] int verify_evidence_folder(const std::vector<std::string>& vkeys,
                                         const std::string& folder, const ReadAt& read,
                                         Output output);
[[nodiscard]] int verify_bundle(const std::vector<std::string>& vkeys, std::string_view bundle,
                                Output output);

}  // namespace bailey::app
