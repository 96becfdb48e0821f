// Does every byte arrive, whatever is cancelled? Sockets on the loopback, with 0, 1 and 2 workers.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/server.hpp"
#include "support.hpp"

namespace runtime {

/// A name server that answers when `release` is set: that there is no such name.
struct SlowNames {
  Flag asked;
  Flag release;
};
std::shared_ptr<SlowNames> slow_names;

namespace {

using namespace std::chrono_literals;

/// Two ends of one connection.
struct Connected {
  TcpStream client;
  TcpStream server;
};

Async<Connected> connected() {
  TcpListener listener = TcpListener::bind("127.0.0.1", 0);
  auto accepting = listener.accept();
  Connected both;
  both.client = co_await TcpStream::connect("127.0.0.1", listener.port());
  both.server = co_await accepting;
  co_return both;
}

Async<> write_and_close(TcpStream& stream, const std::string& bytes) {
  co_await stream.write_all(bytes);
  stream.half_close();
}

Async<std::string> read_all(TcpStream& stream) {
  co_return co_await stream.read_to_end();
}

Async<> both_ways_at_once() {
  const std::string bytes = lab::random_bytes(4 * 1024 * 1024);
  const std::string others = lab::random_bytes(3 * 1024 * 1024);
  Connected both = co_await connected();
  auto writes = spawn(write_and_close(both.client, bytes));
  auto answers = spawn(write_and_close(both.server, others));
  auto reads = spawn(read_all(both.server));
  const std::string answer = co_await both.client.read_to_end();
  const std::string read = co_await reads;
  CHECK(read == bytes);
  CHECK(answer == others);
  co_await writes;
  co_await answers;
}

TEST_CASE("megabytes both ways at once arrive whole, and a closed half leaves the other open") {
  for (const Options& options : executors()) block_on(both_ways_at_once(), options);
}

Async<> end_in_the_same_edge() {
  Connected both = co_await connected();
  co_await both.client.write_all("last");
  both.client.half_close();
  co_await both.server.readable();
  co_await sleep(2ms);  // by now both have come; how they came is the same to a reader
  const Bytes bytes = co_await both.server.read_some();
  CHECK(bytes == "last");
  const Bytes end = co_await both.server.read_some();
  CHECK(end.empty());
}

TEST_CASE("data and the end of file in one edge are both read") {
  block_on(end_in_the_same_edge());
}

Async<> end_of_both_halves() {
  Connected both = co_await connected();
  both.client.half_close();
  const Bytes end = co_await both.server.read_some();
  CHECK(end.empty());
  const bool half = co_await timeout(2ms, both.server.ended());
  CHECK_FALSE(half);
  { const TcpStream gone = std::move(both.client); }
  co_await both.server.write_all("x");  // nobody is there any more: the answer is a reset
  const bool whole = co_await timeout(10s, both.server.ended());
  CHECK(whole);
}

TEST_CASE("a connection has ended when both halves are closed, and not with the first") {
  for (const Options& options : executors()) block_on(end_of_both_halves(), options);
}

/// Reads with time limits that are always too short, again and again.
Async<std::string> impatient_read(TcpStream& stream) {
  std::string all;
  std::array<char, 64> buffer;
  for (;;) {
    const auto size = co_await timeout(50us, stream.read(buffer));
    if (!size) continue;
    if (*size == 0) co_return all;
    all.append(buffer.data(), *size);
  }
}

Async<> slow_write(TcpStream& stream, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 100) {
    co_await stream.write_all(std::string_view(bytes).substr(at, 100));
    if (at % 1000 == 0) co_await sleep(100us);
  }
  stream.half_close();
}

Async<> cancelled_reads() {
  const std::string bytes = lab::random_bytes(20'000);
  Connected both = co_await connected();
  auto writes = spawn(slow_write(both.client, bytes));
  const std::string read = co_await impatient_read(both.server);
  CHECK(read == bytes);
  co_await writes;
}

TEST_CASE("reads that are cancelled lose no byte") {
  for (const Options& options : executors()) block_on(cancelled_reads(), options);
}

Async<> cancelled_accept() {
  TcpListener listener = TcpListener::bind("127.0.0.1", 0);
  for (int i = 0; i < 100; ++i) {
    auto connecting = spawn(TcpStream::connect("127.0.0.1", listener.port()));
    for (;;) {
      auto stream = co_await timeout(20us, listener.accept());
      if (stream) break;
    }
    co_await connecting;
  }
}

TEST_CASE("accepts that are cancelled lose no connection, and no descriptor") {
  const std::size_t before = open_files();
  for (const Options& options : executors()) block_on(cancelled_accept(), options);
  CHECK(open_files() <= before);  // fewer: of a runtime that a thread has kept until now
}

Async<> refused() {
  std::uint16_t port = 0;
  {
    const TcpListener gone = TcpListener::bind("127.0.0.1", 0);
    port = gone.port();
  }
  co_await TcpStream::connect("127.0.0.1", port);
}

TEST_CASE("errors name the call and the address") {
  CHECK(thrown_by([] { block_on(refused()); }).ends_with(": Connection refused"));
  CHECK(thrown_by([] {
          block_on(TcpStream::connect("nowhere.invalid", 1));
        }).starts_with("resolve nowhere.invalid: "));
}

Async<> by_name() {
  TcpListener listener = TcpListener::bind("localhost", 0);
  auto connecting = spawn(TcpStream::connect("localhost", listener.port()));
  TcpStream server = co_await listener.accept();
  TcpStream client = co_await connecting;
  co_await client.write_all("x");
  const Bytes bytes = co_await server.read_some();
  CHECK(bytes == "x");
}

TEST_CASE("a name is looked up, on another thread") {
  for (const Options& options : executors()) block_on(by_name(), options);
}

TEST_CASE("a connect that loses its patience leaves its look-up alone, and without a word") {
  const auto main = []() -> Async<bool> {
    const auto stream = co_await timeout(1ms, TcpStream::connect("slow.invalid", 1));
    slow_names->asked.wait();
    co_return stream.has_value();
  };
  for (const Options& options : executors()) {
    slow_names = std::make_shared<SlowNames>();
    const CapturedErrors errors;
    const std::size_t before = open_files();
    CHECK_FALSE(block_on(main(), options));  // returns, though nobody has answered
    slow_names->release.set();
    // Fewer: of a runtime that a thread had kept until then.
    lab::wait_until([&] { return open_files() <= before; }, "the look-up and its thread end");
    CHECK(errors.text() == "");
  }
}

TEST_CASE("who still waits for a slow look-up gets its error") {
  const auto main = []() -> Async<> {
    auto connecting = spawn(TcpStream::connect("slow.invalid", 1));
    slow_names->release.set();
    const TcpStream stream = co_await connecting;
  };
  slow_names = std::make_shared<SlowNames>();
  CHECK(thrown_by([&] { block_on(main()); }).starts_with("resolve slow.invalid: "));
}

Async<> goodbye_to(Connected& both, common::Duration limit) {
  co_await both.server.write_all("end");
  co_await say_goodbye(std::move(both.server), limit);
}

TEST_CASE("who says goodbye reads what still comes, so that its last words arrive") {
  const auto main = []() -> Async<std::string> {
    Connected both = co_await connected();
    co_await both.client.write_all("what?");
    auto ending = spawn(goodbye_to(both, 1h));
    const std::string all = co_await both.client.read_to_end();
    { const TcpStream gone = std::move(both.client); }
    co_await ending;
    co_return all;
  };
  for (const Options& options : executors()) CHECK(block_on(main(), options) == "end");
}

TEST_CASE("who says goodbye waits for a time, and for a number of bytes") {
  const auto silent = []() -> Async<> {
    Connected both = co_await connected();
    co_await goodbye_to(both, 1ms);
  };
  const auto talkative = []() -> Async<> {
    Connected both = co_await connected();
    auto ending = spawn(goodbye_to(both, 1h));
    const std::string bytes = lab::random_bytes(100'000);
    try {
      for (;;) co_await both.client.write_all(bytes);
    } catch (const std::system_error&) {  // it was cut off
    }
    co_await ending;
  };
  for (const Options& options : executors()) {
    block_on(silent(), options);
    block_on(talkative(), options);
  }
}

Async<> datagrams() {
  UdpSocket server = UdpSocket::bind("127.0.0.1", 0);
  UdpSocket client = UdpSocket::bind("127.0.0.1", 0);
  const common::Address to = common::local_address(server.fd());
  const auto reactor = Handle::current().reactor();
  const std::uint64_t before = reactor->turns();
  std::array<char, 100> buffer;
  for (int i = 0; i < 100; ++i) {
    const std::string sent = "datagram " + std::to_string(i);
    co_await client.send_to(sent, to);
    const common::Datagram datagram = co_await server.receive_from(buffer);
    CHECK(std::string_view(buffer.data(), datagram.size) == sent);
    const auto lost = co_await timeout(0s, server.receive_from(buffer));
    CHECK_FALSE(lost.has_value());
  }
  const std::uint64_t turns = reactor->turns() - before;
  CHECK(turns >= 100);
  CHECK(turns <= 102);
}

TEST_CASE("a hundred datagrams are a hundred waits: to send one wakes nobody") {
  block_on(datagrams());
}

Async<std::uint64_t> timer_expirations() {
  common::Fd timer(common::check(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                                 "timerfd_create"));
  itimerspec in_a_millisecond{};
  in_a_millisecond.it_value.tv_nsec = 1'000'000;
  common::check(::timerfd_settime(timer.get(), 0, &in_a_millisecond, nullptr), "timerfd_settime");
  PollEvented<common::Fd> evented(std::move(timer));
  const auto attempt = [](int fd) {
    std::uint64_t count = 0;
    const auto size = common::try_read(fd, {reinterpret_cast<char*>(&count), sizeof count});
    return size ? Tried<std::uint64_t>{count} : Tried<std::uint64_t>{};
  };
  co_return co_await evented.io(Direction::read, attempt);
}

TEST_CASE("a descriptor of one's own, such as a timerfd, can be awaited") {
  for (const Options& options : executors()) CHECK(block_on(timer_expirations(), options) == 1);
}

Async<> always_ready(std::uint64_t& reads) {
  int ends[2];
  common::check(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), "pipe2");
  PollEvented<common::Fd> pipe{common::Fd(ends[0])};
  const common::Fd writer(ends[1]);
  for (;;) {
    common::write_all(writer.get(), std::string_view("x"));
    const auto attempt = [](int fd) {
      std::array<char, 1> buffer;
      return Tried<std::size_t>{common::try_read(fd, buffer)};
    };
    co_await pipe.io(Direction::read, attempt);
    ++reads;
  }
}

Async<std::uint64_t> beside_a_busy_task() {
  std::uint64_t reads = 0;
  auto busy = spawn(always_ready(reads));
  while (reads == 0) co_await yield_now();
  const std::uint64_t before = reads;
  for (int i = 0; i < 10; ++i) co_await yield_now();
  busy.abort();
  co_return reads - before;
}

TEST_CASE("a task whose descriptor is always ready has a budget, and then others have their turn") {
  const std::uint64_t reads = block_on(beside_a_busy_task());
  CHECK(reads > 0);
  CHECK(reads <= 11 * Context::kBudget);
}

Async<TcpStream> outlives(TcpStream& server) {
  Connected both = co_await connected();
  server = std::move(both.server);
  co_return std::move(both.client);
}

TEST_CASE("a stream may outlive its runtime") {
  TcpStream server;
  TcpStream client = block_on(outlives(server));
  CHECK(client.fd() != -1);
}

TEST_CASE("outside of a runtime a poll throws") {
  TcpListener listener = TcpListener::bind("127.0.0.1", 0);
  auto accepting = listener.accept();
  CHECK_THROWS_AS(static_cast<void>(poll_once(accepting)), std::logic_error);
}

Async<> stopped(const common::Shutdown& shutdown) {
  auto stop = ctrl_c(shutdown);
  const bool too_early = co_await timeout(1ms, stop);
  CHECK_FALSE(too_early);
  CHECK(::raise(SIGTERM) == 0);
  co_await stop;
  co_await stop;
}

TEST_CASE("a signal is awaited, stays, and may be awaited again") {
  for (const Options& options : executors()) {
    const common::Shutdown shutdown;
    block_on(stopped(shutdown), options);
    CHECK(shutdown.requested());
  }
}

}  // namespace
}  // namespace runtime

// NOLINTBEGIN(*-reserved-identifier,*-identifier-naming): the linker's names, see ld(1), --wrap.
extern "C" {
int __real_getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                       addrinfo** found);
int __wrap_getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                       addrinfo** found);

int __wrap_getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                       addrinfo** found) {
  const bool is_slow = std::string_view(node) == "slow.invalid";
  if (!is_slow || (hints->ai_flags & AI_NUMERICHOST) != 0) {
    return __real_getaddrinfo(node, service, hints, found);
  }
  const auto names = runtime::slow_names;  // the test may be over before this is
  names->asked.set();
  names->release.wait();
  return EAI_NONAME;
}
}
// NOLINTEND(*-reserved-identifier,*-identifier-naming)
