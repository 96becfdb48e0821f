// What becomes of a thing that was used in one runtime when it is used in another one? And how do
// threads that are no runtime's reach one?
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "io_support.hpp"
#include "support.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;

/// Waits for `future` for a moment: it is polled, and left.
template <class F>
Async<> touch(F& future) {
  auto moment = yield_now();
  co_await select(future, moment);
}

TEST_CASE("a stream that waited in one runtime goes on in the next, and is registered there" *
          doctest::skip(kOnRing)) {
  for (const Options& options : executors()) {
    SocketPair pair;
    const int fd = pair.ours.get();
    TcpStream stream(std::move(pair.ours));
    const auto wait = [](TcpStream& socket) -> Async<> {
      auto readable = socket.readable();
      co_await touch(readable);
    };
    const auto read = [](TcpStream& socket) -> Async<std::string> {
      const Bytes bytes = co_await socket.read_some();
      co_return std::string(bytes);
    };
    block_on(wait(stream), options);
    send_to(pair.theirs, "x");
    CHECK(block_on(read(stream), options) == "x");
    CHECK(registrations_of(fd) == 1);
  }
}

TEST_CASE("a listener and a UDP socket that waited in one runtime go on in the next") {
  const auto wait = [](TcpListener& listener, UdpSocket& socket) -> Async<> {
    std::string buffer(common::kLongestDatagram, '\0');
    auto accept = listener.accept();
    auto receive = socket.receive_from(buffer);
    auto moment = yield_now();
    co_await select(accept, receive, moment);
  };
  const auto go_on = [](TcpListener& listener, UdpSocket& socket) -> Async<std::string> {
    TcpStream client = co_await TcpStream::connect("127.0.0.1", listener.port());
    const TcpStream accepted = co_await listener.accept();
    UdpSocket sender = UdpSocket::bind("127.0.0.1", 0);
    co_await sender.send_to(std::string_view("hello"), common::local_address(socket.fd()));
    std::string buffer(common::kLongestDatagram, '\0');
    const common::Datagram datagram = co_await socket.receive_from(buffer);
    co_return buffer.substr(0, datagram.size);
  };
  TcpListener listener = TcpListener::bind("127.0.0.1", 0);
  UdpSocket socket = UdpSocket::bind("127.0.0.1", 0);
  block_on(wait(listener, socket));
  CHECK(block_on(go_on(listener, socket)) == "hello");
}

TEST_CASE("a stream that waits in a runtime that still runs is an error in another one, at once") {
  SocketPair pair;
  TcpStream stream(std::move(pair.ours));
  std::binary_semaphore waits(0);
  std::thread first([&] {
    const auto read = [](TcpStream& socket, std::binary_semaphore& is_waiting) -> Async<> {
      auto reading = socket.read_some();
      co_await touch(reading);
      is_waiting.release();
      const Bytes bytes = co_await reading;
      CHECK(bytes == "x");
    };
    block_on(read(stream, waits));
  });
  waits.acquire();
  const auto write_or_wait = [](TcpStream& socket) -> Async<> { co_await socket.read_some(); };
  CHECK_THROWS_AS(block_on(write_or_wait(stream)), WrongRuntime);
  send_to(pair.theirs, "x");
  first.join();
}

TEST_CASE("a handle may be awaited in another runtime, while the first one runs") {
  std::optional<JoinHandle<int>> handle;
  std::binary_semaphore spawned(0);
  Gate begin;
  Gate end;
  std::thread first([&] {
    const auto main = [](std::optional<JoinHandle<int>>& kept, Gate& may_begin, Gate& may_end,
                         std::binary_semaphore& is_there) -> Async<> {
      const auto seven = [](Gate::Wait wait) -> Async<int> {
        co_await std::move(wait);
        co_return 7;
      };
      kept.emplace(spawn(seven(may_begin.wait())));
      is_there.release();
      co_await may_end.wait();
    };
    block_on(main(handle, begin, end, spawned));
  });
  spawned.acquire();
  const auto join = [](JoinHandle<int>& task, Gate& opened) -> Async<int> {
    co_await touch(task);
    opened.open();
    co_return co_await task;
  };
  CHECK(block_on(join(*handle, begin)) == 7);
  end.open();
  first.join();
}

TEST_CASE("a handle may be awaited in another runtime, after the first one's end") {
  std::optional<JoinHandle<int>> handle;
  const auto main = [](std::optional<JoinHandle<int>>& kept) -> Async<> {
    const auto never = []() -> Async<int> {
      co_await Never();
      co_return 7;
    };
    kept.emplace(spawn(never()));
    co_await touch(*kept);
  };
  block_on(main(handle));
  CHECK_THROWS_AS(block_on(*std::move(handle)), Aborted);
}

TEST_CASE("a Handle spawns from a thread of one's own, and the result comes back") {
  for (const Options& options : executors()) {
    const auto main = []() -> Async<int> {
      const auto number = [](int value) -> Async<int> {
        co_await yield_now();
        co_return value;
      };
      auto ends = oneshot<JoinHandle<int>>();
      std::thread thread([handle = Handle::current(), number, &ends] {
        static_cast<void>(ends.sender.send(handle.spawn(number(7))));
      });
      auto task = co_await ends.receiver;
      thread.join();
      const int result = co_await *task;
      co_return result;
    };
    CHECK(block_on(main(), options) == 7);
  }
}

TEST_CASE("whoever waits for what only a Handle's thread can bring is in no deadlock") {
  const auto main = [](Gate& gate) -> Async<> {
    std::thread thread([handle = Handle::current(), &gate] {
      std::this_thread::sleep_for(3 * Driver::kBriefly);  // longer than the search waits
      const auto open = [](Gate& opened) -> Async<> {
        opened.open();
        co_return;
      };
      handle.spawn(open(gate)).detach();
    });
    co_await gate.wait();
    thread.join();
  };
  Gate gate;
  block_on(main(gate));
}

TEST_CASE("a task that is spawned after the runtime's end is aborted at once, and destroyed") {
  for (const Options& options : executors()) {
    std::optional<Handle> handle;
    const auto keep = [](std::optional<Handle>& kept) -> Async<> {
      kept.emplace(Handle::current());
      co_return;
    };
    block_on(keep(handle), options);
    Lives lives;
    const auto never = [](Counted) -> Async<> { co_await Never(); };
    auto task = handle->spawn(never(Counted(lives)));
    CHECK(lives.alive() == 0);
    CHECK_THROWS_AS(block_on(std::move(task)), Aborted);
  }
}

TEST_CASE("in spawn_blocking, spawn and now are the runtime's") {
  for (const Options& options : executors()) {
    const auto main = []() -> Async<int> {
      const auto seven = []() -> Async<int> { co_return 7; };
      auto inner = co_await spawn_blocking([seven] { return spawn(seven()); });
      co_return co_await inner;
    };
    CHECK(block_on(main(), options) == 7);
  }
  const auto times = []() -> Async<bool> {
    co_await sleep(1h);
    const auto there = co_await spawn_blocking([] { return now(); });
    co_return there == now();
  };
  CHECK(block_on(times(), virtual_clock()));
}

TEST_CASE("in spawn_blocking, another runtime may run") {
  const auto main = []() -> Async<int> {
    const auto seven = []() -> Async<int> { co_return 7; };
    const int result = co_await spawn_blocking([seven] { return block_on(seven()); });
    co_return result;
  };
  CHECK(block_on(main()) == 7);
}

TEST_CASE("a virtual clock stands while blocking work is under way") {
  const auto main = []() -> Async<bool> {
    auto work = spawn_blocking([] {
      std::this_thread::sleep_for(20ms);  // what the test is about: the work takes time
      return 7;
    });
    const auto result = co_await timeout(1h, work);
    co_return result.has_value();
  };
  CHECK(block_on(main(), virtual_clock()));
}

TEST_CASE("a virtual clock goes on when blocking work that nobody awaits has ended") {
  const auto main = []() -> Async<> {
    spawn_blocking([] { std::this_thread::sleep_for(1ms); }).detach();
    co_await sleep(1h);
  };
  block_on(main(), virtual_clock());
}

}  // namespace
}  // namespace runtime
