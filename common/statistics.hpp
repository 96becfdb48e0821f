// What did the server do? It counts connections or datagrams and prints one line when it ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include "common/clock.hpp"

namespace common {

/// How many connections are open now, in the whole process. A signal handler may ask.
inline std::atomic<std::uint64_t> open_connections = 0;

/// Counts connections. Thread safety: any member may be called from any thread.
class Statistics {
 public:
  /// One open connection; it is counted as closed when this is destroyed.
  class Open {
   public:
    explicit Open(Statistics& statistics) : statistics_(&statistics) { statistics.opened(); }
    Open(Open&& other) noexcept : statistics_(std::exchange(other.statistics_, nullptr)) {}
    Open& operator=(Open&&) = delete;
    ~Open() {
      if (statistics_ != nullptr) statistics_->closed();
    }

   private:
    Statistics* statistics_;
  };

  /// For whoever counts without an `Open`: each that was opened is to be closed.
  void opened();
  void closed();

  /// Connections closed so far.
  std::uint64_t served() const;

  /// Waits until a connection closes, until `deadline` at the latest.
  void wait_for_close(Clock::time_point deadline);

  /// Prints "served=10 peak=10 wall=1.002s cpu=0.001s" to standard error: connections closed, the
  /// most that were open at once, time since this object was made, and the process's CPU time.
  void print() const;

 private:
  const Clock::time_point start_ = Clock::now();
  mutable std::mutex mutex_;
  std::condition_variable closed_;
  std::uint64_t open_ = 0;
  std::uint64_t peak_ = 0;
  std::uint64_t served_ = 0;
};

/// Counts datagrams. Thread safety: one thread may count what is received, and another one what is
/// sent; to print, nobody counts any more.
class DatagramStatistics {
 public:
  /// One came from the kernel.
  void received() { ++received_; }
  /// One was sent back.
  void sent() { ++served_; }

  /// Datagrams sent back so far.
  [[nodiscard]] std::uint64_t served() const { return served_; }

  /// Prints "received=10 served=10 peak=3 wall=1.002s cpu=0.001s" to standard error: datagrams that
  /// came, those sent back, the longest that the queue between them was, and times as above.
  void print(std::size_t longest_queue) const;

 private:
  const Clock::time_point start_ = Clock::now();
  std::uint64_t received_ = 0;
  std::uint64_t served_ = 0;
};

}  // namespace common
