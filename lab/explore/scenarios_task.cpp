// Can a wake be lost, or a task end twice, or never? Those who run, wake, abort, join and drop it,
// in every order.
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lab/explore/scenario_parts.hpp"
#include "lab/explore/scenarios.hpp"
#include "lab/explore/workers.hpp"

namespace explore {
namespace {

using runtime::JoinHandle;
using runtime::pending;
using runtime::Place;
using runtime::Poll;

/// A task that ends with 7 when all its news are there. It has no way to ask for wakes: its wakers
/// are made before the threads begin.
struct Waits {
  static constexpr int kMost = 2;

  Workers workers;
  std::array<Atomic<bool>, kMost> news;
  std::array<Waker, kMost> wakers;
  std::optional<JoinHandle<int>> handle;
  Sleeper joiner;

  class Future {
   public:
    using Output = int;
    Future(Waits& waits, int count) : waits_(&waits), count_(count) {}
    Future(Future&&) noexcept = default;

    Poll<int> poll(Context& context) {
      const auto polled = touched_.poll();
      for (int i = 0; i < count_; ++i) {
        if (!waits_->news[static_cast<std::size_t>(i)].load()) return pending;
      }
      static_cast<void>(context);
      return 7;
    }

   private:
    Touched touched_;
    Waits* waits_;
    int count_;
  };

  void spawn(int count) {
    auto* const task = new runtime::FutureTask<Future>(workers, Future(*this, count));
    for (int i = 0; i < count; ++i) wakers[static_cast<std::size_t>(i)] = Waker(*task);
    workers.add(*task);
    handle.emplace(*task);
  }
  /// The news come, and the waker, which may be the task's last reference, goes.
  void wake(std::size_t which) {
    news[which].store(true);
    std::move(wakers[which]).wake();
  }
  /// What the handle gives; -1 for `Aborted`.
  int join() {
    try {
      return joiner.run(*handle).take();
    } catch (const runtime::Aborted&) {
      return -1;
    }
  }
};

std::shared_ptr<Waits> with_worker(Run& run, int news) {
  const auto shared = std::make_shared<Waits>();
  shared->spawn(news);
  run.thread("worker", [shared] { shared->workers.work(); });
  return shared;
}

void one_wake(Run& run) {
  const auto shared = with_worker(run, 1);
  shared->handle.reset();
  run.thread("waker", [shared] { shared->wake(0); });
}

void two_wakes(Run& run) {
  const auto shared = with_worker(run, 2);
  shared->handle.reset();
  run.thread("waker 1", [shared] { shared->wake(0); });
  run.thread("waker 2", [shared] { shared->wake(1); });
}

void abort(Run& run) {
  const auto shared = with_worker(run, 1);
  run.thread("waker", [shared] { shared->wake(0); });
  run.thread("aborter", [shared] { shared->handle->abort(); });
  run.at_end([shared] {
    const int result = shared->join();
    require(result == 7 || result == -1, "neither done nor aborted");
  });
}

void join(Run& run) {
  const auto shared = with_worker(run, 0);
  run.thread("joiner", [shared] { require(shared->join() == 7, "another result"); });
}

void abort_and_join(Run& run) {
  const auto shared = with_worker(run, 0);
  run.thread("joiner", [shared] {
    shared->handle->abort();
    const int result = shared->join();
    require(result == 7 || result == -1, "neither done nor aborted");
  });
}

void detach(Run& run) {
  const auto shared = with_worker(run, 0);
  run.thread("handle", [shared] { shared->handle.reset(); });
}

/// One joiner waits, and then another one with the same handle.
void join_twice(Run& run) {
  const auto shared = with_worker(run, 0);
  const auto other = std::make_shared<Sleeper>();
  run.thread("joiner", [shared, other] {
    Context context(*other);
    if (!shared->handle->poll(context).is_ready()) require(shared->join() == 7, "another result");
  });
}

void join_and_leave(Run& run) {
  const auto shared = with_worker(run, 0);
  run.thread("joiner", [shared] {
    Context context(shared->joiner);
    if (!shared->handle->poll(context).is_ready()) shared->handle.reset();
  });
}

/// One has it already; two wait for it, or are about to.
void mutex(Run& run) {
  struct Shared {
    runtime::RealSmallMutex mutex;
    bool held = true;
  };
  const auto shared = std::make_shared<Shared>();
  const auto unlock = [shared] {
    shared->held = false;
    shared->mutex.unlock();
  };
  const auto lock_and_unlock = [shared, unlock] {
    shared->mutex.lock();
    require(!std::exchange(shared->held, true), "two threads hold the mutex");
    unlock();
  };
  shared->mutex.lock();
  run.thread("holder", unlock);
  run.thread("next", lock_and_unlock);
  run.thread("other", lock_and_unlock);
}

}  // namespace

std::vector<Named> task_scenarios() {
  return {
      {"two threads want the mutex of four bytes while a third one holds it", mutex},
      {"a wake comes while the task runs, stops, or ends", one_wake},
      {"two wakes come, from two threads, while the task runs", two_wakes},
      {"an abort and a wake come while the task runs", abort},
      {"the task ends while another one begins to join it", join},
      {"the task ends, or is aborted, while the aborter joins it", abort_and_join},
      {"the task ends while its handle goes", detach},
      {"the task ends while another one begins to join it, and gives up", join_and_leave},
      {"the task ends while its handle goes from one joiner to another", join_twice},
  };
}

}  // namespace explore
