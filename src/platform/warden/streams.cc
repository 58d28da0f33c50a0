#include "platform/warden/streams.h"

namespace bailey::platform::warden {

namespace sys = cage::sys;

namespace {
constexpr int kAgain = -11, kInterrupted = -4;
constexpr int kNonBlocking = 04000;

// Files take any amount at once; anything else may block after PIPE_BUF bytes.
std::size_t chunk_of(int fd) {
  sys::Stat stat;
  const bool file =
      sys::fstatat(fd, "", &stat, sys::kAtEmptyPath) == 0 && (stat.mode & 0170000) == 0100000;
  return file ? kPumpBytes : 4096;
}
}  // namespace

void Streams::hold(int in, int in_reader, int out, int err) noexcept {
  program_in_ = in;
  program_in_reader_ = in_reader;
  program_out_ = out;
  program_err_ = err;
  // These ends are ours alone, so they may be non-blocking.
  for (const int fd : {in, out, err}) sys::fcntl(fd, 4, kNonBlocking);
}

void Streams::open(bool with_terminal, std::uint64_t output_limit) noexcept {
  with_terminal_ = with_terminal;
  output_left_ = output_limit;
  if (!with_terminal) {
    input_.open(0, program_in_, kPumpBytes);
    output_.open(program_out_, 1, chunk_of(1));
    error_.open(program_err_, 2, chunk_of(2));
    return;
  }
  const int master = terminal_.master();
  sys::fcntl(master, 4, kNonBlocking | 2);
  input_.open(0, master, 4096);
  output_.open(master, 1, chunk_of(1));
  terminal_.enter_raw();
}

void Streams::watch(sys::PollFd* fds) const noexcept {
  const Pump* pumps[3] = {&input_, &output_, &error_};
  for (unsigned i = 0; i < 3; ++i) {
    if (pumps[i]->wants_read()) fds[2 * i] = {pumps[i]->from(), sys::kPollIn, 0};
    if (pumps[i]->wants_write()) fds[2 * i + 1] = {pumps[i]->to(), sys::kPollOut, 0};
  }
}

Streams::Moved Streams::fill(Pump& pump, bool from_program) noexcept {
  const std::uint64_t most = from_program ? output_left_ : kUnlimited;
  if (most == 0) {
    // Whether there is more than the limit is only known by asking for one byte more.
    std::uint8_t extra = 0;
    const long n = sys::read(pump.from(), &extra, 1);
    if (n > 0) {
      pump.stop_reading();
      return Moved::kOverLimit;
    }
    if (n != kAgain && n != kInterrupted) end_of(pump, from_program);
    return Moved::kOn;
  }
  const long n = pump.fill(most);
  if (n == kAgain || n == kInterrupted) return Moved::kOn;
  if (n <= 0) {
    end_of(pump, from_program);
    return Moved::kOn;
  }
  if (!from_program) return Moved::kOn;
  if (output_left_ != kUnlimited) output_left_ -= static_cast<std::uint64_t>(n);
  if (with_terminal_) terminal_.notice(pump.buffer(), pump.used());
  if (with_terminal_ || &pump == &error_) hints_.notice(pump.buffer(), pump.used());
  return Moved::kOn;
}

void Streams::flush(Pump& pump, bool from_program) noexcept {
  if (pump.drain() >= 0) return;
  // The other side is gone. The writer shall see that too: its pipe has no reader any
  // more, and it gets SIGPIPE as it would without us.
  const int from = pump.from();
  pump.stop_reading();
  pump.drop();
  if (from_program && from >= 0 && !with_terminal_) sys::close(from);
}

// What was taken from a seekable standard input and not read by the program goes back
// to the file's offset; the pipe is closed.
void Streams::give_back() noexcept {
  int in_pipe = 0;
  sys::ioctl(program_in_reader_, 0x541b, &in_pipe);  // FIONREAD
  const long unread = static_cast<long>(input_.waiting()) + in_pipe;
  if (unread > 0) sys::call(__NR_lseek, 0, -unread, 1);
  if (program_in_ >= 0) sys::close(program_in_);
  sys::close(program_in_reader_);
  program_in_ = program_in_reader_ = -1;
}

Streams::Moved Streams::move(const sys::PollFd* fds) noexcept {
  Pump* pumps[3] = {&input_, &output_, &error_};
  for (unsigned i = 0; i < 3; ++i) {
    Pump& pump = *pumps[i];
    const bool from_program = i != 0;
    if (fds[2 * i].revents != 0 && pump.wants_read()) {
      if (fill(pump, from_program) == Moved::kOverLimit) return Moved::kOverLimit;
      // Most readers are ready: one write now saves a round of poll. What may block is
      // asked first.
      if (!from_program && pump.wants_write()) flush(pump, from_program);
    }
    if (fds[2 * i + 1].revents != 0 && pump.wants_write()) flush(pump, from_program);
  }
  return Moved::kOn;
}

void Streams::end_of(Pump& pump, bool from_program) noexcept {
  pump.stop_reading();
  if (from_program) return;
  if (with_terminal_) {
    // The end of a stream is a key on a terminal.
    const std::uint8_t end_of_file = 4;
    sys::write(terminal_.master(), &end_of_file, 1);
  } else if (program_in_ >= 0) {
    sys::close(program_in_);
    program_in_ = -1;
  }
}

void Streams::end_input() noexcept {
  if (!with_terminal_) give_back();
  input_.stop_reading();
  input_.drop();
  terminal_.leave_raw();
}

Streams::Moved Streams::drain() noexcept {
  for (Pump* pump : {&output_, &error_}) {
    if (!pump->wants_read()) continue;
    if (fill(*pump, true) == Moved::kOverLimit) return Moved::kOverLimit;
    if (!pump->wants_write()) pump->stop_reading();  // nothing waits, and nobody writes
  }
  return Moved::kOn;
}

void Streams::drop_all() noexcept {
  for (Pump* pump : {&input_, &output_, &error_}) {
    pump->stop_reading();
    pump->drop();
  }
}

bool Streams::report(unsigned index, effect::process::StreamBody& body) noexcept {
  Pump* pumps[3] = {&input_, &output_, &error_};
  if (index >= 3 || (with_terminal_ && index == 2)) return false;
  body.stream = with_terminal_ ? index + 3 : index;
  body.bytes = pumps[index]->bytes();
  pumps[index]->finish(body.digest);
  return true;
}

}  // namespace bailey::platform::warden
