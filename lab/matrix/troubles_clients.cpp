// What can one client, or thousands of them, do to a server?

#include <atomic>
#include <deque>
#include <thread>

#include "lab/support/clients.hpp"
#include "lab/support/text.hpp"
#include "troubles.hpp"

namespace matrix {

namespace {

using lab::Peer;
using lab::random_bytes;

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kIdle = 2000;

/// The server sleeps between one byte and the next: it cannot tell how long the pause is.
void byte_by_byte(Scene& scene) {
  Peer slow = scene.connect();
  const std::string back = lab::exchange_byte_by_byte(slow, "slow", [&](char byte) {
    scene.expect_rest();
    if (byte == 'o') scene.serve_polite_client();
  });
  scene.expect(back == "slow", "a byte did not come back");
}

void never_read(Scene& scene) {
  const Peer deaf = lab::deaf_client(scene.port());
  scene.expect_rest();
  scene.serve_polite_client();
}

/// With bytes on their way in both directions.
void reset(Scene& scene) {
  lab::deaf_client(scene.port()).reset();
}

/// While the server itself still holds bytes for it.
void half_close(Scene& scene) {
  Peer peer = scene.connect();
  const std::string sent = peer.flood();
  peer.half_close();
  scene.expect_rest();
  scene.expect(peer.read_all() == sent, "who half-closed did not get all bytes back");
}

/// They connect and leave while the server stands still: it learns of them when they are gone.
void leave_before_the_write(Scene& scene) {
  stop_for_now(scene.server());
  lab::come_and_go(scene.port());
  scene.server().program().signal(SIGCONT);
}

/// The cuts are where no server expects them.
void split(Scene& scene) {
  const std::string bytes = random_bytes(10'000);
  Peer peer = scene.connect();
  peer.send_at_once();
  for (std::size_t sent = 0, next = 1; sent < bytes.size(); next = next % 61 + 1) {
    peer.send(std::string_view(bytes).substr(sent, next));
    sent += next;
  }
  scene.expect(peer.read(bytes.size()) == bytes, "bytes came back changed");
}

/// The server stands still until all is there: one read stops before the urgent byte.
void send_urgent(Scene& scene) {
  Peer peer = scene.connect();
  stop_for_now(scene.server());
  peer.send("before");
  peer.send_urgent('!');
  peer.send("after\n");
  scene.server().program().signal(SIGCONT);
  scene.expect(peer.read_line() == "before!after", "a byte is missing");
  scene.expect_rest();
}

/// Its power fails: the server hears nothing more, no end, and no answer.
void vanish(Scene& scene) {
  const std::size_t before = lab::open_files(scene.pid());
  Peer peer = scene.connect();
  scene.expect(peer.exchange("hello\n") == "hello\n", "a byte is missing");
  peer.vanish();
  scene.expect_rest();
  wait_until_closed(scene.server(), before);
}

/// One client sends and reads as fast as it can, and does not stop.
void flood(Scene& scene) {
  std::atomic<bool> over = false;
  bool right = true;
  std::thread thread([&, peer = scene.connect(), bytes = random_bytes(kMiB)]() mutable {
    while (!over && right) right = peer.exchange(bytes) == bytes;
  });
  scene.serve_polite_client();
  over = true;
  thread.join();
  scene.expect(right, "bytes of the flood came back changed");
}

void stay_idle(Scene& scene) {
  const std::size_t before = lab::open_files(scene.pid());
  {
    std::deque<Peer> idle;
    while (idle.size() < kIdle) idle.push_back(scene.connect());
    scene.serve_polite_client();
    scene.expect_rest();
  }
  wait_until_closed(scene.server(), before);
}

/// Its calls are interrupted, but no signal handler runs: see signal(7), "Interruption of system
/// calls and library functions by stop signals".
void stop_and_continue(Scene& scene) {
  Peer peer = scene.connect();
  const std::string start = peer.read_line() + '\n';
  stop_for_now(scene.server());
  scene.server().program().signal(SIGCONT);
  scene.expect(lab::is_start_and_end(start + peer.read_all()), "a client did not get its end");
}

/// One of a room never reads; another says more than all buffers hold, and hears it.
void never_listen(Scene& scene) {
  const Peer deaf(scene.port(), lab::kSmallBuffer);
  {
    Peer speaker = scene.connect();
    const std::string bytes = random_bytes(kMiB);
    for (int i = 0; i < 16; ++i) scene.expect(speaker.exchange(bytes) == bytes, "words were lost");
  }
  scene.serve_polite_client();
  scene.expect_rest();
}

}  // namespace

std::vector<Trouble> troubles_with_clients() {
  const Scene::Flags soon = {"--delay", "20ms"};
  return {
      trouble_with("echo_server", {}, "slow", "a byte now and then", byte_by_byte),
      trouble_with("echo_server", {}, "split", "words cut anywhere", split),
      trouble_with("echo_server", {}, "urgent", "a byte sent as urgent", send_urgent),
      trouble_with("echo_server", {}, "half-close", "half-closed before its echo", half_close),
      trouble_with("echo_server", {}, "reset", "reset in mid-echo", reset),
      trouble_with("server", soon, "gone", "gone before the write", leave_before_the_write),
      trouble_with("echo_server", {"--peer-timeout", "2s"}, "vanished", "gone without a word",
                   vanish),
      trouble_with("echo_server", {}, "deaf", "sends and never reads", never_read),
      trouble_with("echo_server", {}, "flood", "a flood without end", flood),
      trouble_with("echo_server", {}, "idle", "2,000 that say nothing", stay_idle),
      trouble_with("broadcast_server", {}, "room", "in a room, one never reads", never_listen),
      trouble_with("server", {"--delay", "200ms"}, "stopped", "SIGSTOP, then SIGCONT",
                   stop_and_continue),
  };
}

}  // namespace matrix
