// Is a cancelled operation as if it had never begun, and an idle one free?

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"
#include "io_support.hpp"
#include "lab/support/peer.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;

struct Connected {
  TcpStream ours;
  TcpStream theirs;
};

Async<Connected> connect_pair() {
  TcpListener listener = TcpListener::bind("127.0.0.1", 0);
  Connected pair;
  pair.ours = co_await TcpStream::connect("127.0.0.1", listener.port());
  pair.theirs = co_await listener.accept();
  co_return pair;
}

TEST_CASE("a connect that is cancelled on its way leaves no descriptor open") {
  const auto main = []() -> Async<void> {
    // A queue of one connection that nobody accepts: the kernel leaves the next ones on their way.
    TcpListener listener = TcpListener::bind("127.0.0.1", 0);
    common::check(::listen(listener.fd(), 0), "listen");
    const TcpStream fills = co_await TcpStream::connect("127.0.0.1", listener.port());
    const int before = open_descriptors();
    auto late = co_await timeout(20ms, TcpStream::connect("127.0.0.1", listener.port()));
    CHECK_FALSE(late);
    CHECK(open_descriptors() == before);
  };
  block_on(main());
}

TEST_CASE("writes that are cancelled send nothing, and those that are not send each byte once") {
  const auto main = []() -> Async<void> {
    Connected pair = co_await connect_pair();
    std::size_t sent = fill(Fd(common::check(::dup(pair.ours.fd()), "dup")));
    CountingWaker task;
    std::size_t received = 0;
    for (int round = 0; round < 50; ++round) {
      for (;;) {
        auto write = pair.ours.write_some(std::string_view("xx"));
        auto size = poll_for(task, write);
        if (!size.is_ready()) break;  // cancelled here
        sent += size.take();
      }
      CHECK(task.wakers() == 0);
      const Bytes some = co_await pair.theirs.read_some();
      received += some.size();
    }
    pair.ours.half_close();
    const std::string rest = co_await pair.theirs.read_to_end();
    CHECK(received + rest.size() == sent);
  };
  block_on(main());
}

TEST_CASE("a receive that is cancelled after the datagram has come loses none") {
  const auto main = []() -> Async<void> {
    UdpSocket socket = UdpSocket::bind("127.0.0.1", 0);
    std::string buffer(common::kLongestDatagram, '\0');
    for (int round = 0; round < 50; ++round) {
      CountingWaker task;
      {
        auto cancelled = socket.receive_from(buffer);
        CHECK_FALSE(poll_for(task, cancelled).is_ready());
        co_await socket.send_to(std::to_string(round), common::local_address(socket.fd()));
        Handle::current().reactor()->turn(std::nullopt);
        CHECK(task.wakes() == 1);
      }
      const common::Datagram datagram = co_await socket.receive_from(buffer);
      CHECK(buffer.substr(0, datagram.size) == std::to_string(round));
    }
  };
  block_on(main());
}

TEST_CASE("a hundred idle connections: a task is polled only for what its own peer sends") {
  const auto main = []() -> Async<void> {
    constexpr std::size_t kMany = 100;
    std::vector<SocketPair> pairs(kMany);
    std::vector<int> polls(kMany);
    std::vector<JoinHandle<void>> tasks;
    const auto idle = [](SocketPair& pair, int& count) -> Async<void> {
      TcpStream stream(std::move(pair.ours));
      auto wait = stream.readable();
      const auto counted = [&](Context& context) {
        ++count;
        return wait.poll(context);
      };
      co_await poll_fn(counted);
    };
    for (std::size_t i = 0; i < kMany; ++i) tasks.push_back(spawn(idle(pairs[i], polls[i])));
    // The sockets' first event, that they are writable, comes with the first turn: nobody waits.
    for (int i = 0; i < 3; ++i) co_await sleep(1ms);
    for (std::size_t i = 0; i < kMany; ++i) CHECK(polls[i] == 1);
    send_to(pairs[7].theirs, "x");
    co_await tasks[7];
    for (std::size_t i = 0; i < kMany; ++i) CHECK(polls[i] == (i == 7 ? 2 : 1));
  };
  block_on(main());
}

TEST_CASE("a reset by the peer is an error that names the call, for reading and for writing") {
  // What the chapters' programs do at their start; the runtime leaves signals alone.
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const auto main = []() -> Async<void> {
    TcpListener listener = TcpListener::bind("127.0.0.1", 0);
    lab::Peer peer(listener.port());
    TcpStream stream = co_await listener.accept();
    peer.reset();
    co_await stream.readable();
    CHECK(thrown_by([&] { result_of(stream.read_some()); }) == "read: Connection reset by peer");
    CHECK(thrown_by([&] { result_of(stream.write_some(std::string_view("x"))); }) ==
          "write: Broken pipe");
  };
  block_on(main());
  ::signal(SIGPIPE, before);
}

TEST_CASE("reader and writer poll a new stream for the first time at once, on two threads" *
          doctest::skip(kOnRing)) {
  for (const Options& options : pools()) {
    const auto main = []() -> Async<void> {
      for (int round = 0; round < 100; ++round) {
        SocketPair pair;
        send_to(pair.theirs, "x");
        TcpStream stream(std::move(pair.ours));
        const auto read = [](TcpStream& from) -> Async<std::string> {
          const Bytes bytes = co_await from.read_some();
          co_return std::string(bytes);
        };
        const auto write = [](TcpStream& to) -> Async<std::size_t> {
          co_return co_await to.write_some(std::string_view("y"));
        };
        auto reader = spawn(read(stream));
        auto writer = spawn(write(stream));
        const std::string text = co_await reader;
        const std::size_t size = co_await writer;
        CHECK(text == "x");
        CHECK(size == 1);
        CHECK(registrations_of(stream.fd()) == 1);
      }
    };
    block_on(main(), options);
  }
}

TEST_CASE("ctrl_c: many tasks await it, one gives up, and a request reaches all the others") {
  for (const Options& options : executors()) {
    const common::Shutdown shutdown;
    const auto main = [&]() -> Async<void> {
      const auto wait = [](const common::Shutdown& stop) -> Async<void> { co_await ctrl_c(stop); };
      const int before = open_descriptors();
      const bool in_time = co_await timeout(1ms, ctrl_c(shutdown));
      CHECK_FALSE(in_time);
      CHECK(open_descriptors() == before);
      std::vector<JoinHandle<void>> tasks;
      for (int i = 0; i < 5; ++i) tasks.push_back(spawn(wait(shutdown)));
      shutdown.request();
      for (auto& task : tasks) co_await task;
      const bool still = co_await timeout(1h, ctrl_c(shutdown));
      CHECK(still);
    };
    block_on(main(), options);
  }
}

}  // namespace
}  // namespace runtime
