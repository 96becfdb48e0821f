// Does every datagram go back to its sender, once and in order, whatever the kernel says of each?

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>

#include "common/cli.hpp"
#include "common/datagram_echo.hpp"
#include "common/datagram_queue.hpp"
#include "input.hpp"

namespace {

/// Errors of datagrams that were sent earlier, which the kernel tells when it likes.
constexpr int kLateErrors[] = {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EMSGSIZE};

/// What has come and must go back: the sender's port, and the bytes.
struct Message {
  std::uint16_t port;
  std::string bytes;
  bool operator==(const Message&) const = default;
};

struct World {
  fuzz::Input& input;
  std::uint32_t number = 0;
  std::deque<Message> due;
  int refusals = 0;  // in a row, of the same datagram
};

World* world = nullptr;

ssize_t fails(int code) {
  errno = code;
  return -1;
}

}  // namespace

// NOLINTBEGIN(*-reserved-identifier,*-identifier-naming): the linker's names, see wrap.cpp.
extern "C" {
ssize_t __wrap_recvfrom(int, void* buffer, std::size_t size, int, sockaddr* from,
                        socklen_t* length) {
  const std::uint8_t what = world->input.byte();
  if (what < 0x20) return fails(what % 2 == 0 ? EAGAIN : EINTR);
  if (what < 0x40) return fails(kLateErrors[what % 4]);
  Message message{static_cast<std::uint16_t>(1 + what % 8), std::to_string(++world->number)};
  message.bytes.resize(what % 16 == 0 ? 0 : message.bytes.size() + std::size_t{what} * 8, '.');
  fuzz::require(message.bytes.size() <= size, "a buffer that is too small");
  message.bytes.copy(static_cast<char*>(buffer), message.bytes.size());
  sockaddr_in sender{};
  sender.sin_family = AF_INET;
  sender.sin_port = htons(message.port);
  std::memcpy(from, &sender, sizeof sender);
  *length = sizeof sender;
  world->due.push_back(message);
  return static_cast<ssize_t>(message.bytes.size());
}

ssize_t __wrap_sendto(int, const void* bytes, std::size_t size, int, const sockaddr* to,
                      socklen_t) {
  const std::uint16_t port = ntohs(reinterpret_cast<const sockaddr_in*>(to)->sin_port);
  const Message message{port, std::string(static_cast<const char*>(bytes), size)};
  fuzz::require(!world->due.empty() && message == world->due.front(), "out of turn");
  const std::uint8_t what = world->input.byte();
  if (what >= 0xf0) return fails(EINTR);
  if (what >= 0xc0) return world->refusals = 0, fails(EAGAIN);
  // The first error may be an earlier datagram's; after the second this one is lost.
  const bool refused = what >= 0x80;
  if (refused && ++world->refusals < 2) return fails(kLateErrors[what % 4]);
  world->refusals = 0;
  world->due.pop_front();
  return refused ? fails(kLateErrors[what % 4]) : static_cast<ssize_t>(size);
}

/// Nobody reads standard error.
int __wrap_poll(pollfd*, nfds_t, int) {
  return 0;
}
}
// NOLINTEND(*-reserved-identifier,*-identifier-naming)

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  World here{input, 0, {}, 0};
  world = &here;
  common::ServerOptions options;
  options.port = 0;
  static common::DatagramEcho echo(options);  // one socket will do: nothing goes through it
  while (!input.empty()) {
    if (input.byte() % 2 == 0) {
      echo.receive();
    } else {
      echo.send();
    }
    fuzz::require(here.due.size() <= common::DatagramQueue::kCapacity, "more than the queue holds");
    fuzz::require(echo.wants_to_send() == !here.due.empty(), "wrong about what is due");
  }
  // With no byte left the kernel takes everything.
  while (echo.wants_to_send()) echo.send();
  fuzz::require(here.due.empty(), "a datagram was lost");
  return 0;
}
