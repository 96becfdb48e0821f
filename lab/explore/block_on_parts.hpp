// What do the scenarios of real executors share? A thread that blocks on a future, in an executor,
// and what the tasks in it wait for.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "lab/explore/mock_kernel.hpp"
#include "lab/explore/run.hpp"
#include "lab/explore/scenario_parts.hpp"
#include "runtime/executor/block_on.hpp"
#include "runtime/executor/current_thread.hpp"
#include "runtime/executor/spawn.hpp"
#include "runtime/executor/spawn_blocking.hpp"
#include "runtime/executor/worker_pool.hpp"
#include "runtime/future/small_futures.hpp"
#include "runtime/io/registration.hpp"

namespace explore {

using runtime::Executor;
using runtime::Poll;
using runtime::Ref;

/// Bytes that a task waits for.
class Bytes {
 public:
  explicit Bytes(int fd) : descriptor_(fd) {}

  void come() { descriptor_.become(common::ReadySet::readable()); }
  /// True when there was something to read.
  bool poll(Context& context) {
    constexpr common::ReadySet kBoth = common::ReadySet::readable() | common::ReadySet::writable();
    for (;;) {
      auto ready =
          registration_.poll_ready(descriptor_.fd(), kBoth, runtime::Direction::read, context);
      if (!ready.is_ready()) return false;
      if (descriptor_.take(common::ReadySet::readable())) return true;
      registration_.clear(runtime::Direction::read, ready.take());
    }
  }

 private:
  Descriptor descriptor_;
  runtime::Registration registration_;
};

/// An executor, and what its tasks wait for. What is explored begins, and ends, when they say so.
struct Blocked {
  explicit Blocked(Executor* new_executor) : executor(Ref<Executor>::adopt(new_executor)) {
    calm(true);
  }

  void begin() {
    begun_ = true;
    calm(false);
  }
  /// True, for a future that is ready then.
  static bool end() {
    calm(true);
    return true;
  }
  /// For threads that have to come when it has begun.
  void await_begin() {
    touched_.wait_until("begin", [this] { return begun_; });
  }

  /// Blocks the thread.
  void hold() {
    touched_.wait_until("hold", [this] { return let_go_; });
  }
  void let_go() {
    touched_.touch("let go");
    let_go_ = true;
  }

  Ref<Executor> executor;
  News first;
  News second;
  Bytes bytes{7};
  Bytes more_bytes{8};

 private:
  Watched touched_;
  bool begun_ = false;
  bool let_go_ = false;
};

/// A function that says when it is done, as what `poll_fn` takes.
template <class F>
auto as_future(F function) {
  return [function = std::move(function)](Context& context) mutable {
    return function(context) ? Poll<void>(runtime::done) : Poll<void>(runtime::pending);
  };
}

/// A task of the current runtime.
template <class F>
runtime::JoinHandle<void> spawn(F function) {
  return runtime::spawn(runtime::poll_fn(as_future(std::move(function))));
}

using Task = std::optional<runtime::JoinHandle<void>>;

/// Adds the thread that blocks on `future`, and has nothing else to do with the executor. `fails`:
/// it throws an E instead.
template <class E = void, class F>
void block_on(Run& run, const std::shared_ptr<Blocked>& shared, F future) {
  const auto kept = std::make_shared<F>(std::move(future));
  run.thread("block_on", [shared, kept] {
    const Ref<Executor> executor = std::exchange(shared->executor, {});
    const auto run_it = [&] {
      auto polled = runtime::poll_fn(as_future(std::move(*kept)));
      return runtime::run_in(*executor, std::move(polled), runtime::Place::here()).is_ready();
    };
    if constexpr (std::is_void_v<E>) {
      require(run_it(), "not ready at its end");
    } else {
      try {
        run_it();
      } catch (const E&) {
        return;
      }
      require(false, "it has ended, and should have failed");
    }
  });
}

/// Adds a thread that comes while the tasks are at it.
template <class Body>
void other(Run& run, const std::shared_ptr<Blocked>& shared, const char* name, Body body) {
  run.thread(name, [shared, body] {
    shared->await_begin();
    body(*shared);
  });
}

}  // namespace explore
