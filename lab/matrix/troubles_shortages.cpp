// What if the system has no more to give?

#include <sys/resource.h>

#include "troubles.hpp"

namespace matrix {

namespace {

using lab::Peer;

constexpr rlim_t kMiB = 1024 * 1024;
constexpr int kNewcomers = 5;

void expect_echo(Scene& scene, Peer& peer, const std::string& who) {
  scene.expect(peer.exchange("hello\n") == "hello\n", who + " did not get its bytes back");
}

/// Takes the descriptors away from a server, so that none is left for two clients that come; they
/// are returned.
std::vector<Peer> take_descriptors(Scene& scene) {
  Peer early = scene.connect();
  expect_echo(scene, early, "the first client");
  // Nor does the first leave one when it goes: its number is the highest.
  lab::set_file_limit(scene.pid(), lab::open_files(scene.pid()) - 1);
  // A blocked accept has its descriptor already, so one of these may yet be accepted.
  std::vector<Peer> newcomers;
  for (int i = 0; i < 2; ++i) newcomers.push_back(scene.connect());
  expect_echo(scene, early, "who was there before");
  early.close();
  scene.server().program().wait_for_error("accept: Too many open files");
  scene.expect_rest();
  return newcomers;
}

void run_out_of_descriptors(Scene& scene) {
  const std::size_t files = lab::open_files(scene.pid());
  std::vector<Peer> newcomers = take_descriptors(scene);
  lab::set_file_limit(scene.pid(), files + 10);
  for (Peer& newcomer : newcomers) {
    expect_echo(scene, newcomer, "a newcomer");
    newcomer.close();
  }
}

void stop_out_of_descriptors(Scene& scene) {
  const std::vector<Peer> newcomers = take_descriptors(scene);
  scene.stop();
}

/// The limit leaves none for those who come, but for the one that a blocked accept has already.
void leave_no_descriptor(Scene& scene) {
  const std::size_t files = lab::open_files(scene.pid());
  lab::set_file_limit(scene.pid(), files);
  std::vector<std::unique_ptr<Client>> newcomers;
  for (int i = 0; i < 2; ++i) newcomers.push_back(scene.connect_polite_client());
  scene.server().program().wait_for_error("accept: Too many open files");
  scene.expect_rest();
  lab::set_file_limit(scene.pid(), files + 10);
  for (const auto& newcomer : newcomers) {
    scene.expect(newcomer->is_served(), "a newcomer got no start and end");
  }
}

/// True if the newcomer got its bytes back, or its connection was closed: not if it waits for ever.
bool is_answered(Peer& newcomer) {
  try {
    const std::string back = newcomer.exchange("hello\n");
    return back.empty() || back == "hello\n";
  } catch (const std::system_error&) {
    return true;
  }
}

/// No room for one more stack, and little for anything else.
void run_out_of_threads(Scene& scene) {
  auto early = std::make_unique<Peer>(scene.connect());
  const std::size_t threads = lab::thread_count(scene.pid());
  expect_echo(scene, *early, "the first client");
  const bool thread_each = lab::thread_count(scene.pid()) > threads;
  const rlim_t before =
      lab::set_limit(scene.pid(), RLIMIT_AS, lab::address_space(scene.pid()) + kMiB);
  std::vector<Peer> newcomers;
  for (int i = 0; i < kNewcomers; ++i) newcomers.push_back(scene.connect());
  if (thread_each) {
    const std::string second = "connection " + std::to_string(scene.first_connection() + 1);
    scene.server().program().wait_for_error(second + ": thread: ");
  }
  expect_echo(scene, *early, "who was there before");
  scene.expect_rest();
  early.reset();
  for (Peer& newcomer : newcomers) {
    scene.expect(is_answered(newcomer), "a newcomer's bytes came back changed");
    newcomer.close();
  }
  lab::set_limit(scene.pid(), RLIMIT_AS, before);
}

}  // namespace

std::vector<Trouble> shortages() {
  return {
      trouble_with("echo_server", {}, "descriptors", "out of descriptors", run_out_of_descriptors),
      trouble_with("echo_server", {}, "descriptors-sigterm", "the same, and SIGTERM",
                   stop_out_of_descriptors),
      trouble_with("server", {"--delay", "20ms"}, "server-descriptors", "out of descriptors",
                   leave_no_descriptor),
      trouble_with("echo_server", {}, "threads", "out of memory for threads", run_out_of_threads),
  };
}

}  // namespace matrix
