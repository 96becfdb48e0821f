// Does chapter 07 keep its promises? The conformance test runs too, with 0, 1 and 2 workers; here
// is what is 07's alone.

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/text.hpp"

namespace lab {

namespace {

bool has_workers() {
  const char* const workers = std::getenv("WORKERS");
  return workers != nullptr && std::string_view(workers) != "0";
}

/// The environment says where it is another one.
const char* echo_server() {
  const char* const name = std::getenv("ECHO_SERVER");
  return name != nullptr ? name : "echo_server";
}

}  // namespace

const Chapter chapter{.directory = CHAPTER_DIR,
                      .hears_resets = false,
                      .says_goodbye = true,
                      .other_threads = has_workers(),
                      .echo_server = echo_server()};

namespace {

using namespace std::chrono_literals;

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
  // Standard streams, epoll, eventfd, the signal's pipe and its duplicate, and a listener: nothing
  // is left for a client's socket.
  const Result result = run({chapter.program("client_server"), "--port", "0"},
                            {.open_files = 9, .address_space = {}});
  CHECK(result.status == 1);
  CHECK(result.err.starts_with("listening on "));
}

TEST_CASE("with --idle, who says nothing for so long is dropped, with a line, and nobody else") {
  Server server(chapter.program("echo_server"), {"--idle", "1ms"});
  Peer silent(server.port());
  CHECK(silent.read_all().empty());
  server.program().wait_for_error("connection 1: dropped: silent for too long");
  Server patient(chapter.program("echo_server"), {"--idle", "3600s"});
  Peer peer(patient.port());
  CHECK(peer.exchange("hello\n") == "hello\n");
  CHECK(sleeps_through_a_second(patient.pid()));
  CHECK(peer.exchange("hello\n") == "hello\n");
}

TEST_CASE("a thousand silent connections take no thread, and no CPU time") {
  if (!has_open_files(1100)) return;
  Server server(chapter.program("echo_server"));
  const std::size_t threads = thread_count(server.pid());
  std::vector<Peer> peers;
  for (int i = 0; i < 1000; ++i) peers.emplace_back(server.port());
  CHECK(peers.back().exchange("x") == "x");
  CHECK(thread_count(server.pid()) == threads);
  CHECK(sleeps_through_a_second(server.pid()));
}

}  // namespace
}  // namespace lab
