// Does chapter 04 keep its promises? The conformance test runs too; here is what is 04's alone.

#include <doctest/doctest.h>

#include "common/testing/conformance.hpp"
#include "common/testing/peer.hpp"
#include "common/testing/server.hpp"

namespace common::testing {

const Chapter chapter{.directory = CHAPTER_DIR, .hears_resets = true};

namespace {

TEST_CASE("broken with --always-pollout, one silent client is enough to make it spin") {
  Server server(chapter.program("echo_server"), {"--always-pollout"});
  CHECK(sleeps_through_a_second(server.pid()));
  Peer silent(server.port());
  CHECK(silent.exchange("hello\n") == "hello\n");
  wait_for_spin(server.pid());
}

// Under strace a program with a sanitizer does not run.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST_CASE("a signal while one connection is served stops those, too, that were passed before it") {
  // The fifth write is the second echo to the middle one of three: whichever way the server goes
  // through them, a silent one comes before it.
  Server server(chapter.program("echo_server"), {}, {},
                {"strace", "-D", "-o", "/dev/null", "-e", "trace=write", "-e",
                 "inject=write:signal=SIGTERM:when=5"});
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) CHECK(peers.emplace_back(server.port()).exchange("x") == "x");
  peers[1].send("x");
  const Result result = server.program().wait();
  CHECK(result.status == 0);
  CHECK(statistic(result, "served") == 3);
}

#endif

}  // namespace
}  // namespace common::testing
