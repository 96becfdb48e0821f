// When is the kernel told, and when does it tell? Each rule of Epoll.

#include "epoll.hpp"

#include <doctest/doctest.h>
#include <sys/eventfd.h>

#include <vector>

namespace {

/// A descriptor that is readable.
common::Fd readable() {
  return common::Fd(common::check(::eventfd(1, EFD_CLOEXEC), "eventfd"));
}

/// The tokens of what is ready now.
std::vector<std::uint64_t> ready_now(Epoll& epoll) {
  std::vector<std::uint64_t> tokens;
  for (const epoll_event& event : epoll.wait(common::Clock::now())) {
    const std::uint64_t token = event.data.u64;  // where epoll_event is packed, it is not aligned
    tokens.push_back(token);
  }
  return tokens;
}

using Tokens = std::vector<std::uint64_t>;

TEST_CASE("what has not changed is not told to the kernel: an edge does not come again") {
  Epoll epoll;
  const common::Fd fd = readable();
  Watch watch;
  epoll.watch(watch, fd.get(), EPOLLIN | EPOLLET, 1);
  CHECK((ready_now(epoll) == Tokens{1}));
  epoll.watch(watch, fd.get(), EPOLLIN | EPOLLET, 1);
  CHECK(ready_now(epoll).empty());
}

TEST_CASE("who asks again is told an edge again") {
  Epoll epoll;
  const common::Fd fd = readable();
  Watch watch;
  epoll.watch(watch, fd.get(), EPOLLIN | EPOLLET, 1);
  CHECK((ready_now(epoll) == Tokens{1}));
  epoll.ask_again(watch, 1);
  CHECK((ready_now(epoll) == Tokens{1}));
}

TEST_CASE("a watch that turns to another descriptor puts that one on the list") {
  Epoll epoll;
  common::Fd first = readable();
  const common::Fd second = readable();
  Watch watch;
  epoll.watch(watch, first.get(), EPOLLIN, 1);
  first.reset();
  epoll.watch(watch, second.get(), EPOLLIN, 2);
  CHECK((ready_now(epoll) == Tokens{2}));
}

TEST_CASE("a change of what is watched for reaches the kernel") {
  Epoll epoll;
  const common::Fd fd = readable();
  Watch watch;
  epoll.watch(watch, fd.get(), 0, 1);
  CHECK(ready_now(epoll).empty());
  epoll.watch(watch, fd.get(), EPOLLIN, 1);
  CHECK((ready_now(epoll) == Tokens{1}));
}

TEST_CASE("a stop is told once, although its descriptor stays readable") {
  const common::Fd stop = readable();
  Epoll epoll(stop.get());
  CHECK((ready_now(epoll) == Tokens{kShutdown}));
  CHECK(ready_now(epoll).empty());
}

}  // namespace
