// Who starts the tasks of the connections, counts them and waits for their ends? This class.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#include "common/clock.hpp"
#include "common/report.hpp"
#include "common/statistics.hpp"
#include "runtime/runtime.hpp"

/// Runs each connection's work as a task of its own. As 02's ConnectionThreads; but a task that is
/// left over when the runtime ends is simply destroyed, and its socket with it.
///
/// `spawn` and `finish` are for the task that accepts. Must outlive the runtime.
class ConnectionTasks {
 public:
  /// What a connection may need besides its delay when the server stops.
  static constexpr common::Duration kTimeToWrite = std::chrono::milliseconds(500);

  explicit ConnectionTasks(common::Statistics& statistics) : statistics_(statistics) {}

  /// Makes `work` a task. What it throws is a line on standard error and costs this connection.
  /// `where` is for a trace.
  void spawn(std::uint64_t number, runtime::Async<> work,
             runtime::Place where = runtime::Place::here()) {
    runtime::spawn(Connection(*this, number, std::move(work)), where).detach();
  }

  /// Waits until all connections have ended. Once a stop is requested they have `grace` left.
  runtime::Async<> finish(runtime::CtrlC& stop, common::Duration grace) {
    auto ended_or_stop = runtime::poll_fn([&](runtime::Context& context) {
      const bool ended = all_ended(context);
      return ended ? runtime::Poll<void>(runtime::done) : stop.poll(context);
    });
    co_await ended_or_stop;
    auto ended = runtime::poll_fn([this](runtime::Context& context) -> runtime::Poll<void> {
      if (!all_ended(context)) return runtime::pending;
      return runtime::done;
    });
    co_await runtime::timeout(grace, ended);
  }

  /// `context`'s task is woken when a connection closes. To be asked before looking whether one
  /// has.
  void wake_at_close(const runtime::Context& context) {
    static_cast<void>(waits_for_close_.store(context));
  }

  [[nodiscard]] const common::Statistics& statistics() const { return statistics_; }

 private:
  /// Counts one connection while it lives, and tells when it has closed.
  class Open {
   public:
    explicit Open(ConnectionTasks& tasks) : tasks_(&tasks) {
      ++tasks.open_;
      tasks.statistics_.opened();
    }
    Open(Open&& other) noexcept : tasks_(std::exchange(other.tasks_, nullptr)) {}
    ~Open() {
      if (tasks_ != nullptr) tasks_->closed();
    }

   private:
    ConnectionTasks* tasks_;
  };

  /// A future written by hand: that of `work`, with its number, its place in the count, and a fence
  /// around its errors.
  class Connection {
   public:
    using Output = void;

    Connection(ConnectionTasks& tasks, std::uint64_t number, runtime::Async<> work)
        : open_(tasks), number_(number), work_(std::move(work)) {}

    runtime::Poll<void> poll(runtime::Context& context) {
      bool waits = false;
      common::contain_errors(number_, [&] { waits = !work_.poll(context).is_ready(); });
      if (waits) return runtime::pending;
      return runtime::done;
    }

   private:
    Open open_;  // declared first, destroyed last: the work is gone before it is counted as closed
    std::uint64_t number_;
    runtime::Async<> work_;
  };

  void closed() {
    statistics_.closed();  // first, so that who is woken finds it counted
    --open_;
    waits_for_close_.take().wake();
  }

  bool all_ended(const runtime::Context& context) {
    wake_at_close(context);
    return open_ == 0;
  }

  common::Statistics& statistics_;
  std::atomic<std::uint64_t> open_ = 0;
  runtime::AtomicWaker waits_for_close_;
};
