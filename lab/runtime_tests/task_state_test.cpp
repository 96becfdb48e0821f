// Does a task's state word say the right next thing, whatever comes between two transitions?

#include "runtime/task/task_state.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace runtime {
namespace {

using Next = TaskState::Next;
using Start = TaskState::Start;

/// A task that waits: scheduled at first, then run once.
struct Waiting {
  Waiting() {
    CHECK(state.start() == Start::poll);
    CHECK(state.stop() == Next::nothing);
  }
  TaskState state;
};

TEST_CASE("a new task is scheduled: a wake before its first poll submits nothing") {
  TaskState state;
  CHECK(state.wake() == Next::nothing);
  CHECK(state.start() == Start::poll);
}

TEST_CASE("the first wake of a waiting task submits it, those after it do not") {
  Waiting task;
  CHECK(task.state.wake() == Next::submit);
  CHECK(task.state.wake() == Next::nothing);
  CHECK(task.state.start() == Start::poll);
  CHECK(task.state.stop() == Next::nothing);
  CHECK(task.state.wake() == Next::submit);
}

TEST_CASE("wake during run: marks the task, and who runs it submits it") {
  TaskState state;
  CHECK(state.start() == Start::poll);
  CHECK(state.wake() == Next::nothing);
  CHECK(state.wake() == Next::nothing);
  CHECK(state.stop() == Next::submit);
  CHECK(state.start() == Start::poll);
  CHECK(state.stop() == Next::nothing);
}

TEST_CASE("wake between stop and submit: the task is submitted once") {
  TaskState state;
  CHECK(state.start() == Start::poll);
  CHECK(state.wake() == Next::nothing);
  CHECK(state.stop() == Next::submit);
  CHECK(state.wake() == Next::nothing);
  CHECK(state.start() == Start::poll);
}

TEST_CASE("wake after complete submits nothing") {
  TaskState state;
  CHECK(state.start() == Start::poll);
  state.complete();
  CHECK(state.wake() == Next::nothing);
  CHECK(state.abort() == Next::nothing);
}

TEST_CASE("wake during run, then complete: nothing is submitted") {
  TaskState state;
  CHECK(state.start() == Start::poll);
  CHECK(state.wake() == Next::nothing);
  state.complete();
  CHECK(state.wake() == Next::nothing);
}

TEST_CASE("abort of a waiting task submits it, to be cancelled") {
  Waiting task;
  CHECK(task.state.abort() == Next::submit);
  CHECK(task.state.abort() == Next::nothing);
  CHECK(task.state.wake() == Next::nothing);
  CHECK(task.state.start() == Start::cancel);
}

TEST_CASE("abort before the first poll cancels in its place") {
  TaskState state;
  CHECK(state.abort() == Next::nothing);
  CHECK(state.start() == Start::cancel);
}

TEST_CASE("abort during run: the task is submitted again, to be cancelled") {
  TaskState state;
  CHECK(state.start() == Start::poll);
  CHECK(state.abort() == Next::nothing);
  CHECK(state.stop() == Next::submit);
  CHECK(state.start() == Start::cancel);
}

TEST_CASE("abort between stop and submit: the task is submitted once, to be cancelled") {
  TaskState state;
  CHECK(state.start() == Start::poll);
  CHECK(state.wake() == Next::nothing);
  CHECK(state.stop() == Next::submit);
  CHECK(state.abort() == Next::nothing);
  CHECK(state.start() == Start::cancel);
}

TEST_CASE("a seized task is nobody else's: neither wake nor abort submits it") {
  Waiting task;
  task.state.seize();
  CHECK(task.state.wake() == Next::nothing);
  CHECK(task.state.abort() == Next::nothing);
  task.state.complete();
  CHECK(task.state.wake() == Next::nothing);
}

TEST_CASE("seize of a scheduled task") {
  TaskState state;
  state.seize();
  CHECK(state.wake() == Next::nothing);
  state.complete();
  CHECK(state.wake() == Next::nothing);
}

TEST_CASE("a new task has three references, and the last release says so, whatever the state is") {
  TaskState state;
  state.add_ref();
  CHECK(state.start() == Start::poll);
  CHECK(state.wake() == Next::nothing);
  CHECK(state.abort() == Next::nothing);
  CHECK_FALSE(state.release());
  state.complete();
  CHECK_FALSE(state.release(2));
  CHECK(state.release());
}

TEST_CASE("a task that waits has no reference for a run, which a wake makes, and a stop drops") {
  Waiting task;
  CHECK(task.state.wakers() == 0);
  task.state.add_ref();  // a waker
  CHECK(task.state.wakers() == 1);
  CHECK(task.state.wake() == Next::submit);
  CHECK(task.state.start() == Start::poll);
  CHECK(task.state.stop() == Next::nothing);
  CHECK(task.state.wakers() == 1);
}

TEST_CASE("a waker that wakes and goes gives its reference to the run") {
  Waiting task;
  task.state.add_ref();
  task.state.add_ref();
  CHECK(task.state.wake_and_release() == Next::submit);
  CHECK(task.state.wake_and_release() == Next::nothing);  // scheduled already: dropped
  CHECK(task.state.start() == Start::poll);
  CHECK(task.state.stop() == Next::nothing);
  CHECK(task.state.wakers() == 0);
}

TEST_CASE("a waker that is the last to know a task that is done has it destroyed") {
  Waiting task;
  task.state.add_ref();
  CHECK(task.state.wake() == Next::submit);
  CHECK(task.state.start() == Start::poll);
  task.state.complete();
  CHECK_FALSE(task.state.release(3));
  CHECK(task.state.wake_and_release() == Next::destroy);
}

TEST_CASE("the joiner's waker: seen by a task that is done later, and told when it was before") {
  TaskState late;
  CHECK(late.start() == Start::poll);
  CHECK(late.set_joiner());
  const auto end = late.complete();
  CHECK(end.has_joiner);
  CHECK(end.has_handle);
  TaskState early;
  CHECK(early.start() == Start::poll);
  CHECK_FALSE(early.complete().has_joiner);
  CHECK_FALSE(early.set_joiner());
}

TEST_CASE("the joiner's waker is taken back in time, or not at all") {
  TaskState state;
  CHECK(state.start() == Start::poll);
  CHECK(state.set_joiner());
  CHECK(state.has_joiner());
  CHECK(state.take_back_joiner());
  CHECK(state.set_joiner());
  state.complete();
  CHECK_FALSE(state.take_back_joiner());
}

TEST_CASE("of the handle's end and the task's, the second one has the output to destroy") {
  TaskState handle_first;
  CHECK(handle_first.start() == Start::poll);
  CHECK_FALSE(handle_first.drop_handle());
  CHECK_FALSE(handle_first.complete().has_handle);
  TaskState task_first;
  CHECK(task_first.start() == Start::poll);
  CHECK(task_first.complete().has_handle);
  CHECK(task_first.drop_handle());
}

TEST_CASE("wakes from many threads while it runs and stops: each is seen by a later start") {
  // One thread runs the task whenever it is submitted; the others write, then wake. The last start
  // must have come after the last write.
  constexpr int kThreads = 3;
  constexpr int kRounds = 3000;
  TaskState state;
  std::atomic<int> submitted = 1;
  std::atomic<int> written[kThreads] = {};  // relaxed: the state word alone publishes them
  int seen[kThreads] = {};
  std::vector<std::thread> threads;
  std::atomic<int> turn = 0;  // how many rounds the runner has seen the end of
  for (int id = 0; id < kThreads; ++id) {
    threads.emplace_back([&, id] {
      for (int round = 1; round <= kRounds; ++round) {
        written[id].store(round, std::memory_order_relaxed);
        if (state.wake() == Next::submit) {
          ++submitted;
          submitted.notify_one();
        }
        for (int now = turn; now < round; now = turn) turn.wait(now);
      }
    });
  }
  for (int round = 1; round <= kRounds;) {
    submitted.wait(0);
    --submitted;
    CHECK(state.start() == Start::poll);
    bool all = true;
    for (int id = 0; id < kThreads; ++id) {
      // Those of this round may be written at this moment: only who has woken may be looked at.
      seen[id] = written[id].load(std::memory_order_relaxed);
      all = all && seen[id] >= round;
    }
    if (state.stop() == Next::submit) {
      ++submitted;
    }
    if (all) {
      turn = round++;
      turn.notify_all();
    }
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(submitted <= 1);
}

}  // namespace
}  // namespace runtime
