// Judges the exercise: lines.hpp says what it has to do.

#include "lines.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <chrono>
#include <string_view>
#include <variant>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "lab/support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using Line = std::optional<std::string>;

/// A connection: bytes are sent at one end and lines are read at the other.
struct Connection {
  Connection() : Connection(ends()) {}

  runtime::TcpStream sends;
  Lines lines;

 private:
  using Ends = std::pair<common::Fd, common::Fd>;

  explicit Connection(Ends both)
      : sends(std::move(both.first)), lines(runtime::TcpStream(std::move(both.second))) {}

  static Ends ends() {
    int fds[2];
    common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
                  "socketpair");
    return {common::Fd(fds[0]), common::Fd(fds[1])};
  }
};

/// The next line, or "(none yet)" if it does not come within a second.
runtime::Async<Line> next_in_time(Lines& lines) {
  const auto line = co_await runtime::timeout(1s, lines.next());
  if (!line) co_return "(none yet)";
  co_return *line;
}

/// Runs a test's coroutine. With a virtual clock its seconds take no time.
void run(runtime::Async<> test) {
  const lab::Watchdog watchdog;
  runtime::block_on(std::move(test), {.virtual_clock = true});
}

runtime::Async<> patient() {
  Connection connection;
  co_await connection.sends.write_all("start 1\n\nend 1\nthe last");
  connection.sends.half_close();
  for (const Line& expected :
       {Line("start 1"), Line(""), Line("end 1"), Line("the last"), Line()}) {
    const Line line = co_await next_in_time(connection.lines);
    CHECK(line == expected);
  }
}

TEST_CASE("lines come one after the other, and then nothing") {
  run(patient());
}

runtime::Async<> half_a_line() {
  Connection connection;
  for (const std::string_view piece : {"start 0\nsta", "r", "t"}) {
    co_await connection.sends.write_all(piece);
    if (piece.size() > 1) {
      const Line before = co_await next_in_time(connection.lines);
      CHECK(before == "start 0");
    }
    const Line line = co_await next_in_time(connection.lines);
    CHECK(line == "(none yet)");
  }
  co_await connection.sends.write_all(" 1\nend");
  const Line line = co_await next_in_time(connection.lines);
  CHECK(line == "start 1");
  const Line none = co_await next_in_time(connection.lines);
  CHECK(none == "(none yet)");
  connection.sends.half_close();
  const Line rest = co_await next_in_time(connection.lines);
  CHECK(rest == "end");
  const Line end = co_await next_in_time(connection.lines);
  CHECK(end == std::nullopt);
}

TEST_CASE("half a line that came before a timeout is the beginning of the next line") {
  run(half_a_line());
}

runtime::Async<> send_slowly(runtime::TcpStream& sends) {
  for (const char byte : std::string_view("one\ntwo\nthree\n")) {
    co_await runtime::sleep(1s);
    co_await sends.write_all(std::string_view(&byte, 1));
  }
  sends.half_close();
}

runtime::Async<std::string> read_impatiently(Lines& lines) {
  std::string all;
  for (;;) {
    auto first = co_await runtime::select(lines.next(), runtime::sleep(300ms));
    if (first.index() == 1) continue;
    const Line line = std::get<0>(first);
    if (!line) co_return all;
    all += *line + ".";
  }
}

runtime::Async<> slow_sender() {
  Connection connection;
  const auto both = co_await runtime::timeout(
      1h, runtime::join(send_slowly(connection.sends), read_impatiently(connection.lines)));
  REQUIRE(both);
  CHECK(std::get<1>(*both) == "one.two.three.");
}

TEST_CASE("a reader that gives up and tries again, often, gets what a patient one gets") {
  run(slow_sender());
}

}  // namespace
