// Does chapter 02 keep its promises? The conformance test runs too; here is what is 02's alone.

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/text.hpp"

namespace lab {

const Chapter chapter{.directory = CHAPTER_DIR};

namespace {

using namespace std::chrono_literals;

TEST_CASE("each connection has a thread for as long as it lasts") {
  Server server(chapter.program("echo_server"));
  Peer stays(server.port());
  CHECK(stays.exchange("x") == "x");
  const std::size_t with_one = thread_count(server.pid());
  {
    std::vector<Peer> peers;
    for (int i = 0; i < 10; ++i) peers.emplace_back(server.port());
    for (Peer& peer : peers) CHECK(peer.exchange("x") == "x");
    CHECK(thread_count(server.pid()) == with_one + 10);
  }
  wait_until([&] { return thread_count(server.pid()) == with_one; }, "ten threads have ended");
}

TEST_CASE("client_server serves ten clients at once") {
  CHECK(with_some_delay(20ms, [](const std::string& delay) {
    const Result result = run({chapter.program("client_server"), "--port", "0", "--delay", delay});
    CHECK_MESSAGE(result.status == 0, result.err);
    CHECK(sorted_lines(result.out) == sorted_lines_of(10));
    return statistic(result, "peak") == 10;
  }));
}

TEST_CASE("client_server serves as many clients as it is told") {
  const Result result =
      run({chapter.program("client_server"), "--port", "0", "--delay", "1ms", "--clients", "3"});
  CHECK(sorted_lines(result.out) == sorted_lines_of(3));
}

TEST_CASE("client_server has exit status 1 when its clients fail") {
  // Standard streams, a pipe, a listener: nothing is left for a client's socket.
  const Result result = run({chapter.program("client_server"), "--port", "0"},
                            {.open_files = 6, .address_space = {}});
  CHECK(result.status == 1);
  CHECK(result.err.starts_with("listening on "));
}

TEST_CASE("broken with --forget-join, the server is ended by a thread that nobody joined") {
  Server server(chapter.program("server"), {"--delay", "1s", "--forget-join"});
  Peer peer(server.port());
  CHECK(peer.read_line() == "start 1");
  CHECK(server.stop().signal == SIGABRT);
}

#if !defined(WITH_ADDRESS_SANITIZER) && !defined(WITH_THREAD_SANITIZER)
// The sanitizers reserve terabytes of addresses, so no limit of them can be low.
TEST_CASE("out of threads, it closes that one connection with a line, and the others go on") {
  constexpr rlim_t kMiB = 1024 * 1024;
  // Room for the program and a few stacks of 8 MiB; 100 are asked for.
  Server server(chapter.program("echo_server"), {},
                {.open_files = {}, .address_space = 128 * kMiB});
  std::vector<Peer> peers;
  for (int i = 0; i < 100; ++i) peers.emplace_back(server.port());
  const std::string line = server.program().wait_for_error("connection ");
  CHECK(line.find(": thread: Resource temporarily unavailable") != std::string::npos);
  CHECK(peers.front().exchange("still here\n") == "still here\n");
  peers.clear();
  wait_until([&] { return thread_count(server.pid()) == 1; }, "the threads have ended");
  CHECK(Peer(server.port()).exchange("again\n") == "again\n");
  const Result result = server.stop();
  CHECK_MESSAGE(result.status == 0, result.err);
}
#endif

}  // namespace
}  // namespace lab
