// What do the runtime's tests share? Futures that are opened by hand, wakers that count, and
// objects that know how many of them live.
#pragma once

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "lab/support/captured_errors.hpp"
#include "lab/support/thread.hpp"
#include "runtime/runtime.hpp"

namespace runtime {

/// How many objects were made and destroyed; threads may share it.
struct Lives {
  std::atomic<int> made = 0;
  std::atomic<int> ended = 0;

  [[nodiscard]] int alive() const { return made - ended; }
};

/// One life, which moves with the object. To end it twice, or never, shows in its `Lives`.
class Counted {
 public:
  explicit Counted(Lives& lives) : lives_(&lives) { ++lives.made; }
  Counted(Counted&& other) noexcept : lives_(std::exchange(other.lives_, nullptr)) {}
  Counted& operator=(Counted&& other) noexcept {
    std::swap(lives_, other.lives_);
    return *this;
  }
  ~Counted() {
    if (lives_ != nullptr) ++lives_->ended;
  }

  [[nodiscard]] Lives* lives() const { return lives_; }

 private:
  Lives* lives_;
};

/// Calls a function at its end, unless it was moved from.
class AtEnd {
 public:
  explicit AtEnd(std::function<void()> function) : function_(std::move(function)) {}
  AtEnd(AtEnd&& other) noexcept : function_(std::exchange(other.function_, nullptr)) {}
  ~AtEnd() {
    if (function_) function_();
  }

 private:
  std::function<void()> function_;
};

/// Is woken instead of a task, and counts. Outlives its wakers.
class CountingWaker final : public Wakeable {
 public:
  void wake() noexcept override { ++wakes_; }
  void add_ref() noexcept override { ++wakers_; }
  void release() noexcept override { --wakers_; }

  [[nodiscard]] int wakes() const { return wakes_; }
  [[nodiscard]] int wakers() const { return wakers_; }

 private:
  std::atomic<int> wakes_ = 0;
  std::atomic<int> wakers_ = 0;
};

/// Is woken instead of a task, and calls a function. Outlives its wakers.
class CallingWaker final : public Wakeable {
 public:
  explicit CallingWaker(std::function<void()> function) : function_(std::move(function)) {}
  void wake() noexcept override { function_(); }
  void add_ref() noexcept override {}
  void release() noexcept override {}

 private:
  std::function<void()> function_;
};

/// Polls `future` once, for `task`.
template <Future F>
Poll<OutputOf<F>> poll_for(Wakeable& task, F& future) {
  Context context(task);
  return future.poll(context);
}

/// Polls `future` once, for nobody.
template <Future F>
Poll<OutputOf<F>> poll_once(F& future) {
  static CountingWaker nobody;  // its wakers may be kept
  return poll_for(nobody, future);
}

/// The result of a future that is ready at its first poll.
template <Future F>
OutputOf<F> result_of(F future) {
  return poll_once(future).take();
}

/// A future that may be destroyed early, and a task of its own that it is polled for.
template <Future F>
class WithTask {
 public:
  explicit WithTask(F future) : future_(std::move(future)) {}

  Poll<OutputOf<F>> poll() { return poll_for(task_, *future_); }
  Poll<OutputOf<F>> poll_for_other(Wakeable& task) { return poll_for(task, *future_); }
  void destroy() { future_.reset(); }

  [[nodiscard]] int wakes() const { return task_.wakes(); }
  [[nodiscard]] int wakers() const { return task_.wakers(); }

 private:
  CountingWaker task_;
  std::optional<F> future_;
};

/// The text of the std::exception that `work` throws.
template <class Work>
std::string thrown_by(Work work) {
  try {
    work();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing";
}

/// Ready at its first poll.
template <class T>
class [[nodiscard]] Ready {
 public:
  using Output = T;
  explicit Ready(Stored<T> value) : value_(std::move(value)) {}
  Poll<T> poll(Context&) { return std::move(value_); }

 private:
  Stored<T> value_;
};
template <class T>
Ready<T> ready(T value) {
  return Ready<T>(std::move(value));
}
inline Ready<void> ready() {
  return Ready<void>(done);
}

/// Pending for ever; keeps no waker.
struct Never {
  using Output = void;
  Poll<void> poll(Context&) { return pending; }
};

/// Something that one task waits for, and any thread may open. Counts the polls that it saw.
class Gate {
 public:
  /// Ready when the gate is open. Takes its waker back when it is destroyed.
  class [[nodiscard]] Wait {
   public:
    using Output = void;
    explicit Wait(Gate& gate) : gate_(&gate) {}
    Wait(Wait&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    ~Wait() {
      if (gate_ != nullptr) static_cast<void>(gate_->take_waker());
    }
    Poll<void> poll(Context& context) { return gate_->poll(context); }

   private:
    Gate* gate_;
  };
  [[nodiscard]] Wait wait() { return Wait(*this); }

  /// Opens it, and wakes the task that waits.
  void open() {
    open_ = true;
    take_waker().wake();
  }
  /// Wakes the task, but keeps the gate shut.
  void knock() { take_waker().wake(); }
  /// Takes the waker from it: from now on the caller alone can wake the task.
  [[nodiscard]] Waker take_waker() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waker_, Waker());
  }

  [[nodiscard]] int polls() const { return polls_; }
  /// Blocks the thread until it was polled so often.
  void wait_for_polls(int count) const {
    for (int polls = polls_; polls < count; polls = polls_) polls_.wait(polls);
  }

 private:
  Poll<void> poll(Context& context) {
    Waker dropped;
    {
      const std::lock_guard lock(mutex_);
      if (!open_) dropped = std::exchange(waker_, context.waker());
    }
    const bool open = open_;
    ++polls_;
    polls_.notify_all();
    if (open) return done;
    // It may have been opened before the waker was stored.
    return open_ ? Poll<void>(done) : Poll<void>(pending);
  }

  std::mutex mutex_;
  std::atomic<bool> open_ = false;
  Waker waker_;  // guarded by the mutex
  std::atomic<int> polls_ = 0;
};

/// Waits for the gate, then results in `number`. Its life ends with the future.
inline Async<int> number_after(Gate::Wait opened, int number, Counted) {
  co_await std::move(opened);
  co_return number;
}
/// The same, but it throws.
inline Async<int> fails_after(Gate::Wait opened, Counted) {
  co_await std::move(opened);
  throw std::runtime_error("child");
}

/// A flag that threads wait for: `std::latch` for one, that may be set twice.
class Flag {
 public:
  void set() {
    set_ = true;
    set_.notify_all();
  }
  void wait() const { set_.wait(false); }
  [[nodiscard]] bool is_set() const { return set_; }

 private:
  std::atomic<bool> set_ = false;
};

/// A thread that does its part in each of some rounds, at the same time as the test's thread does
/// what stands between `begin` and `end`.
class Rounds {
 public:
  /// `part` is given the number of the round, from 0.
  template <class Part>
  Rounds(int count, Part part)
      : thread_([this, count, part] {
          for (int i = 0; i < count; ++i) {
            begin();
            part(i);
            end();
          }
        }) {}

  void begin() { both_.arrive_and_wait(); }
  void end() { both_.arrive_and_wait(); }

 private:
  std::barrier<> both_{2};
  lab::Thread thread_;
};

/// Runs tasks when the test says so, on the thread that says so.
class ByHand final : public Scheduler {
 public:
  void add(Task& task) noexcept override { submit(task, false); }
  void submit(Task& task, bool) noexcept override {
    if (before_submit) before_submit();
    const std::lock_guard lock(mutex_);
    queue_.push(task);
    ++submits_;
  }
  void shut_down() noexcept override {}
  void remove(Task&) noexcept override {
    ++removes_;
    if (on_remove) on_remove();
  }

  template <Future F>
  JoinHandle<OutputOf<F>> spawn(F future) {
    auto* const task = new FutureTask<F>(*this, std::move(future));
    add(*task);
    return JoinHandle<OutputOf<F>>(*task);
  }

  /// Takes the next task out of the queue; nullptr if there is none.
  Task* next() {
    const std::lock_guard lock(mutex_);
    return queue_.pop();
  }
  /// Runs the next task once. False if there is none.
  bool run_one() {
    Task* const task = next();
    if (task != nullptr) task->run();
    return task != nullptr;
  }
  /// Runs what is in the queue until nothing is. Returns how many polls that took.
  int run_all() {
    int count = 0;
    while (run_one()) ++count;
    return count;
  }

  /// How many tasks were put into the queue so far, new ones included.
  [[nodiscard]] int submits() const { return submits_; }
  [[nodiscard]] int removes() const { return removes_; }

  std::function<void()> before_submit;  ///< called when a task is about to be put into the queue
  std::function<void()> on_remove;      ///< called when a task is done, before it is released

 private:
  std::mutex mutex_;
  Queue<Task> queue_;  // guarded by the mutex
  std::atomic<int> submits_ = 0;
  std::atomic<int> removes_ = 0;
};

/// A clock that jumps to the next timer when there is nothing to do, so that no test waits.
inline const Options kVirtual{.virtual_clock = true};

/// Each kind of executor.
inline const std::vector<Options>& executors() {
  const auto options = [](std::size_t workers, DrivenBy driven_by) {
    Options result;
    result.workers = workers;
    result.driven_by = driven_by;
    return result;
  };
  static const std::vector<Options> all = {
      options(0, DrivenBy::idle_worker), options(1, DrivenBy::idle_worker),
      options(2, DrivenBy::idle_worker), options(1, DrivenBy::background_thread),
      options(2, DrivenBy::background_thread)};
  return all;
}

/// Calls `work` on a thread with a stack that a recursion of any depth would overflow.
inline void on_small_stack(std::function<void()> work) {
  struct Shared {
    std::function<void()> work;
    std::exception_ptr error;
  } shared{std::move(work), nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t thread;
  const auto body = [](void* argument) -> void* {
    auto& self = *static_cast<Shared*>(argument);
    try {
      self.work();
    } catch (...) {
      self.error = std::current_exception();
    }
    return nullptr;
  };
  const int failure = pthread_create(&thread, &attributes, body, &shared);
  pthread_attr_destroy(&attributes);
  if (failure != 0) throw std::system_error(failure, std::generic_category(), "pthread_create");
  pthread_join(thread, nullptr);
  if (shared.error) std::rethrow_exception(shared.error);
}

inline std::size_t open_files() {
  using std::filesystem::directory_iterator;
  return static_cast<std::size_t>(
      std::distance(directory_iterator("/proc/self/fd"), directory_iterator()));
}

using lab::CapturedErrors;

}  // namespace runtime
