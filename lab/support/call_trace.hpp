// Which system calls does a server make? strace(1) writes them into a file, and this reads them.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lab/support/temporary_directory.hpp"

namespace lab {

/// What the kernel calls poll(2) and epoll_wait(2), and strace with it. On arm64, as on all that
/// came late, it has only the two that can do more, and the C library makes the one of the other.
#ifdef SYS_poll
inline const std::string kPollCall = "poll";
inline const std::string kEpollWaitCall = "epoll_wait";
#else
inline const std::string kPollCall = "ppoll";
inline const std::string kEpollWaitCall = "epoll_pwait";
#endif

/// Why strace cannot be used here, in a line: it is not installed, or may not trace, as in many
/// containers. Nothing where it can be used.
std::string why_no_strace();

/// Throws that as a std::runtime_error.
void require_strace();

/// The same for a test: prints it, so that CTest counts the test as skipped, and is false.
bool has_strace();

/// The same two for gdb, which traces as strace does.
std::string why_no_gdb();
bool has_gdb();

/// The file that strace writes. It must live longer than the server.
class CallTrace {
 public:
  /// The command that becomes the server, as `Server` takes it. All of its threads are traced.
  [[nodiscard]] std::vector<std::string> command() const;

  /// The command that traces a server that runs already.
  [[nodiscard]] std::vector<std::string> attach(pid_t pid) const;

  /// The lines that are new since last time.
  std::vector<std::string> take();

 private:
  const TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_.write("trace", "");
  std::streamoff position_ = 0;
};

/// The lines after the first that contains `begin`, up to and with the first that contains `end`. A
/// server reads before it writes: these are where the first read that got `begin` ended, and that
/// of `end`. Throws std::runtime_error if one is missing.
std::vector<std::string> between(const std::string& begin, const std::string& end,
                                 const std::vector<std::string>& lines);

/// How many calls have ended in some lines of a trace. With several threads a call that takes its
/// time may have two, `12 read(7,  <unfinished ...>` and `12 <... read resumed>"x", 16384) = 1`:
/// the second counts.
class Calls {
 public:
  Calls() = default;
  explicit Calls(const std::vector<std::string>& lines);

  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::size_t count(const std::string& name) const;
  /// Those that ended in EAGAIN.
  [[nodiscard]] std::size_t would_block() const { return would_block_; }
  /// {"poll", "read", "write"}
  [[nodiscard]] std::set<std::string> all_names() const;
  /// "poll, read, write"
  [[nodiscard]] std::string names() const;

 private:
  std::map<std::string, std::size_t> counts_;
  std::size_t would_block_ = 0;
};

}  // namespace lab
