// What happens where a future, a handle or a socket is used in a way that it was not made for? One
// clear error; and what is given up is given up at once.
#include <doctest/doctest.h>

#include <csignal>
#include <cstddef>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "io_support.hpp"
#include "support.hpp"

namespace runtime {
namespace {

Async<int> one() {
  co_return 1;
}

TEST_CASE("a handle that has given its output, or was moved from or detached, has no state") {
  // (No co_await in a macro: some compilers run it twice.)
  const auto again = []() -> Async<std::string> {
    auto handle = spawn(one());
    co_await handle;
    std::string text;
    try {
      co_await handle;
    } catch (const NoState& error) {
      text = error.what();
    }
    auto moved = spawn(one());
    const JoinHandle<int> other(std::move(moved));
    try {
      co_await moved;
    } catch (const NoState&) {
      text += "!";
    }
    auto detached = spawn(one());
    detached.detach();
    try {
      co_await detached;
    } catch (const NoState&) {
      text += "!";
    }
    co_return text;
  };
  for (const Options& options : executors()) {
    CHECK(block_on(again(), options) ==
          "no state: it has given its result already, or was moved from!!");
  }
}

TEST_CASE("a coroutine that has ended, or was moved from, has no state") {
  const auto main = []() -> Async<int> {
    int errors = 0;
    Async<int> ended = one();
    co_await ended;  // as a leaf
    try {
      co_await ended;
    } catch (const NoState&) {
      ++errors;
    }
    try {
      co_await std::move(ended);  // as a callee
    } catch (const NoState&) {
      ++errors;
    }
    Async<int> moved = one();
    const Async<int> other(std::move(moved));
    try {
      co_await moved;
    } catch (const NoState&) {
      ++errors;
    }
    co_return errors;
  };
  CHECK(block_on(main()) == 3);
}

TEST_CASE("a future that won a select as an lvalue has no state in the next one") {
  const auto main = []() -> Async<bool> {
    auto handle = spawn(one());
    const auto never = []() -> Async<> { co_await Never(); };
    auto waits = never();
    co_await select(handle, waits);
    try {
      co_await select(handle, waits);
    } catch (const NoState&) {
      co_return true;
    }
    co_return false;
  };
  CHECK(block_on(main()));
}

TEST_CASE("a second task that reads from a stream is told, and the first one goes on") {
  const auto main = [](SocketPair& pair) -> Async<std::string> {
    TcpStream stream(std::move(pair.ours));
    const auto read = [](TcpStream& socket) -> Async<std::string> {
      const Bytes bytes = co_await socket.read_some();
      co_return std::string(bytes);
    };
    auto first = spawn(read(stream));
    co_await yield_now();
    co_await yield_now();
    auto second = spawn(read(stream));
    std::string text;
    try {
      text = co_await second;
    } catch (const TwoWaiters&) {
      text = "two";
    }
    co_await yield_now();  // the first one was woken, and waits again
    send_to(pair.theirs, "x");
    const std::string bytes = co_await first;
    co_return text + bytes;
  };
  SocketPair pair;
  CHECK(block_on(main(pair)) == "twox");
}

TEST_CASE("a second reader is told also when an event has just woken the first") {
  const auto main = [](SocketPair& pair) -> Async<std::string> {
    TcpStream stream(std::move(pair.ours));
    auto first = stream.read_some();
    auto second = stream.read_some();
    auto moment = yield_now();
    co_await select(first, moment);
    send_to(pair.theirs, "x");
    auto turn = yield_now();
    co_await turn;  // the event has taken the waker
    // Somebody reads what was there, and leaves nothing for the second one.
    receive_from(common::Fd(::fcntl(stream.fd(), F_DUPFD_CLOEXEC, 0)));
    auto again = yield_now();
    try {
      co_await select(second, again);
    } catch (const TwoWaiters&) {
      co_return "told";
    }
    co_return "not told";
  };
  SocketPair pair;
  CHECK(block_on(main(pair)) == "told");
}

TEST_CASE("two futures of one task that wait for one direction are one too many") {
  const auto main = [](SocketPair& pair) -> Async<bool> {
    TcpStream stream(std::move(pair.ours));
    auto both = join(stream.readable(), stream.read_some());
    try {
      co_await both;
    } catch (const TwoWaiters&) {
      co_return true;
    }
    co_return false;
  };
  SocketPair pair;
  CHECK(block_on(main(pair)));
}

TEST_CASE("a reader and a writer, and one reader after another, are not two") {
  const auto main = [](SocketPair& pair) -> Async<std::string> {
    fill(pair.ours);
    TcpStream stream(std::move(pair.ours));
    const auto read = [](TcpStream& socket) -> Async<> { co_await socket.readable(); };
    const auto write = [](TcpStream& socket) -> Async<> { co_await socket.write_all("x"); };
    auto writer = spawn(write(stream));
    auto first = spawn(read(stream));
    co_await yield_now();
    co_await yield_now();
    first.abort();
    try {
      co_await first;
    } catch (const Aborted&) {
    }
    auto second = spawn(read(stream));
    co_await yield_now();
    empty_out(pair.theirs);
    send_to(pair.theirs, "x");
    co_await second;
    co_await writer;
    co_return "both";
  };
  SocketPair pair;
  CHECK(block_on(main(pair)) == "both");
}

TEST_CASE("a write to a peer that has left fails as any other, without prepare_server") {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  const auto main = []() -> Async<std::string> {
    SocketPair pair;
    pair.theirs.reset();
    TcpStream stream(std::move(pair.ours));
    try {
      co_await stream.write_all("x");
    } catch (const std::system_error& error) {
      co_return error.what();
    }
    co_return "written";
  };
  CHECK(block_on(main()) == "write: Broken pipe");
  std::signal(SIGPIPE, before);
}

TEST_CASE("a handler for SIGPIPE stays") {
  const auto mine = +[](int) {};
  const auto before = std::signal(SIGPIPE, mine);
  block_on(one());
  const bool stayed = std::signal(SIGPIPE, before) == mine;
  CHECK(stayed);
}

TEST_CASE("what is assigned to closes what it had, at once") {
  const auto main = [](Lives& lives) -> Async<int> {
    SocketPair first;
    SocketPair second;
    TcpStream current(std::move(first.ours));
    TcpStream next(std::move(second.ours));
    auto readable = current.readable();
    auto moment = yield_now();
    co_await select(readable, moment);  // so that it is registered
    current = std::move(next);
    CHECK(receive_from(first.theirs).empty());  // end of file
    CHECK_FALSE(next);

    const auto holds = [](Counted) -> Async<> { co_await Never(); };
    Async<> future = holds(Counted(lives));
    future = holds(Counted(lives));
    CHECK(lives.alive() == 1);

    auto handle = spawn(holds(Counted(lives)));
    auto other = spawn(holds(Counted(lives)));
    handle = std::move(other);  // the first task goes on, detached
    try {
      co_await other;
    } catch (const NoState&) {
      co_return lives.alive();
    }
    co_return -1;
  };
  Lives lives;
  CHECK(block_on(main(lives)) == 3);
}

TEST_CASE("a coroutine may return what stands in braces") {
  struct Two {
    int a;
    int b;
  };
  const auto two = []() -> Async<Two> { co_return {1, 2}; };
  const auto none = []() -> Async<std::string> { co_return {}; };
  CHECK(block_on(two()).b == 2);
  CHECK(block_on(none()).empty());
}

/// Fails when it is told of a new task.
class Fails final : public Observer {
 public:
  void spawned(const Task&, const Place&) override { throw std::bad_alloc(); }
  void woken(const Task&) override {}
  void poll_begins(const Task&) override {}
  void poll_ends(const Task&, Polled, int) override {}
  void turn_begins(const char*) override {}
  void heard(int, ReadySet) override {}
  void heard_of_thread() override {}
  void turn_ends(std::size_t) override {}
};

TEST_CASE("an observer that throws when a task is spawned costs that task, and nothing else") {
  Lives lives;
  const auto holds = [](Counted) -> Async<> { co_return; };
  const auto executor =
      Ref<Executor>::adopt(new CurrentThread(false, Ref<Observer>::adopt(new Fails)));
  CHECK_THROWS_AS(executor->spawn(holds(Counted(lives)), Place::here()).detach(), std::bad_alloc);
  CHECK(lives.alive() == 0);
  executor->shut_down();
}

}  // namespace
}  // namespace runtime
