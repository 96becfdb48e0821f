#include "door.hpp"

#include <system_error>

#include "common/io.hpp"

std::vector<common::Fd> Door::let_in() {
  std::vector<common::Fd> sockets;
  try {
    while (auto socket = common::try_accept(listener_.get())) sockets.push_back(std::move(*socket));
  } catch (const std::system_error& error) {
    // Yours to fix: this survives the error, and expects not to be told again.
    if (!common::out_of_resources(error.code())) throw;
  }
  return sockets;
}

void Door::closed() {
  // Yours to write.
}
