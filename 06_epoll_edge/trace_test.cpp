// Which system calls does the echo server make, and in which order? strace(1) writes them down.

#include <doctest/doctest.h>

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

#include "lab/support/call_trace.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/server.hpp"
#include "readiness.hpp"
#include "traced_server.hpp"

// Under strace a program with a sanitizer does not run.
#if !defined(WITH_ADDRESS_SANITIZER) && !defined(WITH_THREAD_SANITIZER)

namespace lab {
namespace {

TEST_CASE("an echo takes three system calls, epoll_wait, read and write, and none would block") {
  if (!has_strace()) return;
  TracedServer server("echo_server");
  Peer peer(server.port());
  for (int i = 0; i < 10; ++i) CHECK(peer.exchange("x") == "x");
  peer.half_close();
  CHECK(peer.read_all().empty());
  const auto trace = server.stop();
  const auto reads = only("read(", trace);
  REQUIRE(reads.size() == 11);
  for (int i = 0; i < 10; ++i) CHECK(reads[static_cast<std::size_t>(i)].ends_with(" = 1"));
  CHECK(reads[10].ends_with(" = 0"));  // the end of file
  CHECK(only("epoll_ctl(", trace).size() == 1);
  // One for each echo and for the end of file, before that one that says that the new connection is
  // writable, and in the end one that the signal interrupts and one that it wakes.
  const std::size_t waits = only(kEpollWaitCall + "(", trace).size();
  CHECK(waits >= 10 + 1);
  CHECK(waits <= 10 + 1 + 1 + 2);
}

TEST_CASE("bytes and the end of file that come as one edge are both read, and no more is tried") {
  if (!has_strace()) return;
  TracedServer server("echo_server");
  Peer peer(server.port());
  CHECK(peer.exchange("x") == "x");
  stop_for_now(server.server());
  peer.send("last words");
  peer.half_close();
  server.server().program().signal(SIGCONT);
  CHECK(peer.read_all() == "last words");
  const auto reads = only("read(", server.stop());
  REQUIRE(reads.size() == 3);
  CHECK(reads[1].ends_with(" = 10"));
  CHECK(reads[2].ends_with(" = 0"));
}

/// How often the server reads from a peer that has much to say before it reads from another that
/// has one word, both being ready at the same time.
std::size_t reads_before_the_other(const std::vector<std::string>& flags) {
  TracedServer server("echo_server", flags);
  Peer fast(server.port());
  CHECK(fast.exchange("x") == "x");
  Peer quiet(server.port());
  CHECK(quiet.exchange("x") == "x");
  stop_for_now(server.server());
  fast.flood(random_bytes(1024 * 1024));
  quiet.send("me too\n");
  server.server().program().signal(SIGCONT);
  CHECK(quiet.read_line() == "me too");
  const auto reads = only("read(", server.stop());
  std::size_t count = 0;
  while (reads.at(2 + count).find("\"me too") == std::string::npos) ++count;
  MESSAGE(count << " reads from the fast peer, then the other's turn");
  return count;
}

TEST_CASE("one fast peer does not starve the others: after so many rounds it is their turn") {
  if (!has_strace()) return;
  CHECK(reads_before_the_other({}) <= std::size_t{kRoundsPerTurn});
}

TEST_CASE("broken with --no-bound, the others wait for as long as the fast peer likes") {
  if (!has_strace()) return;
  CHECK(reads_before_the_other({"--no-bound"}) > std::size_t{kRoundsPerTurn});
}

}  // namespace
}  // namespace lab

#endif
