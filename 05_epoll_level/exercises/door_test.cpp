#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "door.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/watchdog.hpp"

namespace {

/// While this lives, there is no descriptor to be had but those that are closed meanwhile: the
/// limit is where the first free one would be.
class OutOfDescriptors {
 public:
  OutOfDescriptors() {
    common::check(::getrlimit(RLIMIT_NOFILE, &before_), "getrlimit");
    const common::Fd first_free(common::check(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open"));
    set(static_cast<rlim_t>(first_free.get()));
  }
  ~OutOfDescriptors() { set(before_.rlim_cur); }
  OutOfDescriptors(OutOfDescriptors&&) = delete;

 private:
  void set(rlim_t files) const {
    const rlimit limit{files, before_.rlim_max};
    common::check(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  }

  rlimit before_{};
};

/// A loop, and its door.
struct Loop {
  Loop() {
    common::Fd listener = common::listen_tcp("127.0.0.1", 0);
    common::set_nonblocking(listener.get());
    port = common::local_address(listener.get()).port();
    door.emplace(epoll, std::move(listener));
  }

  /// Does 100 turns, and returns in how many of them epoll told of the listener. Who is let in
  /// comes into `sockets`.
  int told(std::vector<common::Fd>& sockets) {
    int times = 0;
    for (int turn = 0; turn < 100; ++turn) {
      for (const epoll_event& event : epoll.wait(common::Clock::time_point())) {
        if (event.data.u64 != kListener) continue;
        ++times;
        for (common::Fd& socket : door->let_in()) sockets.push_back(std::move(socket));
      }
    }
    return times;
  }

  const lab::Watchdog watchdog;
  Epoll epoll;
  std::optional<Door> door;
  std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("all who knock are let in") {
  Loop loop;
  std::vector<common::Fd> sockets;
  const common::Fd first = common::connect_tcp("127.0.0.1", loop.port);
  const common::Fd second = common::connect_tcp("127.0.0.1", loop.port);
  CHECK(loop.told(sockets) == 1);
  CHECK(sockets.size() == 2);
  loop.door->closed();  // it was not shut
  CHECK(loop.told(sockets) == 0);
}

TEST_CASE("out of descriptors the loop is told once, and not in every turn") {
  Loop loop;
  std::vector<common::Fd> sockets;
  const common::Fd client = common::connect_tcp("127.0.0.1", loop.port);
  const OutOfDescriptors out;
  CHECK(loop.told(sockets) == 1);
  CHECK(loop.told(sockets) == 0);
  CHECK(sockets.empty());
}

TEST_CASE("who knocked in vain is let in when a descriptor is closed, and can talk") {
  Loop loop;
  std::vector<common::Fd> sockets;
  const common::Fd first = common::connect_tcp("127.0.0.1", loop.port);
  const common::Fd second = common::connect_tcp("127.0.0.1", loop.port);
  common::Fd spare(common::check(::eventfd(0, EFD_CLOEXEC), "eventfd"));
  const OutOfDescriptors out;
  loop.told(sockets);
  REQUIRE(sockets.empty());
  spare.reset();
  loop.door->closed();
  CHECK(loop.told(sockets) == 1);  // room for one: it is in, and not lost with the next one's error
  REQUIRE(sockets.size() == 1);
  sockets.clear();
  loop.door->closed();
  CHECK(loop.told(sockets) == 1);
  REQUIRE(sockets.size() == 1);
  common::write_all(sockets.front().get(), std::string_view("x"));
  char byte = 0;
  CHECK(common::read_some(second.get(), std::span(&byte, 1)) == 1);
  CHECK(byte == 'x');
}

TEST_CASE("the door shuts as often as it must, and what else the loop watches is heard meanwhile") {
  Loop loop;
  std::vector<common::Fd> sockets;
  const common::Fd client = common::connect_tcp("127.0.0.1", loop.port);
  const common::Fd other(common::check(::eventfd(1, EFD_CLOEXEC), "eventfd"));
  Watch watch;
  loop.epoll.watch(watch, other.get(), EPOLLIN, 1);
  const OutOfDescriptors out;
  for (int i = 0; i < 3; ++i) {
    CHECK(loop.told(sockets) == 1);
    const auto events = loop.epoll.wait(common::Clock::time_point());
    REQUIRE(events.size() == 1);
    CHECK(events.front().data.u64 == 1);
    loop.door->closed();  // but somebody else has taken the descriptor
  }
}

TEST_CASE("an error that is no shortage is thrown") {
  const lab::Watchdog watchdog;
  Epoll epoll;
  Door door(epoll, lab::DeadPort::bound_socket());  // this does not listen
  CHECK_THROWS_AS(door.let_in(), std::system_error);
}
