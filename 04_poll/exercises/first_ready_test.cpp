#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "first_ready.hpp"
#include "lab/support/program.hpp"
#include "lab/support/thread.hpp"

using namespace std::chrono_literals;

namespace {

/// A pipe: what is written to one end can be read at the other.
struct Pipe {
  Pipe() {
    int ends[2];
    common::check(::pipe2(ends, O_CLOEXEC), "pipe2");
    read_end = common::Fd(ends[0]);
    write_end = common::Fd(ends[1]);
  }
  void write() const { common::write_all(write_end.get(), std::string_view("x")); }

  common::Fd read_end;
  common::Fd write_end;
};

std::atomic<int> signals_left;
std::atomic<int> rescue;  // the descriptor that the last signal writes to

/// While this lives, the kernel sends a signal every millisecond.
class Signals {
 public:
  /// The ten thousandth writes to `pipe`: a wait that begins anew after each signal ends then, and
  /// fails its test, but does not hang it.
  explicit Signals(const Pipe& pipe) {
    signals_left = 10'000;
    rescue = pipe.write_end.get();
    struct sigaction action {};
    action.sa_handler = [](int) {
      if (--signals_left == 0) common::write_all(rescue, std::string_view("x"));
    };
    common::check(::sigaction(SIGALRM, &action, nullptr), "sigaction");
    set_interval(1ms);
  }
  ~Signals() { set_interval(0ms); }
  Signals(Signals&&) = delete;

 private:
  static void set_interval(std::chrono::microseconds interval) {
    const timeval time{0, interval.count()};
    const itimerval timer{time, time};
    common::check(::setitimer(ITIMER_REAL, &timer, nullptr), "setitimer");
  }
};

/// A datagram socket whose peer is gone, and that has heard so: its next read is an error.
common::Fd refused() {
  common::Fd peer = common::bind_udp("127.0.0.1", 0);
  const common::Address address = common::local_address(peer.get());
  peer.reset();
  common::Fd socket = common::bind_udp("127.0.0.1", 0);
  common::check(::connect(socket.get(), address.data(), address.size()), "connect");
  common::write_all(socket.get(), std::string_view("x"));
  return socket;
}

}  // namespace

TEST_CASE("it returns the first of those that have something to read, and wakes when it comes") {
  const Pipe silent, first, second;
  const std::array fds{silent.read_end.get(), first.read_end.get(), second.read_end.get()};
  CHECK(first_ready(fds, 0s) == std::nullopt);
  lab::Thread late([&] { second.write(); });
  CHECK(first_ready(fds, lab::kPatience) == 2);
  first.write();
  CHECK(first_ready(fds, lab::kPatience) == 1);
}

TEST_CASE("negative descriptors are passed over, and count") {
  const Pipe pipe;
  pipe.write();
  CHECK(first_ready(std::array{-1, -1, pipe.read_end.get()}, 0s) == 2);
  CHECK(first_ready(std::array{-1}, 0s) == std::nullopt);
}

TEST_CASE("the end of file can be read, also where no byte comes before it") {
  const Pipe silent;
  Pipe ended;
  ended.write_end.reset();
  CHECK(first_ready(std::array{silent.read_end.get(), ended.read_end.get()}, 0s) == 1);
}

TEST_CASE("an error can be read, also where nothing else can") {
  const Pipe silent;
  const common::Fd broken = refused();
  CHECK(first_ready(std::array{silent.read_end.get(), broken.get()}, 0s) == 1);
}

TEST_CASE("a wait of less than a millisecond is a wait") {
  const auto begin = common::Clock::now();
  CHECK(first_ready({}, 999us) == std::nullopt);
  CHECK(common::Clock::now() - begin >= 999us);
}

TEST_CASE("a wait that signals interrupt all the time is as long as it should be") {
  const Pipe pipe;
  const Signals signals(pipe);
  const auto begin = common::Clock::now();
  CHECK(first_ready(std::array{pipe.read_end.get()}, 20ms) == std::nullopt);
  CHECK(common::Clock::now() - begin >= 20ms);
}
