// Can a wake be lost, or a task end twice, or never? Those who run, wake, abort, join and drop it,
// in every order.
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "lab/explore/scenario_parts.hpp"
#include "lab/explore/scenarios.hpp"
#include "lab/explore/workers.hpp"
#include "runtime/executor/block_on.hpp"
#include "runtime/executor/current_thread.hpp"
#include "runtime/future/small_futures.hpp"

namespace explore {
namespace {

using runtime::Context;
using runtime::JoinHandle;
using runtime::pending;
using runtime::Place;
using runtime::Poll;
using runtime::Ref;
using runtime::SmallMutex;
using runtime::Waker;

/// News that a task waits for: whoever has them writes them down, then wakes the task.
class News {
 public:
  [[nodiscard]] bool there() const { return there_.load(); }
  void come(const Waker& waker) {
    there_.store(true);
    waker.wake();
  }

 private:
  Atomic<bool> there_ = false;
};

/// A task that ends with 7 when all its news are there. It has no way to ask for wakes: its wakers
/// are made before the threads begin.
struct Waits {
  static constexpr int kMost = 2;

  Workers workers;
  std::array<News, kMost> news;
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
        if (!waits_->news[static_cast<std::size_t>(i)].there()) return pending;
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
    const Waker waker = std::move(wakers[which]);
    news[which].come(waker);
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

void join_and_leave(Run& run) {
  const auto shared = with_worker(run, 0);
  run.thread("joiner", [shared] {
    Context context(shared->joiner);
    if (!shared->handle->poll(context).is_ready()) shared->handle.reset();
  });
}

/// `block_on` goes to sleep; the wake comes from a thread that is none of its own.
void wake_a_sleeper(Run& run) {
  struct Shared {
    Ref<runtime::Executor> executor =
        Ref<runtime::Executor>::adopt(new runtime::CurrentThread(false, {}));
    SmallMutex mutex;
    Waker waker;  // guarded by the mutex
    bool there = false;
  };
  const auto shared = std::make_shared<Shared>();
  run.thread("block_on", [shared] {
    auto waits = [shared](Context& context) -> Poll<void> {
      const std::lock_guard lock(shared->mutex);
      if (shared->there) return runtime::done;
      shared->waker = context.waker();
      return pending;
    };
    auto result =
        runtime::run_in(*shared->executor, runtime::poll_fn(std::move(waits)), Place::here());
    require(result.is_ready(), "not ready at its end");
  });
  run.thread("waker", [shared] {
    Waker waker;
    {
      const std::lock_guard lock(shared->mutex);
      shared->there = true;
      waker = std::exchange(shared->waker, Waker());
    }
    waker.wake();
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
      {"a wake comes while block_on goes to sleep", wake_a_sleeper},
  };
}

}  // namespace explore
