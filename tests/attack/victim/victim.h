// victim: small hostile programs, one for each row of the attack checklist.
//
//   victim ID [NAME=VALUE...]
//
// Each row makes several attempts; an attempt prints one line
//   PROBE name HAPPENED|DENIED|UNTRIED reason
// where the reason is an errno's name, `signal N` when it was killed for it, or a word
// about what happened. An attempt runs in a child of its own, so that one that is
// killed for what it tries does not silence the rest. The program knows nothing of
// Bailey: without a cage the attempts succeed (that is the positive control), and
// whether they had an effect is seen by run_attacks.py from outside.
//
// Does not protect: this is attack code. It is aimed at targets that its caller made,
// and everything it takes is bounded.
#pragma once

#include <cerrno>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace victim {

// The value of NAME= on the command line; the process ends (status 2) without it.
const std::string& argument(std::string_view name);
bool has_argument(std::string_view name);
int number(std::string_view name);

// What an attempt returns: 0 it happened, else the errno that refused it.
inline constexpr int kHappened = 0;
inline constexpr int kUntried = 250;  // the attempt could not be made at all
// For system calls that return -1 and errno.
inline int outcome(long result) { return result < 0 ? errno : kHappened; }

// Runs `act` in a child and prints its line.
void attempt(std::string_view name, const std::function<int()>& act);
// The line of an act that was done in this process.
void say(std::string_view name, int result, std::string_view detail = {});

// Appends one byte to the file at `path`.
int append(const std::string& path);
int append_at(int directory, const std::string& path);
// Reads a file and prints it as `LOOT name bytes`, for the witness to look through.
int loot(std::string_view name, const std::string& path);
int loot_fd(std::string_view name, int fd);

// Leaves for a user namespace with a mount (and more) namespace when that is possible, so
// that an ordinary user without a cage has something to try; failure is ignored.
void enter_namespaces(int flags);

struct Row {
  std::string_view id;
  void (*run)();
};
std::vector<Row> file_rows();
std::vector<Row> process_rows();
std::vector<Row> privilege_rows();
std::vector<Row> call_rows();
std::vector<Row> network_rows();
std::vector<Row> load_rows();

}  // namespace victim
