#include "app/world.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <mutex>

#include "app/jail.h"
#include "base/check.h"

namespace bailey::app {
namespace {

std::int64_t read_clock(clockid_t id) noexcept {
  timespec time{};
  ::clock_gettime(id, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

class RealClock final : public Clock {
 public:
  WallTime wall() const noexcept override { return {read_clock(CLOCK_REALTIME)}; }
  MonoTime monotonic() const noexcept override { return {read_clock(CLOCK_MONOTONIC)}; }
  const BootId& boot_id() const noexcept override {
    std::call_once(read_, [this] { boot_ = read_boot_id(); });  // any thread may be first
    return boot_;
  }

 private:
  static BootId read_boot_id() noexcept {
    const Fd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    std::array<char, 36> text{};
    // Without it an intent of this boot cannot be told from one of another.
    check(fd && ::read(fd.get(), text.data(), text.size()) == 36,
          "the kernel's boot id is unreadable");
    return {text.data(), text.size()};
  }
  mutable std::once_flag read_;
  mutable BootId boot_;
};

class KernelEntropy final : public Entropy {
 public:
  void fill(std::span<std::uint8_t> out) noexcept override {
    while (!out.empty()) {
      const ssize_t count = ::getrandom(out.data(), out.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      check(count > 0, "the kernel's entropy source fails");
      out = out.subspan(static_cast<std::size_t>(count));
    }
  }
};

Fd open_user_file(const std::string& path, int flags) {
  return Fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0600));
}

Result<std::string> read_to_end(int fd, std::size_t max_bytes, const std::string& what) {
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(disk_error("disk.read", "read " + what, errno));
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > max_bytes)
      return fail("disk.too_big", what + " is larger than " + std::to_string(max_bytes) + " bytes");
  }
}

}  // namespace

struct World::Parts {
  RealClock clock;
  KernelEntropy entropy;
  std::unique_ptr<effect::process::Jail> jail;
  Fd signals;  // of pause_ms()
};

World::World() : parts_(std::make_unique<Parts>()) {}
World::~World() = default;

const Clock& World::clock() const { return parts_->clock; }
Entropy& World::entropy() { return parts_->entropy; }

effect::process::Jail& World::jail() {
  if (!parts_->jail) parts_->jail = make_jail();
  return *parts_->jail;
}

std::vector<cli::LayerAdvice> World::probe() { return probe_layers(); }

Result<Dir> World::open_directory(const std::string& path, cli::Make make) {
  auto dir = Dir::open_absolute(PassKey<World>(), path);
  if (dir || make == cli::Make::kNo) return dir;
  for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string prefix = path.substr(0, slash);
    if (::mkdir(prefix.c_str(), 0700) != 0 && errno != EEXIST)
      return std::unexpected(disk_error("disk.make", "make '" + prefix + "'", errno));
    if (slash == std::string::npos) break;
  }
  return Dir::open_absolute(PassKey<World>(), path);
}

Result<std::string> World::read_user_file(const std::string& path, std::size_t max_bytes) {
  if (path == "-") return read_to_end(STDIN_FILENO, max_bytes, "standard input");
  const Fd fd = open_user_file(path, O_RDONLY);
  if (!fd)
    return std::unexpected(
        disk_error(errno == ENOENT ? "disk.missing" : "disk.open", "open '" + path + "'", errno));
  return read_to_end(fd.get(), max_bytes, "'" + path + "'");
}

Status World::write_user_file(const std::string& path, std::string_view text) {
  return write_user_pieces(path, [&](const Write& write) { return write(text); });
}

Status World::write_user_pieces(const std::string& path,
                                const std::function<Status(const Write& write)>& fill) {
  if (path == "-") {
    return fill([](std::string_view piece) { return write_all(STDOUT_FILENO, as_bytes(piece)); });
  }
  // Beside the old file and renamed over it: never half a receipt. It is not synced: what is
  // written here is a copy of what the ledger holds durably, and can be had again from there.
  const std::string fresh = path + ".new-" + std::to_string(::getpid());
  const Fd fd = open_user_file(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (!fd) return std::unexpected(disk_error("disk.open", "create '" + path + "'", errno));
  auto written = fill([&](std::string_view piece) { return write_all(fd.get(), as_bytes(piece)); });
  if (written && ::rename(fresh.c_str(), path.c_str()) != 0)
    written = std::unexpected(disk_error("disk.rename", "create '" + path + "'", errno));
  if (!written) ::unlink(fresh.c_str());
  return written;
}

std::optional<std::string> World::environment(const std::string& name) const {
  const char* value = ::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

uid_t World::uid() const { return ::geteuid(); }
gid_t World::gid() const { return ::getegid(); }

std::string World::home_directory() const {
  // HOME only: the password database would pull the name service into a static program.
  return environment("HOME").value_or("");
}

Result<std::string> World::working_directory() const {
  std::array<char, PATH_MAX> path;
  if (::getcwd(path.data(), path.size()) == nullptr)
    return std::unexpected(disk_error("disk.open", "find the working directory", errno));
  return std::string(path.data());
}

std::string World::program_directory() const {
  std::array<char, PATH_MAX> path;
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return "";
  const std::string_view whole(path.data(), static_cast<std::size_t>(length));
  return std::string(whole.substr(0, whole.rfind('/')));
}

bool World::is_terminal(cli::Stream stream) const {
  return ::isatty(stream == cli::Stream::kOut ? STDOUT_FILENO : STDERR_FILENO) == 1;
}
bool World::input_is_terminal() const { return ::isatty(STDIN_FILENO) == 1; }

void World::write(cli::Stream stream, std::string_view text) {
  (void)write_all(stream == cli::Stream::kOut ? STDOUT_FILENO : STDERR_FILENO, as_bytes(text));
}

bool World::pause_ms(int milliseconds) {
  if (!parts_->signals) {
    sigset_t ends;
    ::sigemptyset(&ends);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&ends, signal);
    // Before threads are made, so that none of them takes the signal in its old way.
    if (::sigprocmask(SIG_BLOCK, &ends, nullptr) != 0) return true;
    parts_->signals = Fd(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!parts_->signals) return true;
  }
  // Of standard output only its end is asked for: a pipe without a reader, a closed terminal.
  std::array<pollfd, 2> wait{pollfd{parts_->signals.get(), POLLIN, 0}, pollfd{STDOUT_FILENO, 0, 0}};
  return ::poll(wait.data(), wait.size(), milliseconds) != 0;
}

}  // namespace bailey::app
