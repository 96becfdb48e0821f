// Step 12: a server. To accept and to write are futures, and they are busy.
//
// foo prints on a socket now; the odd ones still get too little time. What would block says "not
// yet", and has itself polled again at once: right, and as busy as chapter 03.
//
//   build/07_futures_tasks/steps/12_io_busy --connections 2     in one terminal: a busy core
//   nc 127.0.0.1 8000     in another, twice: start 1; then start 2, and end 2 after a second

#include <chrono>
#include <coroutine>
#include <cstdio>
#include <deque>
#include <exception>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/io.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/socket.hpp"
#include "runtime/future/poll.hpp"
#include "summary.hpp"

namespace {

using common::Clock;
using common::Duration;
using runtime::done;
using runtime::Done;
using runtime::pending;
using runtime::Poll;

/// The ten end one after the other, this far apart.
constexpr Duration kApart = std::chrono::milliseconds(5);

Summary summary;

struct Task;

/// The tasks that are to be polled.
std::deque<std::shared_ptr<Task>> scheduled_tasks;

/// The right to have one task polled again. It names the task, and keeps it in memory.
class Waker {
 public:
  explicit Waker(std::shared_ptr<Task> task) : task_(std::move(task)) {}
  void wake() const;

 private:
  std::shared_ptr<Task> task_;
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

/// Ready when its time has come. To destroy it takes its wake time back.
class Sleep {
 public:
  using Output = void;

  explicit Sleep(Duration duration) : deadline_(Clock::now() + duration) {}
  // Before it is polled: from then on the map knows where it is.
  Sleep(Sleep&& other) noexcept : deadline_(other.deadline_) {}
  ~Sleep() { wake_times.erase({deadline_, this}); }

  Poll<void> poll(Context& context) {
    if (Clock::now() >= deadline_) return done;
    wake_times.insert_or_assign({deadline_, this}, context.waker());
    return pending;
  }

 private:
  const Clock::time_point deadline_;
};

Sleep sleep(Duration duration) {
  return Sleep(duration);
}

/// A coroutine that is a future: it waits, with co_await, for other futures.
template <class T>
class Async {
 public:
  using Output = T;

  /// What `co_await` does: the coroutine is suspended, and its future is polled by `Async::poll`
  /// from then on. The future is a variable of the coroutine, or a temporary in its frame, and
  /// alive until it is ready.
  template <class F>
  class Awaiter {
   public:
    explicit Awaiter(F& future) : future_(future) {}

    bool await_ready() const { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> coroutine) {
      coroutine.promise().awaited = this;
      coroutine.promise().poll_awaited = &poll_future;
    }
    typename F::Output await_resume() {
      if (error_) std::rethrow_exception(error_);
      return result_.take();
    }

   private:
    static bool poll_future(void* self, Context& context) {
      auto& awaiter = *static_cast<Awaiter*>(self);
      try {
        awaiter.result_ = awaiter.future_.poll(context);
      } catch (...) {
        awaiter.error_ = std::current_exception();  // to be thrown in the coroutine
      }
      return awaiter.error_ || awaiter.result_.is_ready();
    }

    F& future_;
    Poll<typename F::Output> result_ = pending;
    std::exception_ptr error_;
  };

  struct promise_type {
    Async get_return_object() { return Async(Coroutine::from_promise(*this)); }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(T value) { result.emplace(std::move(value)); }
    void unhandled_exception() { error = std::current_exception(); }
    template <class F>
    Awaiter<std::remove_reference_t<F>> await_transform(F&& future) {
      return Awaiter<std::remove_reference_t<F>>(future);
    }

    // Futures have many types, and this is one field: so an Awaiter of any type, and its `poll`.
    void* awaited = nullptr;
    bool (*poll_awaited)(void*, Context&) = nullptr;
    std::optional<T> result;
    std::exception_ptr error;
  };

  Async(Async&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  ~Async() {
    if (coroutine_) coroutine_.destroy();
  }

  /// Polls what the coroutine waits for, and lets it go on when that is ready.
  Poll<T> poll(Context& context) {
    promise_type& promise = coroutine_.promise();
    while (!coroutine_.done()) {
      if (promise.awaited != nullptr && !promise.poll_awaited(promise.awaited, context)) {
        return pending;
      }
      promise.awaited = nullptr;
      coroutine_.resume();  // to its end, or to what it waits for next: that is polled at once
    }
    if (promise.error) std::rethrow_exception(promise.error);
    return *std::move(promise.result);
  }

 private:
  using Coroutine = std::coroutine_handle<promise_type>;
  explicit Async(Coroutine coroutine) : coroutine_(coroutine) {}

  Coroutine coroutine_;
};

/// A future with a deadline: its result, or nothing when the time is over.
template <class F>
class Timeout {
 public:
  using Output = std::optional<typename F::Output>;

  Timeout(Duration limit, F future) : sleep_(limit), future_(std::move(future)) {}

  Poll<Output> poll(Context& context) {
    auto result = future_.poll(context);
    if (result.is_ready()) return Output(result.take());
    if (sleep_.poll(context).is_ready()) return Output();
    return pending;
  }

 private:
  Sleep sleep_;
  F future_;
};

/// An operation on a nonblocking descriptor, tried at each poll. `attempt` returns its result, or
/// nothing when it would block.
template <class Attempt>
class Io {
 public:
  using Output = typename std::invoke_result_t<Attempt&>::value_type;

  explicit Io(Attempt attempt) : attempt_(std::move(attempt)) {}

  Poll<Output> poll(Context& context) {
    auto result = attempt_();
    if (result) return *std::move(result);
    context.waker().wake();  // the mistake: it is no use yet
    return pending;
  }

 private:
  Attempt attempt_;
};

/// The next connection.
auto accept(int listener) {
  return Io([=] { return common::try_accept(listener); });
}

/// Writes all of `bytes`. Done is the result of what has none.
auto write_all(int socket, std::string bytes) {
  return Io([=]() mutable -> std::optional<Done> {
    while (!bytes.empty()) {
      const auto size = common::try_write(socket, bytes);
      if (!size) return std::nullopt;
      bytes.erase(0, *size);
    }
    return done;
  });
}

/// foo for whoever has connected. Its result is its number.
Async<int> one_response(common::Fd socket, int number, Duration delay) {
  try {
    co_await write_all(socket.get(), "start " + std::to_string(number) + "\n");
    co_await sleep(delay);
    co_await write_all(socket.get(), "end " + std::to_string(number) + "\n");
  } catch (const std::exception& error) {  // it costs this connection, and no other
    common::print_line("connection " + std::to_string(number) + ": " + error.what());
  }
  co_return number;
}

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
  using Output = T;

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

/// A future with its place in the schedule.
struct Task {
  std::unique_ptr<AnyFuture> future;  // until it is done
  bool scheduled = false;             // it is in the queue, and needs no second place there
};

/// Those that are not done.
std::set<std::shared_ptr<Task>> unfinished_tasks;

/// Who has one of these ends, with it, the tasks that are left: also on an exception, and before
/// the globals go, to which their futures refer.
struct TasksEnd {
  ~TasksEnd() {
    for (const auto& task : unfinished_tasks) task->future.reset();
    unfinished_tasks.clear();
  }
};

void Waker::wake() const {
  if (std::exchange(task_->scheduled, true)) return;
  scheduled_tasks.push_back(task_);
}

/// Makes `future` a task: it will be polled, also if nobody waits for it.
template <class F>
JoinHandle<typename F::Output> spawn(F future) {
  const auto joint = std::make_shared<Joint<typename F::Output>>();
  const auto task = std::make_shared<Task>();
  task->future = std::make_unique<Boxed<F>>(std::move(future), joint);
  unfinished_tasks.insert(task);
  Waker(task).wake();
  return JoinHandle(joint);
}

/// The server: a task for each connection.
Async<Done> serve(common::Fd listener, int connections, Duration delay) {
  std::list<JoinHandle<std::optional<int>>> handles;
  for (int number = 1; number <= connections; ++number) {
    common::Fd socket = co_await accept(listener.get());
    // The odd ones get half of the time that they need.
    const Duration limit = number % 2 == 1 ? delay / 2 : delay * 2;
    auto response = one_response(std::move(socket), number, delay + number * kApart);
    handles.push_back(spawn(Timeout(limit, std::move(response))));
  }
  int sum = 0;
  for (auto& handle : handles) {
    const std::optional<int> result = co_await handle;
    sum += result.value_or(0);
  }
  std::printf("sum %d, wake times left %zu\n", sum, wake_times.size());
  co_return done;
}

/// Wakes those whose time has come.
void wake_due() {
  while (!wake_times.empty() && wake_times.begin()->first.first <= Clock::now()) {
    const Waker waker = wake_times.begin()->second;
    wake_times.erase(wake_times.begin());
    waker.wake();
  }
}

/// Sleeps until a task is scheduled. False if nothing is left that could do that.
bool wait_for_wake() {
  if (scheduled_tasks.empty()) {
    if (wake_times.empty()) return false;
    std::this_thread::sleep_until(wake_times.begin()->first.first);
  }
  wake_due();
  return true;
}

/// Polls the task that has been scheduled first.
void poll_next() {
  const std::shared_ptr<Task> task = std::move(scheduled_tasks.front());
  scheduled_tasks.pop_front();
  task->scheduled = false;  // from here on a wake counts for the next poll
  if (!task->future) return;
  const Waker waker(task);
  Context context(waker);
  summary.polled();
  if (!task->future->poll(context).is_ready()) return;
  task->future.reset();
  unfinished_tasks.erase(task);
}

/// Polls tasks that were woken, until all are done. False if nothing can wake them any more.
bool run() {
  while (!unfinished_tasks.empty()) {
    // A turn: those that are scheduled now. Those that they wake have theirs in the next one.
    for (std::size_t left = scheduled_tasks.size(); left > 0; --left) poll_next();
    if (!unfinished_tasks.empty() && !wait_for_wake()) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Duration delay = std::chrono::seconds(1);
  common::Endpoint endpoint;
  std::uint64_t connections = std::numeric_limits<int>::max();
  common::CommandLine cli("A server on futures, which is busy, and has too little time for some.",
                          "build/07_futures_tasks/steps/13_connect");
  cli.add_delay(delay);
  cli.add_endpoint(endpoint);
  cli.add_connections(connections);
  return cli.run(argc, argv, [&] {
    const TasksEnd before_the_globals;
    common::prepare_server();
    common::Fd listener(common::listen_tcp(endpoint.host, endpoint.port));
    common::set_nonblocking(listener.get());
    common::announce(listener.get());
    spawn(serve(std::move(listener), static_cast<int>(connections), delay));
    const bool ended = run();
    summary.print();
    if (!ended)
      common::print_line("all tasks are pending, and nothing is left that could wake them");
    return ended ? 0 : 1;
  });
}
