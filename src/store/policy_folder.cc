#include "store/policy_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "codec/text.h"
#include "store/private_file.h"

namespace bailey::store {
namespace {

struct Opened {
  Fd fd;
  struct stat st;
};

// O_NONBLOCK: a pipe in the place of a file is refused, not waited for.
Result<Opened> open_regular(const Dir& dir, const RelPath& path) {
  Opened opened{BAILEY_TRY(dir.open_file(path, O_RDONLY | O_NONBLOCK)), {}};
  if (::fstat(opened.fd.get(), &opened.st) != 0)
    return std::unexpected(disk_error("disk.read", "stat '" + path.text() + "'", errno));
  if (!S_ISREG(opened.st.st_mode))
    return fail("disk.read", "'" + path.text() + "' is not a regular file");
  if (static_cast<std::uint64_t>(opened.st.st_size) > policy::kMaxPolicyBytes)
    return fail("policy.too_big", "policy: '" + path.text() + "' is larger than 1 MiB",
                "join rules with '*', or split the work over several policies");
  return opened;
}

}  // namespace

Result<std::string> PolicyFolder::read(const std::string& path) const {
  const RelPath name = BAILEY_TRY(RelPath::create(path));
  const auto opened = BAILEY_TRY(open_regular(dir_, name));
  const std::string shown = "'" + codec::for_terminal(path, 200) + "'";
  const bool strict = trust_ == Trust::kOwn;
  if (strict && opened.st.st_uid != user_ && opened.st.st_uid != 0)
    return fail("policy.file_owner",
                "the policy " + shown + " belongs to uid " + std::to_string(opened.st.st_uid) +
                    ", not to you",
                "a policy that somebody else may change is none; make a copy of your own");
  if (strict && (opened.st.st_mode & 022) != 0)
    return fail("policy.file_mode", "the policy " + shown + " can be written by others",
                "chmod go-w " + shown);
  return read_opened(opened.fd.get(), static_cast<std::size_t>(opened.st.st_size), name);
}

Result<std::optional<std::string>> read_project_policy(const Dir& workspace) {
  const auto path = RelPath::known(kProjectPolicy);
  const auto opened = open_regular(workspace, path);
  if (!opened && opened.error().code == "disk.missing") return std::optional<std::string>();
  if (!opened) return std::unexpected(opened.error());
  return BAILEY_TRY(
      read_opened(opened->fd.get(), static_cast<std::size_t>(opened->st.st_size), path));
}

}  // namespace bailey::store
