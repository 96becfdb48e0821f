// Can the pool lose a wake, or an event, or its own end? Workers that go to sleep and change seats,
// while others wake them.
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lab/explore/block_on_parts.hpp"
#include "lab/explore/scenarios.hpp"

namespace explore {
namespace {

using runtime::DrivenBy;

std::shared_ptr<Blocked> pool(std::size_t workers, DrivenBy driven_by = DrivenBy::idle_worker) {
  return std::make_shared<Blocked>(new runtime::WorkerPool(workers, driven_by, {}));
}

void wake(Run& run, const std::shared_ptr<Blocked>& shared) {
  block_on(run, shared, [shared](Context& context) {
    shared->begin();
    return shared->first.poll(context) && shared->end();
  });
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
}

void wake_idle(Run& run) {
  wake(run, pool(2));
}

/// And bytes: the background thread hears them.
void background(Run& run) {
  const auto shared = pool(2, DrivenBy::background_thread);
  block_on(run, shared, [shared, task = Task()](Context& context) mutable {
    if (!task) task = spawn([shared](Context& inner) { return shared->bytes.poll(inner); });
    shared->begin();
    return shared->first.poll(context) && task->poll(context).is_ready() && shared->end();
  });
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
  other(run, shared, "peer", [](Blocked& blocked) { blocked.bytes.come(); });
}

void two_wakes(Run& run) {
  const auto shared = pool(2);
  block_on(run, shared, [shared, task = Task()](Context& context) mutable {
    if (!task) {
      task = spawn([shared](Context& inner) {
        shared->begin();
        return shared->second.poll(inner);
      });
    }
    return shared->first.poll(context) && task->poll(context).is_ready() && shared->end();
  });
  other(run, shared, "waker 1", [](Blocked& blocked) { blocked.first.come(); });
  other(run, shared, "waker 2", [](Blocked& blocked) { blocked.second.come(); });
}

/// The task that is woken wakes another one, which runs next, and waits for its end.
void next(Run& run) {
  const auto shared = pool(2);
  block_on(run, shared, [shared, task = Task()](Context& context) mutable {
    if (!task) task = spawn([shared](Context& inner) { return shared->second.poll(inner); });
    shared->begin();
    if (!shared->first.poll(context)) return false;
    shared->second.come();
    return task->poll(context).is_ready() && shared->end();
  });
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
}

/// One task waits for bytes, another one for a wake: both come while the workers change places.
void seats(Run& run) {
  const auto shared = pool(2);
  block_on(run, shared, [shared, task = Task()](Context& context) mutable {
    if (!task) task = spawn([shared](Context& inner) { return shared->bytes.poll(inner); });
    shared->begin();
    return shared->first.poll(context) && task->poll(context).is_ready() && shared->end();
  });
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
  other(run, shared, "peer", [](Blocked& blocked) { blocked.bytes.come(); });
}

/// Two of three workers are held up by their tasks, until bytes have come: the third one has to
/// hear of them. It is bytes, too, that the first of these tasks has waited for: so it was the
/// driver.
void watch(Run& run) {
  const auto shared = pool(3);
  time_passes(0);
  const auto hold = [shared](auto& news) {
    return spawn([shared, &news](Context& context) {
      if (!news.poll(context)) return false;
      shared->hold();
      return true;
    });
  };
  block_on(run, shared,
           [=, held = std::vector<runtime::JoinHandle<void>>()](Context& context) mutable {
             if (held.empty()) {
               held.push_back(hold(shared->more_bytes));
               held.push_back(hold(shared->first));
             }
             shared->begin();
             if (!shared->bytes.poll(context)) return false;
             shared->let_go();
             return shared->end();
           });
  other(run, shared, "peer", [](Blocked& blocked) {
    blocked.more_bytes.come();
    blocked.first.come();
    blocked.bytes.come();
  });
}

/// A wake comes when `block_on` is done. Nobody keeps the pool but its tasks.
void end(Run& run) {
  const auto shared = pool(2);
  block_on(run, shared, [shared](Context&) {
    spawn([shared](Context& inner) {
      shared->begin();
      return shared->first.poll(inner);
    }).detach();
    return true;
  });
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
}

/// The waker is a worker, too, of another pool.
void other_pool(Run& run) {
  const auto shared = pool(1);
  const auto others = pool(1);
  time_passes(1);  // a worker may look by itself what there is
  block_on(run, shared, [shared](Context& context) {
    shared->begin();
    return shared->first.poll(context);
  });
  block_on(run, others, [shared](Context&) {
    shared->await_begin();
    shared->first.come();
    return true;
  });
}

/// There is hope as long as the waker has not come, and the search for a deadlock comes at any
/// time.
void hope(Run& run) {
  time_passes(1);
  wake(run, pool(2));
}

/// A task joins one that waits for nothing. A wake for nothing comes meanwhile.
void deadlock(Run& run) {
  const auto shared = pool(2);
  time_passes(1);
  block_on<runtime::Deadlock>(run, shared, [shared, task = Task()](Context& context) mutable {
    if (!task) task = spawn([](Context&) { return false; });
    shared->begin();
    static_cast<void>(shared->first.poll(context));
    return task->poll(context).is_ready();
  });
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
}

/// The same when the hope was a descriptor, which goes on the worker that is not the driver.
void last_descriptor(Run& run) {
  const auto shared = pool(2);
  const auto bytes = std::make_shared<std::optional<Bytes>>(std::in_place, 9);
  time_passes(0);
  block_on<runtime::Deadlock>(run, shared, [=, task = Task()](Context& context) mutable {
    if (!task) task = spawn([](Context&) { return false; });
    if (*bytes) static_cast<void>((*bytes)->poll(context));
    shared->begin();
    if (shared->first.poll(context)) bytes->reset();
    return task->poll(context).is_ready();
  });
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
}

}  // namespace

std::vector<Named> pool_scenarios() {
  return {
      {"a wake comes from another thread while the workers of a pool go to sleep", wake_idle, 2},
      {"two wakes come from two threads while the workers of a pool go to sleep", two_wakes, 1},
      {"a task of a pool that is woken wakes another one, and joins it", next, 1},
      {"bytes and a wake come while two workers of a pool change places in the driver", seats, 1},
      {"bytes and a wake come to a pool whose driver is a thread of its own", background, 1},
      {"two of three workers of a pool are held up while the third one waits for bytes", watch, 1},
      {"a wake comes while block_on ends, and the pool", end, 1},
      {"a worker of another pool wakes the task that its pool ends with", other_pool, 1},
      {"a wake comes while a pool looks for a deadlock", hope, 1},
      {"a wake for nothing comes while a pool looks for a deadlock, and there is one", deadlock, 1},
      {"the last descriptor that a pool waits for goes, and there is a deadlock", last_descriptor,
       1},
  };
}

}  // namespace explore
