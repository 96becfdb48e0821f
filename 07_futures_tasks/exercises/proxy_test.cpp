// Judges the exercise: proxy.hpp says what it has to do.

#include "proxy.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;

/// Two ends of a connection, each of which holds about `size` bytes for the other. Between sockets
/// of this kind nothing is under way: what was written can be read.
std::pair<runtime::TcpStream, runtime::TcpStream> connection(int size) {
  int ends[2];
  common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                "socketpair");
  for (const int fd : ends) {
    common::check(::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), "setsockopt");
  }
  return {runtime::TcpStream(common::Fd(ends[0])), runtime::TcpStream(common::Fd(ends[1]))};
}

/// Two who talk through a proxy, each with its own end.
struct Call {
  /// On the right there is less room than one read from the left returns: writes are short.
  Call() : Call(connection(16 * 1024), connection(4 * 1024)) {}

  runtime::TcpStream left;
  runtime::TcpStream right;
  runtime::JoinHandle<void> handle;

 private:
  using Ends = std::pair<runtime::TcpStream, runtime::TcpStream>;

  Call(Ends first, Ends second)
      : left(std::move(first.first)),
        right(std::move(second.first)),
        handle(runtime::spawn(proxy(std::move(first.second), std::move(second.second)))) {}
};

/// What comes within a second of the virtual clock, which passes only when nobody can do anything:
/// "(nothing)" if nothing comes, and "" for the end of file.
runtime::Async<std::string> hear(runtime::TcpStream& stream) {
  const auto bytes = co_await runtime::timeout(1s, stream.read_some());
  co_return bytes ? std::string(*bytes) : "(nothing)";
}

/// Everything up to the end of file, or as much of it as comes.
runtime::Async<std::string> hear_all(runtime::TcpStream& stream) {
  std::string all;
  for (;;) {
    const std::string bytes = co_await hear(stream);
    if (bytes.empty()) co_return all;
    all += bytes;
    if (bytes == "(nothing)") co_return all;
  }
}

/// Runs a test's coroutine. With a virtual clock its seconds take no time.
void run(runtime::Async<> test) {
  const lab::Watchdog watchdog;
  std::signal(SIGPIPE, SIG_IGN);  // as in every server
  runtime::block_on(std::move(test), {.virtual_clock = true});
}

runtime::Async<> in_any_order() {
  Call call;
  co_await call.right.write_all("welcome");
  const std::string greeting = co_await hear(call.left);
  CHECK(greeting == "welcome");
  co_await call.left.write_all("one");
  const std::string one = co_await hear(call.right);
  CHECK(one == "one");
  co_await call.left.write_all("two");
  const std::string two = co_await hear(call.right);
  CHECK(two == "two");
}

TEST_CASE("either side may speak first, and twice") {
  run(in_any_order());
}

runtime::Async<> ends(bool left_first) {
  Call call;
  runtime::TcpStream& first = left_first ? call.left : call.right;
  runtime::TcpStream& second = left_first ? call.right : call.left;
  co_await first.write_all("the last words");
  first.half_close();
  const std::string heard = co_await hear_all(second);
  CHECK(heard == "the last words");
  co_await second.write_all("an answer");
  const std::string answer = co_await hear(first);
  CHECK(answer == "an answer");
  const bool early = co_await runtime::timeout(1s, call.handle);
  CHECK_FALSE(early);
  if (early) co_return;
  second.half_close();
  const std::string rest = co_await hear_all(first);
  CHECK(rest.empty());
  const bool in_time = co_await runtime::timeout(1s, call.handle);
  CHECK(in_time);
}

TEST_CASE("an end of file is passed on, and the other way stays open until it ends, too") {
  run(ends(true));
  run(ends(false));
}

runtime::Async<> one_does_not_read() {
  constexpr std::size_t kMuch = std::size_t{16} * 1024 * 1024;
  Call call;
  const std::string piece = lab::random_bytes(std::size_t{64} * 1024 + 1);
  std::string sent;
  while (sent.size() < kMuch) {
    const auto size = co_await runtime::timeout(1s, call.left.write_some(piece));
    if (!size) break;
    sent.append(piece, 0, *size);
  }
  // The buffers of two connections, and what one read returns.
  CHECK(sent.size() > 0);
  CHECK(sent.size() < std::size_t{256} * 1024);
  co_await call.right.write_all("I am busy");
  const std::string busy = co_await hear(call.left);
  CHECK(busy == "I am busy");
  call.left.half_close();
  const std::string received = co_await hear_all(call.right);
  CHECK((received == sent));
}

TEST_CASE("who does not read holds up who sends, is still heard, and then gets every byte") {
  run(one_does_not_read());
}

runtime::Async<> one_is_gone() {
  Call call;
  co_await call.right.write_all("the last words");
  const std::string last = co_await hear(call.left);
  CHECK(last == "the last words");
  call.right = runtime::TcpStream();
  co_await call.left.write_all("are you there?");
  bool thrown = false;
  try {
    const bool ended = co_await runtime::timeout(1s, call.handle);
    CHECK(ended);
  } catch (const std::system_error&) {
    thrown = true;
  }
  CHECK(thrown);
  const std::string rest = co_await hear_all(call.left);
  CHECK(rest.empty());
}

TEST_CASE("when one side is gone, the other is closed, and the error is thrown") {
  run(one_is_gone());
}

}  // namespace
