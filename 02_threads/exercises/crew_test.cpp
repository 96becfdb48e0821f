#include <doctest/doctest.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "crew.hpp"
#include "lab/support/watchdog.hpp"

using namespace std::chrono_literals;

namespace {

/// A client, whose thread in the crew says that it is there, and then does its work.
class Client {
 public:
  struct State {
    std::atomic<bool> heard = false;
    std::atomic<bool> ended = false;
  };
  using Work = void (*)(const common::Fd& socket, State& state);

  /// By default it waits for one byte or for end of file, and takes note of which it was.
  explicit Client(Crew& crew, Work work = listen) {
    std::signal(SIGPIPE, SIG_IGN);  // as in every server
    int ends[2];
    common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    socket_ = common::Fd(ends[0]);
    crew.spawn(common::Fd(ends[1]), [work, state = state_](const common::Fd& socket) {
      common::write_all(socket.get(), std::string_view("."));
      work(socket, *state);
      state->ended = true;
    });
    hear(socket_);
  }

  void speak() { common::write_all(socket_.get(), std::string_view("x")); }
  /// True when the thread has closed the connection.
  bool ended() { return !hear(socket_) && state_->ended; }
  /// True when the thread got what was spoken.
  bool was_heard() { return state_->heard; }

 private:
  static void listen(const common::Fd& socket, State& state) { state.heard = hear(socket); }

  /// True for a byte, false for end of file.
  static bool hear(const common::Fd& socket) {
    char byte = 0;
    return common::read_some(socket.get(), std::span(&byte, 1)) == 1;
  }

  common::Fd socket_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

TEST_CASE("without threads there is nothing to wait for") {
  const lab::Watchdog watchdog;
  Crew crew;
  CHECK(crew.finish(common::Clock::now() + 1h) == 0);
}

TEST_CASE("who ends before the deadline is not cut short, and nobody waits for the rest of it") {
  const lab::Watchdog watchdog;
  Crew crew;
  Client first(crew);
  Client second(crew);
  const auto deadline = common::Clock::now() + 1h;
  auto finish = std::async(std::launch::async, [&] { return crew.finish(deadline); });
  // Whether it waits, and not only will, is seen only by looking for a while.
  CHECK(finish.wait_for(100ms) == std::future_status::timeout);
  first.speak();
  second.speak();
  CHECK(finish.get() == 0);
  CHECK(first.was_heard());
  CHECK(second.was_heard());
}

TEST_CASE("who still waits for a silent client at the deadline is cut short, then and not before") {
  const lab::Watchdog watchdog;
  Crew crew;
  Client talks(crew);
  Client silent(crew);
  Client silent_too(crew);
  talks.speak();
  CHECK(talks.ended());
  const auto deadline = common::Clock::now() + 100ms;
  CHECK(crew.finish(deadline) == 2);
  CHECK(common::Clock::now() >= deadline);
  CHECK(talks.was_heard());
  CHECK(!silent.was_heard());
  CHECK(silent.ended());
  CHECK(silent_too.ended());
}

TEST_CASE("a deadline that has passed is one, too") {
  const lab::Watchdog watchdog;
  Crew crew;
  Client silent(crew);
  CHECK(crew.finish(common::Clock::now()) == 1);
  CHECK(silent.ended());
}

TEST_CASE("who writes to a client that does not read is cut short, too") {
  const lab::Watchdog watchdog;
  Crew crew;
  Client silent(crew, [](const common::Fd& socket, Client::State&) {
    const std::string much(1024 * 1024, 'x');
    CHECK_THROWS_AS(common::write_all(socket.get(), much), std::system_error);
  });
  CHECK(crew.finish(common::Clock::now()) == 1);
}
