// Does chapter 04 keep its promises? The conformance test runs too; here is what is 04's alone.

#include <doctest/doctest.h>

#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/server.hpp"

namespace lab {

const Chapter chapter{.directory = CHAPTER_DIR, .hears_resets = true};

namespace {

TEST_CASE("broken with --always-pollout, one silent client is enough to make it spin") {
  Server server(chapter.program("echo_server"), {"--always-pollout"});
  CHECK(sleeps_through_a_second(server.pid()));
  Peer silent(server.port());
  CHECK(silent.exchange("hello\n") == "hello\n");
  wait_for_spin(server.pid());
}

}  // namespace
}  // namespace lab
