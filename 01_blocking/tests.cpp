// Does chapter 01 keep its promises? The conformance test runs too; here is what is 01's alone.

#include <doctest/doctest.h>

#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/server.hpp"

namespace lab {

const Chapter chapter{.directory = CHAPTER_DIR, .one_at_a_time = true};

namespace {

TEST_CASE("while one client waits for its end, the next one is not even greeted") {
  Server server(chapter.program("server"), {"--delay", "1s"});
  Peer first(server.port());
  CHECK(first.read_line() == "start 1");
  Peer second(server.port());
  CHECK(second.hears_nothing());
  CHECK(first.read_line() == "end 1");
  CHECK(second.read_line() == "start 2");
}

TEST_CASE("client_server serves ten clients one after another") {
  const Result result = run({chapter.program("client_server"), "--port", "0", "--delay", "5ms"});
  CHECK_MESSAGE(result.status == 0, result.err);
  CHECK(sorted_lines(result.out) == sorted_lines_of(10));
  CHECK(statistic(result, "peak") == 1);
}

TEST_CASE("client_server takes one delay after another, for as many clients as it is told") {
  const auto start = common::Clock::now();
  const Result result =
      run({chapter.program("client_server"), "--port", "0", "--delay", "50ms", "--clients", "3"});
  CHECK(common::Clock::now() - start >= 3 * std::chrono::milliseconds(50));
  CHECK(sorted_lines(result.out) == sorted_lines_of(3));
}

TEST_CASE("client_server has exit status 1 when its clients fail") {
  // Standard streams, a pipe, a listener: nothing is left for a client's socket.
  const Result result = run({chapter.program("client_server"), "--port", "0"},
                            {.open_files = 6, .address_space = {}});
  CHECK(result.status == 1);
  CHECK(result.err.starts_with("listening on "));
}

TEST_CASE("broken with --keep-sigpipe, the server dies of a client that left while it queued") {
  Server server(chapter.program("server"), {"--delay", "300ms", "--keep-sigpipe"});
  Peer first(server.port());
  CHECK(first.read_line() == "start 1");
  Peer(server.port()).close();
  CHECK(server.program().wait().signal == SIGPIPE);
}

}  // namespace
}  // namespace lab
