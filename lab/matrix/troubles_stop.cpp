// Does a server end when it is told to, whatever it is in the middle of?

#include "lab/support/clients.hpp"
#include "lab/support/text.hpp"
#include "troubles.hpp"

namespace matrix {

namespace {

using lab::is_start_and_end;
using lab::Peer;

void stop_with_nobody(Scene& scene) {
  scene.expect_rest();
  scene.stop();
}

/// What a client gets that may not be accepted any more.
std::string all_that_comes(Peer& peer) {
  try {
    return peer.read_all();
  } catch (const std::system_error&) {
    return {};
  }
}

/// Whoever got a start gets its end, also if the signal comes between.
void stop_with_waiting_clients(Scene& scene) {
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(scene.connect());
  const std::string start = peers.front().read_line() + '\n';
  scene.expect_rest();
  scene.server().program().signal(SIGTERM);
  scene.expect(is_start_and_end(start + peers.front().read_all()), "a client got no end");
  peers.front().close();
  for (std::size_t i = 1; i < peers.size(); ++i) {
    const std::string all = all_that_comes(peers[i]);
    scene.expect(all.empty() || is_start_and_end(all), "a client got no end");
  }
  scene.expect_end();
}

void stop_in_mid_echo(Scene& scene) {
  const Peer deaf = lab::deaf_client(scene.port());
  scene.expect_rest();
  scene.stop();
}

/// All comes at once when it goes on: the signal, one client's bytes, and another client.
void stop_while_stopped(Scene& scene) {
  Peer early = scene.connect();
  scene.expect(early.exchange("hello") == "hello", "bytes did not come back");
  scene.expect_rest();
  stop_for_now(scene.server());
  early.send("still there?");
  const Peer pending = scene.connect();
  scene.server().program().signal(SIGTERM);
  scene.server().program().signal(SIGCONT);
  scene.expect_end();
}

}  // namespace

std::vector<Trouble> troubles_at_the_end() {
  return {
      trouble_with("server", {}, "sigterm-idle", "SIGTERM: nobody is there", stop_with_nobody),
      trouble_with("server", {"--delay", "500ms"}, "sigterm-waiting",
                   "SIGTERM: clients wait for their end", stop_with_waiting_clients),
      trouble_with("echo_server", {}, "sigterm-deaf", "SIGTERM: one never reads", stop_in_mid_echo),
      trouble_with("echo_server", {}, "sigterm-stopped", "SIGTERM: while it is stopped",
                   stop_while_stopped),
  };
}

}  // namespace matrix
