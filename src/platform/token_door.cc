#include "platform/token_door.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "platform/token/words.h"

namespace bailey::platform {
namespace {

using token::Answer;
using token::Ask;

constexpr int kChannel = 3;

std::string_view code_of(std::uint8_t word) {
  switch (static_cast<Answer>(word)) {
    case Answer::kModule:
      return "token.module";
    case Answer::kSlot:
      return "token.slot";
    case Answer::kPin:
      return "token.pin";
    case Answer::kKey:
      return "token.key";
    case Answer::kExists:
      return "token.exists";
    case Answer::kMechanism:
      return "token.mechanism";
    case Answer::kFailed:
      return "token.failed";
    case Answer::kDone:
    case Answer::kProtocol:
      break;
  }
  return "token.protocol";
}

class Door {
 public:
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  ~Door() { end(); }

  static Result<std::unique_ptr<Door>> start(const TokenProgram& program) {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      return fail("token.program", "no socket for the token's program");
    Fd ours(ends[0]);
    Fd theirs(ends[1]);
    // dup2 onto itself would leave it to be closed at the start of the program.
    if (theirs.get() == kChannel) theirs = Fd(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, 10));
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), kChannel);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    std::string name = "bailey-token";
    char* arguments[] = {name.data(), nullptr};
    std::vector<std::string> environment = program.environment;
    std::vector<char*> variables;
    for (auto& each : environment) variables.push_back(each.data());
    variables.push_back(nullptr);
    pid_t pid = -1;
    const int error =
        ::posix_spawn(&pid, program.path.c_str(), &actions, nullptr, arguments, variables.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
      return fail("token.program", "'" + program.path + "' cannot be started",
                  "bailey-token lies beside bailey; install it");
    return std::unique_ptr<Door>(new Door(std::move(ours), pid, program.timeout_ms));
  }

  Result<std::string> ask(Ask what, std::vector<std::string> fields) {
    const std::lock_guard lock(mutex_);
    if (pid_ < 0) return fail("token.program", "the token's program has ended");
    auto answer = exchange(what, std::move(fields));
    // After a late or broken answer the next one could be that of this question.
    if (!answer &&
        (answer.error().code == "token.timeout" || answer.error().code == "token.program" ||
         answer.error().code == "token.protocol"))
      end();
    return answer;
  }

 private:
  Door(Fd channel, pid_t pid, int timeout_ms)
      : channel_(std::move(channel)), pid_(pid), timeout_ms_(timeout_ms) {}

  Result<std::string> exchange(Ask what, std::vector<std::string> fields) {
    std::string request =
        token::write_message({static_cast<std::uint8_t>(what), std::move(fields)});
    const ssize_t sent = ::send(channel_.get(), request.data(), request.size(), MSG_NOSIGNAL);
    crypto::wipe({reinterpret_cast<std::uint8_t*>(request.data()), request.size()});
    if (sent < 0) return fail("token.program", "the token's program is gone");
    timespec start{};
    ::clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
      timespec now{};
      ::clock_gettime(CLOCK_MONOTONIC, &now);
      const auto gone =
          (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1'000'000;
      const auto left = std::max<long>(timeout_ms_ - gone, 0);
      pollfd wait{channel_.get(), POLLIN, 0};
      const int ready = ::poll(&wait, 1, static_cast<int>(left));
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0) return fail("token.timeout", "the token did not answer in time");
      break;
    }
    std::string reply(token::kMaxMessage, '\0');
    // Its answer is there, and one question at a time is what the lock is for.
    // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection)
    const ssize_t count = ::recv(channel_.get(), reply.data(), reply.size(), 0);
    if (count <= 0)
      return fail("token.program", "the token's program died",
                  "the module may be broken: try it with pkcs11-tool");
    reply.resize(static_cast<std::size_t>(count));
    auto message = token::parse_message(reply);
    if (!message || message->fields.size() != 1)
      return fail("token.protocol", "the token's program answered something else");
    if (static_cast<Answer>(message->word) != Answer::kDone)
      return fail(code_of(message->word), message->fields[0].substr(0, 200));
    return std::move(message->fields[0]);
  }

  void end() {
    if (pid_ < 0) return;
    channel_ = Fd();
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }

  std::mutex mutex_;
  Fd channel_;
  pid_t pid_;
  int timeout_ms_;
};

class TokenSigner final : public crypto::Signer {
 public:
  TokenSigner(std::unique_ptr<Door> door, const crypto::PublicKey& key)
      : door_(std::move(door)), key_(key) {}
  const crypto::PublicKey& public_key() const noexcept override { return key_; }
  Result<crypto::Signature> sign_raw(ByteView message) const override {
    const std::string bytes = BAILEY_TRY(door_->ask(Ask::kSign, {std::string(as_text(message))}));
    crypto::Signature signature{};
    if (bytes.size() != signature.size())
      return fail("token.signature", "the token gave no signature");
    std::copy(bytes.begin(), bytes.end(), signature.begin());
    if (!key_.verify_raw(message, signature))
      return fail("token.signature", "the token's signature is wrong");
    return signature;
  }

 private:
  const std::unique_ptr<Door> door_;  // locks for itself
  crypto::PublicKey key_;
};

Result<crypto::PublicKey> as_key(const std::string& bytes) {
  auto key = crypto::PublicKey::create(as_bytes(bytes));
  if (!key) return fail("token.key", "the token's key is no safe Ed25519 key");
  return key;
}

}  // namespace

Result<crypto::PublicKey> token_generate(const TokenProgram& program, const TokenPlace& place,
                                         const std::string& pin) {
  const auto door = BAILEY_TRY(Door::start(program));
  const std::string key = BAILEY_TRY(door->ask(Ask::kGenerate, {place.module, place.label, pin}));
  return as_key(key);
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the door is in its unique_ptr

Result<std::shared_ptr<const crypto::Signer>> token_signer(const TokenProgram& program,
                                                           const TokenPlace& place,
                                                           const std::string& pin,
                                                           const crypto::PublicKey& key) {
  auto door = BAILEY_TRY(Door::start(program));
  const std::string bytes(as_text(key.bytes()));
  const std::string opened =
      BAILEY_TRY(door->ask(Ask::kOpen, {place.module, place.label, pin, bytes}));
  if (opened != bytes) return fail("token.key", "the token's key is another one");
  return std::shared_ptr<const crypto::Signer>(
      std::make_shared<const TokenSigner>(std::move(door), key));
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the door is in its unique_ptr

}  // namespace bailey::platform
