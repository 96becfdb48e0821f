// How does a test run a program? It starts it, waits for its lines, captures, limits and reaps it.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.hpp"
#include "common/fd.hpp"

namespace lab {

/// How long a test waits for something that must happen before it gives up. No test passes or fails
/// by how fast a thing is; this only turns a hang into a failure.
inline constexpr common::Duration kPatience = std::chrono::seconds(60);

/// Something that a test waited for did not happen within its time limit.
class TimeLimit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// fork(2), for a child that is to be waited for. Whoever started us may have left SIGCHLD ignored:
/// then the kernel forgets how a child has ended.
pid_t fork_to_wait_for();

/// For such a child: whatever its parent ignores or blocks, what it becomes starts as if from a
/// shell. Safe between fork and exec. False, with errno, if it fails.
bool reset_signals() noexcept;

/// Resource limits that the program starts with, soft and hard alike. See setrlimit(2).
struct Limits {
  std::optional<rlim_t> open_files;
  std::optional<rlim_t> address_space;  // bytes
};

/// How a program ended, and what it wrote.
struct Result {
  int status = -1;  ///< exit status, or -1 if a signal ended it
  int signal = 0;   ///< that signal, or 0
  std::string out;
  std::string err;
  common::Duration cpu{};                  ///< user and system time of the program and its children
  std::uint64_t voluntary_switches = 0;    ///< it waited for something
  std::uint64_t involuntary_switches = 0;  ///< it was made to wait
};

/// A running program with both its streams captured; its standard input is /dev/null, or what is
/// given. The destructor kills and reaps it. Wait for its end in the thread that started it.
class Program {
 public:
  /// Starts `command`, whose first word is a path or a name to look for in PATH. Throws
  /// std::system_error if it cannot be run.
  explicit Program(std::vector<std::string> command, const Limits& limits = {}, int input = -1);
  ~Program();
  Program(Program&&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Sends it a signal.
  void signal(int number) const;

  /// Waits until it has written a line that starts with `prefix` to its standard error (or output),
  /// and returns the first such line. Throws TimeLimit, also when it ended without one.
  std::string wait_for_error(const std::string& prefix, common::Duration patience = kPatience);
  std::string wait_for_output(const std::string& prefix, common::Duration patience = kPatience);

  /// Waits for its "listening on …" line and returns the port.
  std::uint16_t port();

  /// Everything written so far.
  std::string out() const;
  std::string err() const;

  /// Waits for its end. Kills it and throws TimeLimit when that takes too long.
  Result wait(common::Duration patience = kPatience);

 private:
  struct Stream {
    common::Fd fd;
    std::string text;
    bool open = true;
  };

  void pump();
  void drain(Stream& stream);
  std::string wait_for_line(const Stream& stream, const std::string& prefix,
                            common::Duration patience);

  std::string name_;
  pid_t pid_ = -1;
  bool reaped_ = false;
  common::Fd
      stop_read_;  // readable once the pump should end although somebody holds the streams open
  common::Fd stop_write_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Stream out_;
  Stream err_;
  std::thread pump_;
};

/// Starts `command`, waits for its end, and returns how it went.
Result run(std::vector<std::string> command, const Limits& limits = {});

/// For a test that needs so many open files: raises the limit as far as it goes. False where that
/// is not enough; then it prints so, and CTest counts the test as skipped.
bool has_open_files(rlim_t files);

/// True if a child of this process has ended. It is left to be waited for: see waitid(2), WNOWAIT.
bool has_ended(pid_t pid);

// What /proc and the kernel's clocks say of a running process.

/// Open file descriptors.
std::size_t open_files(pid_t pid);
/// Resident memory in bytes.
std::size_t resident_bytes(pid_t pid);
/// All memory that it has addresses for, in bytes.
std::size_t address_space(pid_t pid);
/// Threads that exist now.
std::size_t thread_count(pid_t pid);
/// What it does now: 'R' for running, 'S' for sleeping, 'T' for stopped; see proc(5), status.
char state(pid_t pid);
/// True if none of its threads runs: what it has begun, it has ended.
bool all_threads_sleep(pid_t pid);
/// CPU time used so far, by all its threads, also those that have ended.
common::Duration cpu_time(pid_t pid);
/// For each of its threads, by number: how long it did not sleep so far, since it ran, or waited
/// for a core. Empty where the kernel does not tell; see sched-stats.rst in its documentation.
std::map<pid_t, common::Duration> awake_times(pid_t pid);
/// How often its first thread went to sleep so far: between two equal values it slept all the time,
/// or never.
std::size_t voluntary_switches(pid_t pid);
/// Changes a soft limit and returns what it was; the hard one, which only root could raise again,
/// stays.
rlim_t set_limit(pid_t pid, __rlimit_resource resource, rlim_t value);
/// That of open files.
rlim_t set_file_limit(pid_t pid, rlim_t files);

}  // namespace lab
