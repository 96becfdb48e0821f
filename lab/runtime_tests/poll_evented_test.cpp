// Can a descriptor of the reader's own be awaited, shared fairly, and given up?

#include "runtime/io/poll_evented.hpp"

#include <doctest/doctest.h>
#include <sys/timerfd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "common/error.hpp"
#include "common/io.hpp"
#include "io_support.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;

Async<std::string> read_text(PollEvented<Fd>& source) {
  co_return co_await source.io(Direction::read, try_read_text);
}

Async<void> write_text(const Fd& fd, std::string text) {
  co_await yield_now();
  send_to(fd, text);
}

TEST_CASE("a pipe, an eventfd and a socket are awaited with every executor") {
  for (const Options& options : executors()) {
    const auto main = []() -> Async<void> {
      Pipe pipe;
      SocketPair pair;
      PollEvented<Fd> reading(std::move(pipe.reading));
      PollEvented<Fd> socket(std::move(pair.ours));
      PollEvented<Fd> event(new_eventfd());
      auto first = spawn(write_text(pipe.writing, "pipe"));
      const std::string from_pipe = co_await read_text(reading);
      CHECK(from_pipe == "pipe");
      auto second = spawn(write_text(pair.theirs, "socket"));
      const std::string from_socket = co_await read_text(socket);
      CHECK(from_socket == "socket");
      const std::uint64_t one = 1;
      const std::string bytes(reinterpret_cast<const char*>(&one), sizeof one);
      auto third = spawn(write_text(event.source(), bytes));
      const std::string from_event = co_await read_text(event);
      CHECK(from_event == bytes);
      co_await first;
      co_await second;
      co_await third;
    };
    block_on(main(), options);
  }
}

TEST_CASE("a full pipe is waited for, and writable again when it was read") {
  const auto main = []() -> Async<void> {
    Pipe pipe;
    fill(pipe.writing);
    PollEvented<Fd> writing(std::move(pipe.writing));
    const auto write = [](int fd) {
      return Tried<std::size_t>{common::try_write(fd, std::string_view("x"))};
    };
    auto waits = writing.io(Direction::write, write);
    CountingWaker task;
    CHECK_FALSE(poll_for(task, waits).is_ready());
    empty_out(pipe.reading);
    const std::size_t written = co_await waits;
    CHECK(written == 1);
  };
  block_on(main());
}

TEST_CASE("a future that is destroyed takes back its wait: no wake, and no waker left") {
  in_runtime([](Context&) -> Poll<void> {
    Pipe pipe;
    PollEvented<Fd> source(std::move(pipe.reading));
    CountingWaker task;
    {
      auto read = source.io(Direction::read, try_read_text);
      CHECK_FALSE(poll_for(task, read).is_ready());
      CHECK(task.wakers() == 1);
    }
    CHECK(task.wakers() == 0);
    {
      auto readable = source.readable();
      CHECK_FALSE(poll_for(task, readable).is_ready());
      CHECK(task.wakers() == 1);
    }
    CHECK(task.wakers() == 0);
    send_to(pipe.writing, "kept");
    Handle::current().reactor()->turn(std::nullopt);
    CHECK(task.wakes() == 0);
    auto again = source.io(Direction::read, try_read_text);
    CHECK(poll_for(task, again).take() == "kept");
    return done;
  });
}

TEST_CASE("a future that was never polled does not take back another one's wait") {
  in_runtime([](Context&) -> Poll<void> {
    Pipe pipe;
    PollEvented<Fd> source(std::move(pipe.reading));
    CountingWaker task;
    auto read = source.readable();
    CHECK_FALSE(poll_for(task, read).is_ready());
    { auto unused = source.readable(); }
    CHECK(task.wakers() == 1);
    return done;
  });
}

TEST_CASE("a try that throws leaves the readiness: the next one tries at once") {
  in_runtime([](Context& context) -> Poll<void> {
    Pipe pipe;
    send_to(pipe.writing, "x");
    PollEvented<Fd> source(std::move(pipe.reading));
    CHECK_FALSE(source.poll_ready(Direction::read, context).is_ready());
    Handle::current().reactor()->turn(std::nullopt);
    auto fails =
        source.io(Direction::read, [](int) -> Tried<int> { throw std::runtime_error("failed"); });
    CHECK(thrown_by([&] { static_cast<void>(fails.poll(context)); }) == "failed");
    auto read = source.io(Direction::read, try_read_text);
    CHECK(read.poll(context).take() == "x");
    return done;
  });
}

/// Awaits `operation()` for ever, which is always ready.
template <class Operation>
Async<void> greedy(Operation operation) {
  for (;;) co_await operation();
}

TEST_CASE("a source that is always ready does not keep its task from giving way") {
  const Fd always = new_eventfd(1);
  PollEvented<Fd> source(Fd(common::check(::dup(always.get()), "dup")));
  const auto never_empty = [](int) { return Tried<int>{1}; };
  SUBCASE("tried again and again") {
    const auto main = [&]() -> Async<void> {
      auto task = spawn(greedy([&] { return source.io(Direction::read, never_empty); }));
      for (int i = 0; i < 1000; ++i) co_await yield_now();  // so that the driver has its turns
    };
    block_on(main());
  }
  SUBCASE("only asked whether it is readable") {
    const auto main = [&]() -> Async<void> {
      auto task = spawn(greedy([&] { return source.readable(); }));
      for (int i = 0; i < 1000; ++i) co_await yield_now();  // so that the driver has its turns
    };
    block_on(main());
  }
}

TEST_CASE("virtual time stands still while a descriptor is ready, and jumps when none is") {
  const auto main = []() -> Async<void> {
    Pipe pipe;
    PollEvented<Fd> source(std::move(pipe.reading));
    const auto start = now();
    send_to(pipe.writing, "x");
    const auto text = co_await timeout(1h, read_text(source));
    CHECK(text == "x");
    CHECK(now() == start);
    const auto nothing = co_await timeout(1h, read_text(source));
    CHECK_FALSE(nothing);
    CHECK(now() == start + 1h);
  };
  block_on(main(), virtual_clock());
}

}  // namespace
}  // namespace runtime
