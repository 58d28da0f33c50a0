// How the files of a published log come to whoever reads them.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace bailey::merkle {

// The content of a file of the log (bytes in a string), by its path below the log's folder
// ("checkpoint", "tile/0/000", "tile/entries/000.p/3"). Errors: log.missing when there is no such
// file; any other code ends the verification as it is.
using LogFiles = std::function<Result<std::string>(const std::string& path)>;

}  // namespace bailey::merkle
