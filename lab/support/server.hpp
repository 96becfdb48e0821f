// How does a test get a server? It starts the chapter's own, on a free port, and stops it at the
// end.
#pragma once

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "lab/support/program.hpp"

namespace lab {

/// A server program of a chapter, running on a free port.
class Server {
 public:
  /// Starts `path` with `--port 0` and `flags`, and waits for its "listening on …" line. The words
  /// of `before`, if any, are a command that becomes the server, such as `nice`.
  explicit Server(const std::string& path, const std::vector<std::string>& flags = {},
                  const Limits& limits = {}, const std::vector<std::string>& before = {});

  /// One whose standard error goes elsewhere, or nowhere: its port is that of its socket.
  static Server silent(const std::string& path, const std::vector<std::string>& flags,
                       const std::vector<std::string>& before);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Program& program() { return program_; }
  [[nodiscard]] pid_t pid() const { return program_.pid(); }

  /// Sends `signal`, waits for the end, and returns how it went.
  Result stop(int signal = SIGTERM);

 private:
  Server(const std::vector<std::string>& command, std::uint16_t (*port_of)(Program&));

  Program program_;
  std::uint16_t port_;
};

/// The number behind `name=` in the last statistics line, as in "served=10 peak=10 …" or
/// "received=10 served=10 peak=3 …". Throws std::runtime_error where there is none.
std::uint64_t statistic(const Result& result, const std::string& name);

/// The CPU time that a process takes while nobody asks anything of it, as a part of a core: 0 for
/// one that waits, 1 for one that spins. A spin is seen only by looking for a while; this looks for
/// half a second. It may still be busy with what came last: then this looks again, a few times.
double idle_load(pid_t pid);

/// True if a process sleeps through a whole second in one system call: it makes no other. To be
/// asked when it has nothing to do. It may still be busy with what came last: only one that has
/// used a second of CPU time since, or has woken in each of ten, does not.
bool sleeps_through_a_second(pid_t pid);

/// Waits until a process that has nothing to do has nevertheless used 100 ms of CPU time: it spins.
void wait_for_spin(pid_t pid);

/// Waits until `server` stands still after a SIGSTOP.
void wait_until_stopped(const Server& server);

/// Stops `server` with SIGSTOP and waits until it stands; SIGCONT lets it go on.
void stop_for_now(Server& server);

/// The socket of `server` with the highest number: what is done to it here happens to the server.
/// See pidfd_getfd(2).
common::Fd share_last_socket(const Server& server);

/// Waits until a server has no more than `files` descriptors open: those of clients are closed.
void wait_until_closed(const Server& server, std::size_t files);

/// Tries with a longer and longer `--delay`, from `first` on, until `attempt` is true; false if it
/// never is. For what is so only where a program is not kept from running for as long as the delay.
template <class Attempt>
bool with_some_delay(std::chrono::milliseconds first, Attempt attempt) {
  for (auto delay = first; delay < kPatience / 4; delay *= 3) {
    if (attempt(std::to_string(delay.count()) + "ms")) return true;
  }
  return false;
}

/// Waits until `condition` holds, asking again and again. Throws TimeLimit with `what`.
template <class Condition>
void wait_until(Condition condition, const std::string& what) {
  const auto deadline = common::Clock::now() + kPatience;
  while (!condition()) {
    if (common::Clock::now() > deadline) throw TimeLimit("waited in vain until " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace lab
