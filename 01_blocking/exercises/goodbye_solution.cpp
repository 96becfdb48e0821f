#include "goodbye.hpp"

#include <sys/socket.h>

#include <array>

#include "common/error.hpp"
#include "common/io.hpp"

void say_goodbye(const common::Fd& socket) {
  common::check(::shutdown(socket.get(), SHUT_WR), "shutdown");
  // This waits for as long as the client likes. A server that must not wait for ever would give it
  // a time limit (socket(7), SO_RCVTIMEO) and a limit of bytes.
  std::array<char, 4096> ignored;
  while (common::read_some(socket.get(), ignored) != 0) continue;
}
