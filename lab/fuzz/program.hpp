// How does a target run a program? It calls its main: the target's own is another (`--wrap=main`).
#pragma once

#include <cstdlib>
#include <string>

#include "kernel.hpp"

/// The main of the program under test: the linker gives it this name.
extern "C" int __real_main(int argc, char** argv);

namespace fuzz {

/// Runs the server among clients who do what `input` says, until it has served all of them. The
/// environment variable FUZZ_FLAG adds a flag: one of those that break the program.
inline void run_program(Input input, Rules& rules) {
  Kernel kernel(input, rules);
  std::string name = "server";
  std::string flag = "--connections";
  std::string clients = std::to_string(kernel.clients());
  const char* const broken = std::getenv("FUZZ_FLAG");
  std::string last = broken == nullptr ? "--port=0" : broken;
  char* argv[] = {name.data(), flag.data(), clients.data(), last.data(), nullptr};
  require(__real_main(4, argv) == 0, "the program has failed");
  kernel.finish();
}

}  // namespace fuzz
