// Does chapter 06 keep its promises? The conformance test runs too; here is what is 06's alone.

#include <doctest/doctest.h>

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/server.hpp"

namespace lab {

const Chapter chapter{.directory = CHAPTER_DIR, .hears_resets = true};

namespace {

constexpr std::size_t kBuffer = 16 * 1024;  // as large as a connection's

TEST_CASE("broken with --no-drain, what it has not read at the edge never comes back") {
  const std::string sent = random_bytes(3 * kBuffer);  // the kernel holds it all
  for (const bool broken : {true, false}) {
    CAPTURE(broken);
    const std::vector<std::string> flags(broken ? 1 : 0, "--no-drain");
    Server server(chapter.program("echo_server"), flags);
    Peer peer(server.port());
    CHECK(peer.exchange("hello\n") == "hello\n");
    stop_for_now(server);  // so that all of it is there at one edge
    peer.send(sent);
    server.program().signal(SIGCONT);
    const std::size_t comes_back = broken ? kBuffer : sent.size();
    CHECK((peer.read(comes_back) == sent.substr(0, comes_back)));
    CHECK(peer.hears_nothing());
  }
}

}  // namespace
}  // namespace lab
