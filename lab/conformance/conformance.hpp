// Which promises does every chapter keep? The test cases of conformance.cpp, linked into each
// chapter's tests, run against that chapter's programs.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "common/fd.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/server.hpp"
#include "lab/support/text.hpp"

namespace lab {

/// What the conformance test must know of the chapter that it runs against. Each chapter's
/// tests.cpp defines the one object of this type.
struct Chapter {
  /// The build directory where its programs are.
  std::string directory;
  /// A client that stays holds all others up: the lesson of 01.
  bool one_at_a_time = false;
  /// The servers take a core even when nothing happens: the lesson of 03.
  bool busy = false;
  /// The start/end server hears of a reset while the connection waits, not first when it writes.
  bool hears_resets = false;
  /// The start/end server closes a connection only when its client has finished, or after a second:
  /// who has sent something gets its end of file, and no reset.
  bool says_goodbye = false;
  /// Other threads than the first do the work: strace(1) without -f sees nothing of it.
  bool other_threads = false;

  /// The program that the echo server's tests run.
  std::string echo_server = "echo_server";

  /// That one leaves its calls to a ring.
  bool has_completions() const { return echo_server == "echo_server_uring"; }

  /// The path of one of its programs.
  std::string program(const std::string& name) const { return directory + "/" + name; }
  /// The paths of all its programs whose names begin with `prefix`, but for those that take no
  /// flags (and have a twin that does, in with_flags/).
  std::vector<std::string> programs(const std::string& prefix = "") const;
};

extern const Chapter chapter;

inline constexpr std::size_t kMiB = 1024 * 1024;

/// A sanitizer keeps for a while what was freed, and its own notes.
#if defined(WITH_ADDRESS_SANITIZER) || defined(WITH_THREAD_SANITIZER)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// Stops a server, and it ends well. Returns how it went.
Result stop_well(Server& server, int signal = SIGTERM);
/// The same of one that ends by itself, or was told to stop already.
Result end_well(Server& server);

/// A program that has nothing to do makes no system call in a second. In 03 it spins.
void check_sleeps(pid_t pid);

/// A program that is to use the port of this socket says in one line that it cannot.
void check_port_in_use(const std::string& program, const common::Fd& taken);

}  // namespace lab
