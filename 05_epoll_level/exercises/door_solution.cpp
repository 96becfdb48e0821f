#include "door.hpp"

#include <system_error>

#include "common/io.hpp"

std::vector<common::Fd> Door::let_in() {
  std::vector<common::Fd> sockets;
  try {
    while (auto socket = common::try_accept(listener_.get())) sockets.push_back(std::move(*socket));
  } catch (const std::system_error& error) {
    if (!common::out_of_resources(error.code())) throw;
    epoll_.watch(watch_, listener_.get(), 0, kListener);  // on the list, and watched for nothing
  }
  return sockets;
}

void Door::closed() {
  // What is ready already is told of, too: that is what level-triggered means.
  epoll_.watch(watch_, listener_.get(), EPOLLIN, kListener);
}
