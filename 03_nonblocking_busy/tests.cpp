// Does chapter 03 keep its promises? The conformance test runs too; here is what is 03's alone.

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"

namespace lab {

const Chapter chapter{.directory = CHAPTER_DIR, .busy = true};

namespace {

TEST_CASE("ten more connections take no further thread") {
  Server server(chapter.program("echo_server"));
  std::vector<Peer> peers;
  peers.emplace_back(server.port());
  CHECK(peers.front().exchange("x") == "x");
  const std::size_t with_one = thread_count(server.pid());
  for (int i = 0; i < 10; ++i) peers.emplace_back(server.port());
  for (Peer& peer : peers) CHECK(peer.exchange("x") == "x");
  CHECK(thread_count(server.pid()) == with_one);
}

TEST_CASE("an idle server burns a core: that is the lesson") {
  Server server(chapter.program("server"));
  wait_for_spin(server.pid());
}

TEST_CASE("broken with --drop-unsent, a client that reads late does not get all of its bytes") {
  Server server(chapter.program("echo_server"), {"--drop-unsent"});
  Peer peer(server.port());
  // Nobody pushes back any more, so a flood would have no end.
  const std::string sent = random_bytes(32 * 1024 * 1024);
  peer.send(sent);
  peer.half_close();
  const std::size_t received = peer.read_all().size();
  CHECK(received > 0);
  CHECK(received < sent.size());
}

}  // namespace
}  // namespace lab
