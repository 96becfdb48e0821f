// Who starts the threads, stops them and joins every one? This class.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"

/// Runs each connection's work on a thread of its own. No thread outlives this object.
///
/// Thread safety: `spawn` and `finish` are for the thread that accepts. Invariants:
///  1. A connection's socket is open exactly as long as its entry is in `running_`, so that
///     `shut_down_sockets` cannot meet a descriptor that is closed, or that is somebody else's.
///  2. At most one thread has ended and is not joined: `last_ended_`. A thread cannot join itself,
///     so each one that ends joins the one that ended before it.
class ConnectionThreads {
 public:
  using Work = std::function<void(const common::Fd& socket)>;

  /// What a connection may need besides its delay when the server stops.
  static constexpr common::Duration kTimeToWrite = std::chrono::milliseconds(500);

  /// With `join` false, the destructor forgets to join: the std::threads that still run then end
  /// the program (std::terminate). That is what "break it" shows.
  explicit ConnectionThreads(common::Statistics& statistics, bool join = true)
      : statistics_(statistics), join_(join) {}

  ~ConnectionThreads() {
    if (!join_) return;
    shut_down_sockets();
    wait_until(common::Clock::time_point::max());
    if (last_ended_.joinable()) last_ended_.join();
  }

  /// Starts a thread that does `work` and then closes `socket`. Where there is no thread to be had,
  /// a line on standard error says so, and the connection is closed: the others go on.
  void spawn(common::Fd socket, std::uint64_t number, Work work) {
    // The new thread may end before `entry->thread` is assigned; in `run` it waits for this lock.
    const std::lock_guard lock(mutex_);
    const std::size_t running_before = running_.size();
    try {
      const Entry entry = running_.emplace(running_.end(), statistics_, std::move(socket));
      entry->thread = std::thread([=, this, work = std::move(work)] { run(entry, number, work); });
    } catch (const std::exception& error) {
      if (running_.size() > running_before) running_.pop_back();
      common::print_line("connection " + std::to_string(number) + ": thread: " + error.what());
    }
  }

  /// Waits until all connections have ended. Once a stop is requested they have `grace` left; then
  /// their sockets are shut down, which ends every read and write.
  void finish(const common::Shutdown& shutdown, common::Duration grace) {
    // A signal handler cannot notify a condition variable, so this has to look for the signal.
    while (!shutdown.requested()) {
      if (wait_until(common::Clock::now() + std::chrono::milliseconds(100))) return;
    }
    wait_until(common::Clock::now() + grace);
    shut_down_sockets();
    wait_until(common::Clock::time_point::max());
  }

 private:
  struct Connection {
    Connection(common::Statistics& statistics, common::Fd fd)
        : open(statistics), socket(std::move(fd)) {}
    common::Statistics::Open open;  // declared first, destroyed last: closed before it is counted
    common::Fd socket;
    std::thread thread;
  };
  using Entry = std::list<Connection>::iterator;

  /// What a connection's thread does.
  void run(Entry entry, std::uint64_t number, const Work& work) {
    common::contain_errors(number, [&] { work(entry->socket); });
    std::thread previous;
    {
      const std::lock_guard lock(mutex_);
      previous = std::exchange(last_ended_, std::move(entry->thread));
      running_.erase(entry);
      ended_.notify_all();
    }
    if (previous.joinable()) previous.join();
  }

  /// True when all have ended before `deadline`.
  bool wait_until(common::Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return ended_.wait_until(lock, deadline, [&] { return running_.empty(); });
  }

  void shut_down_sockets() {
    const std::lock_guard lock(mutex_);
    for (const Connection& connection : running_) common::stop_socket(connection.socket.get());
  }

  common::Statistics& statistics_;
  const bool join_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::list<Connection> running_;
  std::thread last_ended_;
};
