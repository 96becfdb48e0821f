// Step 7: tasks. A future can begin others, which then run by themselves.
//
// The loop owns the tasks, in boxes, because their types differ. The first one spawns ten others
// and is done; the loop picks the new ones up.
//
//   build/07_futures_tasks/steps/07_spawn     one more future: how many polls?

#include <chrono>
#include <cstdio>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/report.hpp"
#include "runtime/future/poll.hpp"
#include "summary.hpp"

namespace {

using common::Clock;
using common::Duration;
using runtime::done;
using runtime::pending;
using runtime::Poll;

/// The ten end one after the other, this far apart.
constexpr Duration kApart = std::chrono::milliseconds(5);

Summary summary;

/// The right to have the loop poll its future again. Copies speak for the same loop.
class Waker {
 public:
  void wake() const { *woken_ = true; }
  /// For the loop: true if there was a wake since the last time.
  bool take() const { return std::exchange(*woken_, false); }

 private:
  std::shared_ptr<bool> woken_ = std::make_shared<bool>(false);
};

/// What a poll is given: whom to wake when it is worth polling again.
class Context {
 public:
  explicit Context(const Waker& waker) : waker_(waker) {}
  const Waker& waker() const { return waker_; }

 private:
  const Waker& waker_;
};

class Sleep;

/// Who is to be woken when. The second part of a key tells sleeps with the same deadline apart.
std::map<std::pair<Clock::time_point, const Sleep*>, Waker> wake_times;

/// Ready when its time has come.
class Sleep {
 public:
  explicit Sleep(Duration duration) : deadline_(Clock::now() + duration) {}

  Poll<void> poll(Context& context) {
    if (Clock::now() >= deadline_) return done;
    wake_times.insert_or_assign({deadline_, this}, context.waker());
    return pending;
  }

 private:
  const Clock::time_point deadline_;
};

/// A function that prints, waits and prints again, as a future: it can be asked how far it is. What
/// were its parameters and local variables are members.
class Foo {
 public:
  Foo(int number, Duration delay) : number_(number), delay_(delay) {}

  /// Goes on from where it left off, as far as it can.
  Poll<void> poll(Context& context) {
    if (!sleep_) {
      std::printf("start %d\n", number_);
      sleep_.emplace(delay_);
    }
    if (!sleep_->poll(context).is_ready()) return pending;
    std::printf("end %d\n", number_);
    return done;
  }

 private:
  const int number_;
  const Duration delay_;
  std::optional<Sleep> sleep_;
};

/// A future of any type, in a box: what the loop knows of it is that it can be polled.
class AnyFuture {
 public:
  virtual ~AnyFuture() = default;
  virtual Poll<void> poll(Context& context) = 0;
};

template <class F>
class Boxed : public AnyFuture {
 public:
  explicit Boxed(F future) : future_(std::move(future)) {}
  Poll<void> poll(Context& context) override { return future_.poll(context); }

 private:
  F future_;
};

/// A future that the loop owns.
using Task = std::unique_ptr<AnyFuture>;

/// Those that the loop has not seen yet.
std::list<Task> new_tasks;

/// Makes `future` a task: it will be polled, also if nobody waits for it.
template <class F>
void spawn(F future) {
  new_tasks.push_back(std::make_unique<Boxed<F>>(std::move(future)));
}

/// The first task, which spawns ten others.
class Main {
 public:
  explicit Main(Duration delay) : delay_(delay) {}

  Poll<void> poll(Context&) {
    for (int number = 1; number <= 10; ++number) spawn(Foo(number, delay_ + number * kApart));
    return done;
  }

 private:
  const Duration delay_;
};

/// Wakes those whose time has come.
void wake_due() {
  while (!wake_times.empty() && wake_times.begin()->first.first <= Clock::now()) {
    const Waker waker = wake_times.begin()->second;
    wake_times.erase(wake_times.begin());
    waker.wake();
  }
}

/// Sleeps until the earliest wake time, unless there was a wake. False if there is neither.
bool wait_for_wake(const Waker& waker) {
  while (!waker.take()) {
    if (wake_times.empty()) return false;
    std::this_thread::sleep_until(wake_times.begin()->first.first);
    wake_due();
  }
  return true;
}

/// Polls all tasks, each time after a wake, until none is left. False if nothing can wake them any
/// more.
bool run() {
  const Waker waker;
  Context context(waker);
  std::list<Task> tasks;
  while (!tasks.empty() || !new_tasks.empty()) {
    tasks.splice(tasks.end(), new_tasks);
    tasks.remove_if([&](Task& task) {
      summary.polled();
      return task->poll(context).is_ready();
    });
    if (new_tasks.empty() && !tasks.empty() && !wait_for_wake(waker)) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Duration delay = std::chrono::seconds(1);
  common::CommandLine cli("Tasks: futures that the loop owns, and that others may add.",
                          "build/07_futures_tasks/steps/08_join_handle");
  cli.add_delay(delay);
  return cli.run(argc, argv, [&] {
    spawn(Main(delay));
    const bool ended = run();
    summary.print();
    if (!ended)
      common::print_line("all tasks are pending, and nothing is left that could wake them");
    return ended ? 0 : 1;
  });
}
