// Does a stop reach every connection, whenever the signal comes? strace(1) sends signals at a
// system call of our choice.

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/call_trace.hpp"

namespace lab {
namespace {

/// The echo server, which gets `signal` while it makes its `number`th write. The first says that it
/// listens.
Server start(const std::string& signal, int number) {
  const std::string inject = "inject=write:signal=" + signal + ":when=" + std::to_string(number);
  // With -D the server is our child, and strace its: other signals reach the server.
  return Server(chapter.program(chapter.echo_server), {}, {},
                {"strace", "-D", "-o", "/dev/null", "-e", "trace=write", "-e", inject});
}

TEST_SUITE("echo_server") {
  TEST_CASE(
      "a signal while one connection is served stops those, too, that were passed before it") {
    // Who leaves its writes to a ring makes none during which a signal could be sent.
    if (chapter.one_at_a_time || chapter.has_completions() || !has_strace()) return;
    // The second echo to the middle one of three: whichever way a loop goes through them, a silent
    // one comes before it.
    Server server = start("SIGTERM", 5);
    std::vector<Peer> peers;
    for (int i = 0; i < 3; ++i) CHECK(peers.emplace_back(server.port()).exchange("x") == "x");
    if (thread_count(server.pid()) > 1) return;  // a thread each: no loop that passes any
    peers[1].send("x");
    end_well(server);
  }

  TEST_CASE("bytes for a connection that a stop told of before them has closed") {
    if (!has_strace()) return;
    Server server = start("SIGSTOP", 2);  // in the signal handler: it writes to wake the loop
    const std::size_t before = open_files(server.pid());
    Peer peer(server.port());
    wait_until([&] { return open_files(server.pid()) > before; }, "the connection is accepted");
    server.program().signal(SIGTERM);
    wait_until_stopped(server);
    peer.send("x");  // so the loop is told of both, of the stop first
    server.program().signal(SIGCONT);
    end_well(server);
  }
}

}  // namespace
}  // namespace lab
