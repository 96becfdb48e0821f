// Do a server and a client find each other by an address that holds on one link only? Two network
// namespaces with a cable between them are two machines: see veth(4), network_namespaces(7).

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include "lab/conformance/conformance.hpp"

namespace lab {
namespace {

/// Lays the cable: fe80::1 is here, and fe80::2 is where `there` runs a command.
const std::string kCable = R"sh(
set -e
ip link add here type veth peer name there
unshare -n sleep 3600 > /dev/null 2>&1 &
other=$!
trap "kill $other" EXIT
while [ "$(readlink /proc/$other/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do :; done
ip link set there netns $other
there() { nsenter -t $other -n "$@"; }
ip addr add fe80::1/64 dev here nodad
ip link set here up
there ip addr add fe80::2/64 dev there nodad
there ip link set there up
)sh";

const std::string kTalk = R"sh(
"$1"/server --host fe80::1%here --connections 1 --delay 1ms &
server=$!
until there "$1"/client --host fe80::1%there --clients 1 2> /dev/null; do sleep 0.01; done
wait $server
)sh";

Result in_namespace(const std::string& commands) {
  return run({"sh", "-c", "exec unshare -rn sh -c \"$0\" sh \"$1\"", commands, chapter.directory});
}

/// False where nobody may have namespaces, as in many containers; prints so, and CTest counts the
/// test as skipped.
bool has_cable() {
  const Result result = in_namespace(kCable);
  if (result.status == 0) return true;
  std::printf("skipped: there are no network namespaces here: %s", result.err.c_str());
  return false;
}

TEST_CASE("a server at a link-local address is found through the interface that the client names") {
  if (!has_cable()) return;
  const Result result = in_namespace(kCable + kTalk);
  CHECK_MESSAGE(result.status == 0, result.err);
  CHECK(result.out == "start 1\nend 1\n");
  CHECK_MESSAGE(result.err.find("listening on [fe80::1%") != std::string::npos, result.err);
}

}  // namespace
}  // namespace lab
