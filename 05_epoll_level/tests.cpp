// Does chapter 05 keep its promises? The conformance test runs too; here is what is 05's alone.

#include <doctest/doctest.h>

#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"

namespace lab {

const Chapter chapter{.directory = CHAPTER_DIR, .hears_resets = true};

namespace {

TEST_CASE("broken with --keep-epollout, one silent client is enough to make it spin") {
  Server server(chapter.program("echo_server"), {"--keep-epollout"});
  CHECK(sleeps_through_a_second(server.pid()));
  Peer silent(server.port());
  CHECK(silent.exchange("hello\n") == "hello\n");
  wait_for_spin(server.pid());
}

TEST_CASE("broken with --keep-accepting, a client that it has no descriptor for makes it spin") {
  Server server(chapter.program("echo_server"), {"--keep-accepting"});
  set_file_limit(server.pid(), open_files(server.pid()));
  const Peer waits(server.port());
  server.program().wait_for_error("accept: Too many open files");
  wait_for_spin(server.pid());
}

}  // namespace
}  // namespace lab
