// Does a ring keep what it should, and nothing else? A poll's file is open for as long as the ring
// has the poll.

#include <doctest/doctest.h>
#include <poll.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io_support.hpp"
#include "lab/support/ring.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;

Options on_ring(std::size_t workers) {
  Options options;
  options.workers = workers;
  options.driver = DriverKind::io_uring;
  return options;
}

/// True if what comes has an end. It may take a while where a thread that has ended had begun the
/// poll: the kernel lets go of the file by and by.
bool hears_the_end(const Fd& fd, int milliseconds = 10'000) {
  for (;;) {
    const std::string some = receive_from(fd);
    if (some.empty()) return true;
    pollfd news{fd.get(), POLLIN, 0};
    if (some == "would block" && ::poll(&news, 1, milliseconds) == 0) return false;
  }
}

/// Waits in three places, one after another: to read, for a while, and to write.
Async<> waits_three_times(TcpStream stream) {
  const Bytes first = co_await stream.read_some();
  co_await sleep(first == "sleep" ? 1h : 0h);
  const std::string much(std::size_t{1} << 23, 'x');
  co_await stream.write_all(much);
}

/// Ends while that waits: a moment after `says` was said to it.
Async<> end_at(TcpStream stream, TcpStream& stays, Fd& peer, std::string_view says) {
  co_await timeout(0s, stays.readable());  // it is registered from now on
  auto task = spawn(waits_three_times(std::move(stream)));
  co_await yield_now();
  if (!says.empty()) send_to(peer, says);
  co_await timeout(5ms, task);
}

TEST_CASE("who is destroyed at any await leaves a ring nothing, and the peer hears the end") {
  if (!lab::has_ring()) return;
  for (const std::size_t workers : {0U, 2U}) {
    for (const std::string_view says : {"", "sleep", "write"}) {
      INFO(workers << " workers, \"" << says << "\"");
      SocketPair pair;
      SocketPair other;
      TcpStream stays(std::move(other.ours));  // and its ring with it
      block_on(end_at(TcpStream(std::move(pair.ours)), stays, pair.theirs, says), on_ring(workers));
      CHECK(hears_the_end(pair.theirs));
    }
  }
}

TEST_CASE("a stream that is destroyed after its ring was closed is closed, too") {
  if (!lab::has_ring()) return;
  SocketPair first;
  SocketPair second;
  TcpStream stays(std::move(first.ours));
  {
    TcpStream goes(std::move(second.ours));
    const auto main = [](TcpStream& one, TcpStream& other) -> Async<> {
      co_await timeout(0s, one.readable());
      co_await timeout(0s, other.readable());
    };
    block_on(main(stays, goes), on_ring(0));
  }
  CHECK(hears_the_end(second.theirs));
  CHECK_FALSE(hears_the_end(first.theirs, 0));
}

TEST_CASE("a descriptor's number that is used again at once has the events of the new one only") {
  if (!lab::has_ring()) return;
  const auto main = []() -> Async<> {
    for (int round = 0; round < 500; ++round) {
      SocketPair pair;
      TcpStream stream(std::move(pair.ours));
      send_to(pair.theirs, std::to_string(round));
      const Bytes bytes = co_await stream.read_some();
      CHECK(bytes == std::to_string(round));
      auto more = co_await timeout(0s, stream.read_some());
      CHECK_FALSE(more);
    }
  };
  block_on(main(), on_ring(0));
}

TEST_CASE("more descriptors than the ring has entries are all heard") {
  if (!lab::has_ring()) return;
  const auto main = []() -> Async<> {
    constexpr std::size_t kMany = 300;
    std::vector<SocketPair> pairs(kMany);
    std::vector<JoinHandle<Bytes>> tasks;
    const auto hear = [](Fd socket) -> Async<Bytes> {
      TcpStream stream(std::move(socket));
      co_return co_await stream.read_some();
    };
    for (SocketPair& pair : pairs) tasks.push_back(spawn(hear(std::move(pair.ours))));
    co_await sleep(1ms);
    for (const SocketPair& pair : pairs) send_to(pair.theirs, "x");
    for (auto& task : tasks) {
      const Bytes bytes = co_await task;
      CHECK(bytes == "x");
    }
  };
  block_on(main(), on_ring(0));
}

}  // namespace
}  // namespace runtime
