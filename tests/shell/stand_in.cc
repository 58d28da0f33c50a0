// stand-in: stands in for every program while a shell text runs for real, and leaves a
// record of having been run. Linked under many names; static, so it runs in an empty root.
//
// Its root is the nearest directory above it that holds log/records. Appends there:
// netstrings of the path it was executed by, of the working directory and of each argument,
// then a line end. If real/ holds a program of the same name it becomes that one (env,
// find, a shell, ...). Otherwise it prints what output/NAME or output/default holds and ends
// with the status in the file status.
#include <fcntl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr long kMaxLog = 1L << 15;

std::string slurp(const std::string& path) {
  std::string out;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return out;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got <= 0) break;
    out.append(buffer, static_cast<std::size_t>(got));
  }
  close(fd);
  return out;
}

void put(std::string& record, const char* text) {
  const std::size_t size = std::strlen(text);
  record += std::to_string(size);
  record += ':';
  record.append(text, size);
  record += ',';
}

std::string find_root() {
  char self[4096];
  const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
  std::string path(self, size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!path.empty()) {
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    if (access((path + "/log/records").c_str(), W_OK) == 0) break;
  }
  return path;
}

}  // namespace

int main(int argc, char** argv) {
  const auto* const path = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  char cwd[4096] = "";
  if (getcwd(cwd, sizeof cwd) == nullptr) cwd[0] = '\0';
  std::string record;
  put(record, path);
  put(record, cwd);
  for (int i = 0; i < argc; ++i) put(record, argv[i]);
  record += '\n';
  const std::string root = find_root();
  const int log = open((root + "/log/records").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (log < 0) return 125;
  if (lseek(log, 0, SEEK_END) > kMaxLog) {
    // A loop without an end: nothing new will come.
    kill(getppid(), SIGKILL);
    return 124;
  }
  if (write(log, record.data(), record.size()) != static_cast<ssize_t>(record.size())) return 125;
  close(log);

  const char* slash = std::strrchr(path, '/');
  const std::string name = slash == nullptr ? path : slash + 1;
  const std::string real = root + "/real/" + name;
  if (access(real.c_str(), X_OK) == 0) {
    execv(real.c_str(), argv);
    return 126;
  }
  std::string output = slurp(root + "/output/" + name);
  if (output.empty()) output = slurp(root + "/output/default");
  if (write(STDOUT_FILENO, output.data(), output.size()) < 0) return 1;
  return std::atoi(slurp(root + "/status").c_str());
}
