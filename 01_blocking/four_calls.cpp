// 01, blocking: a server with nothing around it. Four system calls, one after another.
//
// It serves one client after another until something goes wrong. You will see how little that
// takes.
//
//   build/01_blocking/four_calls      in one terminal
//   nc -d 127.0.0.1 8000              in another

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <thread>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"

namespace {

void one_response(const common::Fd& socket, int number) {
  common::write_all(socket.get(), "start " + std::to_string(number) + "\n");
  std::this_thread::sleep_for(std::chrono::seconds(1));
  common::write_all(socket.get(), "end " + std::to_string(number) + "\n");
}

}  // namespace

int main() {
  const common::Fd listener(common::check(::socket(AF_INET, SOCK_STREAM, 0), "socket"));
  const int on = 1;  // so that it can be started again at once: see socket(7)
  common::check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on),
                "setsockopt");

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(8000);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);  // 127.0.0.1
  common::check(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address),
                "bind");

  common::check(::listen(listener.get(), SOMAXCONN), "listen");

  for (int number = 1;; ++number) {
    const common::Fd socket(common::check(::accept(listener.get(), nullptr, nullptr), "accept"));
    one_response(socket, number);
  }
}
