// Does chapter 01 keep its promises? The conformance test runs too; here is what is 01's alone.

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <system_error>

#include "common/clock.hpp"
#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/text.hpp"

namespace lab {

const Chapter chapter{.directory = CHAPTER_DIR, .one_at_a_time = true};

namespace {

/// The chapter's first program has a port and a delay of its own. Its twin for tests takes others.
std::string four_calls() {
  return chapter.program("with_flags/four_calls");
}

TEST_CASE("four_calls serves one client after another: start, a pause, end") {
  Server server(four_calls(), {"--delay", "50ms"});
  Peer first(server.port());
  CHECK(first.read_line() == "start 1");
  Peer second(server.port());
  CHECK(first.read_all() == "end 1\n");
  CHECK(second.read_all() == "start 2\nend 2\n");
}

TEST_CASE("four_calls dies of a client that left while it queued") {
  Server server(four_calls(), {"--delay", "300ms"});
  Peer first(server.port());
  CHECK(first.read_line() == "start 1");
  Peer(server.port()).close();
  CHECK(server.program().wait().signal == SIGPIPE);
}

TEST_CASE("four_calls can be started again at once, also when it has just served somebody") {
  Server server(four_calls(), {"--delay", "1ms"});
  CHECK(Peer(server.port()).read_all() == "start 1\nend 1\n");
  CHECK(server.stop().signal == SIGTERM);
  // Who hangs up first keeps the address for a minute: TIME_WAIT, see tcp(7).
  const Program again({four_calls(), "--delay", "1ms", "--port", std::to_string(server.port())});
  const auto answers = [&] {
    try {
      return Peer(server.port()).read_line() == "start 1" || again.err() != "";
    } catch (const std::system_error&) {
      return again.err() != "";
    }
  };
  wait_until(answers, "it is there again");
  CHECK(again.err() == "");
}

TEST_CASE("a second four_calls on the same port ends with an exception that nobody catches") {
  const Server server(four_calls());
  const Result second = run({four_calls(), "--port", std::to_string(server.port())});
  CHECK(second.signal == SIGABRT);
  CHECK(second.err.find("what():  bind: Address already in use\n") != std::string::npos);
}

TEST_CASE("four_calls ends at once when no descriptor is left for a client, before any comes") {
  // Standard streams and the listener.
  const Result result = run({four_calls(), "--port", "0"}, {.open_files = 4, .address_space = {}});
  CHECK(result.signal == SIGABRT);
  CHECK(result.err.find("what():  accept: Too many open files\n") != std::string::npos);
}

TEST_CASE("four_calls leaves its client in mid-sentence when it is told to stop") {
  Server server(four_calls());
  Peer peer(server.port());
  CHECK(peer.read_line() == "start 1");
  const Result result = server.stop(SIGINT);
  CHECK(result.signal == SIGINT);
  CHECK(result.err == "listening on 127.0.0.1:" + std::to_string(server.port()) + "\n");
  CHECK(peer.read_all() == "");
}

TEST_CASE("while one client waits for its end, the next one is not even greeted") {
  Server server(chapter.program("server"), {"--delay", "1s"});
  Peer first(server.port());
  CHECK(first.read_line() == "start 1");
  Peer second(server.port());
  CHECK(second.read_line() == "start 2");
  stop_for_now(server);  // whatever comes now was sent before
  CHECK(first.read_line() == "end 1");
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
