#include <signal.h>

#include <string>
#include <vector>

#include "app/world.h"
#include "cli/table.h"

int main(int argc, char** argv) {
  // A reader that went away is an error of write(), not the end of the process.
  ::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  bailey::app::World world;
  return bailey::cli::run(world, arguments);
}
