// Step 8: results come back from tasks.
//
// spawn returns a handle: a future of the task's result. The first task joins the other ten.
//
//   build/07_futures_tasks/steps/08_join_handle     how many polls?

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
/// were its parameters and local variables are members. Its result is its number.
class Foo {
 public:
  using Output = int;

  Foo(int number, Duration delay) : number_(number), delay_(delay) {}

  /// Goes on from where it left off, as far as it can.
  Poll<int> poll(Context& context) {
    if (!sleep_) {
      std::printf("start %d\n", number_);
      sleep_.emplace(delay_);
    }
    if (!sleep_->poll(context).is_ready()) return pending;
    std::printf("end %d\n", number_);
    return number_;
  }

 private:
  const int number_;
  const Duration delay_;
  std::optional<Sleep> sleep_;
};

/// Where a task leaves its result, and who waits for it.
template <class T>
struct Joint {
  std::optional<T> result;
  std::optional<Waker> waker;
};

/// A future of a task's result.
template <class T>
class JoinHandle {
 public:
  explicit JoinHandle(std::shared_ptr<Joint<T>> joint) : joint_(std::move(joint)) {}

  Poll<T> poll(Context& context) {
    if (joint_->result) return *std::exchange(joint_->result, std::nullopt);
    joint_->waker = context.waker();
    return pending;
  }

 private:
  std::shared_ptr<Joint<T>> joint_;
};

/// A future of any type, in a box: what the loop knows of it is that it can be polled.
class AnyFuture {
 public:
  virtual ~AnyFuture() = default;
  virtual Poll<void> poll(Context& context) = 0;
};

/// Its result goes to the joint, and wakes who waits there.
template <class F>
class Boxed : public AnyFuture {
 public:
  using T = typename F::Output;

  Boxed(F future, std::shared_ptr<Joint<T>> joint)
      : future_(std::move(future)), joint_(std::move(joint)) {}

  Poll<void> poll(Context& context) override {
    auto result = future_.poll(context);
    if (!result.is_ready()) return pending;
    joint_->result = result.take();
    if (joint_->waker) joint_->waker->wake();
    return done;
  }

 private:
  F future_;
  const std::shared_ptr<Joint<T>> joint_;
};

/// A future that the loop owns.
using Task = std::unique_ptr<AnyFuture>;

/// Those that the loop has not seen yet.
std::list<Task> new_tasks;

/// Makes `future` a task: it will be polled, also if nobody waits for it.
template <class F>
JoinHandle<typename F::Output> spawn(F future) {
  const auto joint = std::make_shared<Joint<typename F::Output>>();
  new_tasks.push_back(std::make_unique<Boxed<F>>(std::move(future), joint));
  return JoinHandle(joint);
}

/// The first task, which spawns ten others, waits for them, and adds up their results.
class Main {
 public:
  using Output = int;

  explicit Main(Duration delay) : delay_(delay) {}

  Poll<int> poll(Context& context) {
    if (!started_) {
      for (int number = 1; number <= 10; ++number)
        handles_.push_back(spawn(Foo(number, delay_ + number * kApart)));
      started_ = true;
    }
    while (!handles_.empty()) {
      auto result = handles_.front().poll(context);
      if (!result.is_ready()) return pending;
      sum_ += result.take();
      handles_.pop_front();
    }
    std::printf("sum %d\n", sum_);
    return sum_;
  }

 private:
  const Duration delay_;
  bool started_ = false;
  std::list<JoinHandle<int>> handles_;
  int sum_ = 0;
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
  common::CommandLine cli("Results come back from tasks, through handles that are futures.",
                          "build/07_futures_tasks/steps/09_waker");
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
