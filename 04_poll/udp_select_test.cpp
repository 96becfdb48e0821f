// Where does select end, and does poll go on there?

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"

namespace lab {
namespace {

/// A command that becomes the one behind it, with all descriptors below `free` open.
std::vector<std::string> with_open_files_below(int free) {
  const std::string each = "for ((fd = 3; fd < " + std::to_string(free) + "; ++fd))";
  return {"bash", "-c", each + "; do eval \"exec $fd</dev/null\"; done; exec \"$@\"", "bash"};
}

const Limits kManyFiles{.open_files = 2048, .address_space = {}};

TEST_SUITE("udp_echo") {
  TEST_CASE("select takes descriptors up to 1,023") {
    if (!has_open_files(*kManyFiles.open_files)) return;
    // A pipe for signals and the socket: 1,021 to 1,023.
    Server server(chapter.program("udp_echo_select"), {}, kManyFiles, with_open_files_below(1021));
    CHECK(UdpPeer(server.port()).exchange("hello\n") == "hello\n");
    CHECK(server.stop().status == 0);
  }

  TEST_CASE("select refuses descriptor 1,024 with one clear line and exit status 1") {
    if (!has_open_files(*kManyFiles.open_files)) return;
    std::vector<std::string> command = with_open_files_below(1022);
    command.insert(command.end(), {chapter.program("udp_echo_select"), "--port", "0"});
    const Result result = run(command, kManyFiles);
    CHECK(result.status == 1);
    CHECK(result.err == "select: descriptor 1024 is not below 1024\n");
  }

  TEST_CASE("poll takes any descriptor") {
    if (!has_open_files(*kManyFiles.open_files)) return;
    Server server(chapter.program("udp_echo"), {}, kManyFiles, with_open_files_below(1100));
    CHECK(UdpPeer(server.port()).exchange("hello\n") == "hello\n");
    CHECK(server.stop().status == 0);
  }
}

}  // namespace
}  // namespace lab
