// Any bytes as a shell text, in each dialect: parse, read, and read again. What is read
// must be read the same twice, and the same inside parentheses.
//
// With BAILEY_FUZZ_BASH set to the path of bash, every text that parses is also given to
// `bash -n`, which must take it; that is slow, so it is for runs of its own.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "policy/shell/facts.h"
#include "policy/shell/limits.h"
#include "policy/shell/parse.h"

namespace {

using namespace bailey;         // NOLINT(google-build-using-namespace)
using namespace policy::shell;  // NOLINT(google-build-using-namespace)

bool same(const Facts& a, const Facts& b) {
  if (a.segments.size() != b.segments.size() || a.files.size() != b.files.size() ||
      a.variables.size() != b.variables.size() || a.directories != b.directories)
    return false;
  return std::equal(a.segments.begin(), a.segments.end(), b.segments.begin(),
                    [](const Segment& left, const Segment& right) {
                      return left.standing == right.standing && left.role == right.role &&
                             left.argv == right.argv && left.why == right.why &&
                             left.directory == right.directory && left.offset == right.offset;
                    });
}

void check_facts(const Facts& found, std::string_view text) {
  check(!found.directories.empty() && found.directories.front().empty(), "it begins somewhere");
  check(found.segments.size() <= kMaxSegments, "segments are bounded");
  for (const Segment& segment : found.segments) {
    check(segment.directory == kUnknownDirectory || segment.directory < found.directories.size(),
          "a directory is listed");
    check(segment.offset <= text.size(), "an offset lies in the line");
    check((segment.standing == Standing::kJudged) == segment.why.empty(), "a doubt has a reason");
    if (segment.standing != Standing::kJudged) continue;
    check(!segment.argv.empty() && segment.argv.front().kind == WordKind::kLiteral &&
              !segment.argv.front().text.empty(),
          "what is judged has a name");
  }
}

const char* path_of_bash() {
  const char* const path = std::getenv("BAILEY_FUZZ_BASH");  // NOLINT(concurrency-mt-unsafe)
  return path == nullptr || *path == '\0' ? nullptr : path;
}

bool bash_takes(const char* bash, const std::string& text) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int fd = 0; fd < 3; ++fd)
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  const std::string words[] = {"bash", "-n", "-c", "--", text};
  char* argv[] = {const_cast<char*>(words[0].c_str()), const_cast<char*>(words[1].c_str()),
                  const_cast<char*>(words[2].c_str()), const_cast<char*>(words[3].c_str()),
                  const_cast<char*>(words[4].c_str()), nullptr};
  char path[] = "PATH=/nowhere";
  char locale[] = "LC_ALL=C.UTF-8";
  char* environment[] = {path, locale, nullptr};
  pid_t child = 0;
  const int error = posix_spawn(&child, bash, &actions, nullptr, argv, environment);
  posix_spawn_file_actions_destroy(&actions);
  check(error == 0, "bash starts");
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const char* const kBash = path_of_bash();
  const Environment environment{"/home/u", "/work"};
  for (const Dialect dialect : {Dialect::kBash, Dialect::kPosix, Dialect::kPlain}) {
    const auto script = parse(text, dialect);
    if (!script) {
      check(!script.error().message.empty(), "a refusal says why");
      continue;
    }
    const auto found = facts(*script, environment);
    if (!found) {
      check(found.error().code == "shell.too_many", "a reading fails by limits only");
      continue;
    }
    check_facts(*found, text);
    const auto again = facts(*script, environment);
    check(again && same(*found, *again), "the same text reads the same");
    if (dialect != Dialect::kBash) continue;
    if (kBash != nullptr && !bash_takes(kBash, std::string(text))) {
      (void)std::fprintf(stderr, "bash -n refuses this\n");
      std::abort();
    }
    // A subshell changes what lasts behind it, not what runs in it.
    const auto inner = parse("(" + std::string(text) + "\n)", dialect);
    if (!inner) {
      check(script->root == kNone || inner.error().code == "shell.too_deep" ||
                inner.error().code == "shell.too_big" || inner.error().code == "shell.too_many" ||
                inner.error().code == "shell.ambiguous" || text.starts_with('(') ||
                text.ends_with('\\'),
            "what parses parses in parentheses");
      continue;
    }
  }
  return 0;
}
