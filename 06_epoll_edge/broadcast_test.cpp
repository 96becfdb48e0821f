// What of the broadcast server is 06's alone? What it forgets with --no-rearm, its system calls,
// and its transcript. What every broadcast server does is tested by lab/conformance/broadcast.cpp.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "traced_server.hpp"
#include "transcript.hpp"

namespace lab {
namespace {

TEST_SUITE("broadcast_server") {
  TEST_CASE(
      "broken with --no-rearm, a client is heard once and then no more, and hears the others") {
    Server server(chapter.program("broadcast_server"), {"--no-rearm"});
    std::vector<Peer> peers;
    for (int i = 0; i < 2; ++i) {
      peers.emplace_back(server.port());
      wait_until([&] { return state(server.pid()) == 'S'; }, "the server has accepted it");
    }
    CHECK(peers[0].exchange("once\n") == "once\n");
    peers[0].send("twice\n");
    CHECK(peers[0].hears_nothing());
    CHECK(peers[1].read_line() == "once");
    peers[1].send("from the other\n");
    CHECK(peers[0].read_line() == "from the other");
    CHECK(peers[1].read_line() == "from the other");
    CHECK(peers[1].hears_nothing());
  }

#if !defined(WITH_ADDRESS_SANITIZER) && !defined(WITH_THREAD_SANITIZER)
  TEST_CASE(
      "what is said to ten takes a wait, a read, ten writes, and one call to register again") {
    TracedServer server("broadcast_server");
    std::vector<Peer> peers;
    for (int i = 0; i < 10; ++i) {
      CHECK(peers.emplace_back(server.port()).exchange("x") == "x");  // so it has joined
    }
    for (std::size_t i = 0; i < 10; ++i) peers[i].read(9 - i);
    for (int i = 0; i < 20; ++i) {
      peers[3].send("hello");
      for (Peer& peer : peers) CHECK(peer.read(5) == "hello");
    }
    std::vector<std::string> calls;
    for (const std::string& line : server.stop()) calls.push_back(line.substr(0, line.find('(')));
    std::vector<std::string> expected = {"read"};
    expected.insert(expected.end(), 10, "write");
    expected.insert(expected.end(), {"epoll_ctl", kEpollWaitCall});
    CHECK(std::search(calls.begin(), calls.end(), expected.begin(), expected.end()) != calls.end());
    // And in the end one write to the pipe that wakes it, and one of the statistics.
    CHECK(std::ranges::count(calls, "write") == 55 + 200 + 2);
    CHECK(std::ranges::count(calls, "read") == 10 + 20);
    CHECK(std::ranges::count(calls, "epoll_ctl") == 10 + 10 + 20);
  }
#endif
}

TEST_SUITE("transcript") {
  TEST_CASE(
      "who is as far behind as may be still finds all after the longest piece, at any place") {
    const std::string said = random_bytes(2 * kMostBehind + 5 * kLongestPiece);
    for (const std::size_t start : {std::size_t{0}, kLongestPiece, kMostBehind, kMostBehind + 1}) {
      Transcript transcript;
      std::size_t at = 0;
      const auto add_until = [&](std::size_t end) {
        for (; at < end; at = transcript.end()) {
          const std::size_t size = std::min(end - at, kLongestPiece - 1);
          transcript.add(std::span(said).subspan(at, size));
        }
      };
      add_until(start + kMostBehind);
      transcript.add(std::span(said).subspan(at, kLongestPiece));
      CHECK(transcript.behind(start) == kMostBehind + kLongestPiece);
      std::string found;
      while (transcript.behind(start + found.size()) != 0) {
        const auto bytes = transcript.since(start + found.size());
        found.append(bytes.begin(), bytes.end());
      }
      CHECK((found == said.substr(start, kMostBehind + kLongestPiece)));
    }
  }
}

}  // namespace
}  // namespace lab
