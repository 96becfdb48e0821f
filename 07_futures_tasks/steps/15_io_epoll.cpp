// Step 15: one registration for each descriptor, edge-triggered, and only who is ready is woken.
//
// The kernel keeps the list. An event names its descriptor, and that has the wakers of the tasks
// that wait for it: at most two.
//
//   build/07_futures_tasks/steps/15_io_epoll     one second, and how many polls?

#include <poll.h>
#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/lines.hpp"
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

/// The kernel's list, made in main, which can say what fails. And who waits: for each descriptor
/// one task that reads and one that writes.
common::Fd epoll;
struct Waiting {
  std::optional<Waker> reader;
  std::optional<Waker> writer;
};
std::unordered_map<int, Waiting> registered;

/// A descriptor and its owner, which takes it off our list. Closed, it is off the kernel's, too.
class Socket {
 public:
  Socket(common::Fd fd) : fd_(std::move(fd)) {}
  Socket(Socket&&) noexcept = default;
  ~Socket() { registered.erase(fd_.get()); }
  int get() const { return fd_.get(); }

 private:
  common::Fd fd_;
};

/// Registers `fd`, the first time, for all edges. If it has become ready since the try, that is an
/// edge, too: nothing is missed.
void would_block(int fd, short events, Context& context) {
  const auto [entry, added] = registered.try_emplace(fd);
  Waiting& waiting = entry->second;
  (events == POLLIN ? waiting.reader : waiting.writer) = context.waker();
  if (!added) return;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.fd = fd;
  common::check(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl ADD");
}

/// An operation on a nonblocking descriptor, tried at each poll. `attempt` returns its result, or
/// nothing when it would block.
template <class Attempt>
class Io {
 public:
  using Output = typename std::invoke_result_t<Attempt&>::value_type;

  Io(int fd, short events, Attempt attempt)
      : fd_(fd), events_(events), attempt_(std::move(attempt)) {}

  Poll<Output> poll(Context& context) {
    auto result = attempt_();
    if (result) return *std::move(result);
    would_block(fd_, events_, context);
    return pending;
  }

 private:
  const int fd_;
  const short events_;
  Attempt attempt_;
};

/// The next connection.
auto accept(int listener) {
  return Io(listener, POLLIN, [=] { return common::try_accept(listener); });
}

/// Done when `socket` is connected to `address`, which must stay where it is.
auto connected(int socket, const common::Address& address) {
  return Io(socket, POLLOUT, [socket, &address] {
    return common::finish_connect(socket, address) ? std::optional(done) : std::nullopt;
  });
}

/// What has come, up to 4 KiB; empty at end of file.
auto read_some(int socket) {
  return Io(socket, POLLIN, [=]() -> std::optional<std::string> {
    std::array<char, 4096> buffer;
    const auto size = common::try_read(socket, buffer);
    if (!size) return std::nullopt;
    return std::string(buffer.data(), *size);
  });
}

/// Writes all of `bytes`. Done is the result of what has none.
auto write_all(int socket, std::string bytes) {
  return Io(socket, POLLOUT, [=]() mutable -> std::optional<Done> {
    while (!bytes.empty()) {
      const auto size = common::try_write(socket, bytes);
      if (!size) return std::nullopt;
      bytes.erase(0, *size);
    }
    return done;
  });
}

/// foo for whoever has connected.
Async<Done> one_response(Socket socket, int number, Duration delay) {
  try {
    co_await write_all(socket.get(), "start " + std::to_string(number) + "\n");
    co_await sleep(delay);
    co_await write_all(socket.get(), "end " + std::to_string(number) + "\n");
  } catch (const std::exception& error) {  // it costs this connection, and no other
    common::print_line("connection " + std::to_string(number) + ": " + error.what());
  }
  co_return done;
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
Async<Done> serve(Socket listener, int connections, Duration delay) {
  for (int number = 1; number <= connections; ++number) {
    Socket socket = co_await accept(listener.get());
    spawn(one_response(std::move(socket), number, delay + number * kApart));
  }
  co_return done;
}

Async<Done> one_client(common::Address server) {
  Socket socket(common::start_connect(server));
  co_await connected(socket.get(), server);
  common::LinePrinter lines(to_string(server));
  for (;;) {
    const std::string bytes = co_await read_some(socket.get());
    if (bytes.empty()) break;
    lines.print(bytes);
  }
  lines.finish();
  co_return done;
}

/// The first task, which spawns the server and ten clients. The listener is there before them: no
/// client can be too early.
Async<Done> async_main(Socket listener, Duration delay) {
  constexpr int kClients = 10;
  const common::Address address = common::local_address(listener.get());
  spawn(serve(std::move(listener), kClients, delay));
  std::list<JoinHandle<Done>> handles;
  for (int i = 0; i < kClients; ++i) handles.push_back(spawn(one_client(address)));
  for (JoinHandle<Done>& handle : handles) co_await handle;
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

/// How long the loop may sleep, in milliseconds: 0 when a task is scheduled, -1 for ever.
int sleep_limit() {
  if (!scheduled_tasks.empty()) return 0;
  if (wake_times.empty()) return -1;
  return common::milliseconds_until(wake_times.begin()->first.first);
}

/// Wakes who waits in `slot`, if anybody does.
void wake(std::optional<Waker>& slot) {
  if (const auto waker = std::exchange(slot, std::nullopt)) waker->wake();
}

/// Sleeps until a task is scheduled. False if nothing is left that could do that.
bool wait_for_wake() {
  if (scheduled_tasks.empty() && wake_times.empty() && registered.empty()) return false;
  std::array<epoll_event, 64> events;
  const auto call = [&] {
    return ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), sleep_limit());
  };
  const int count = common::check(common::retry(call), "epoll_wait");
  // Nobody is polled in this loop, so none of them is gone. Who reads wants to know of everything
  // but room to write, and who writes of everything but news to read: of errors, both.
  for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
    Waiting& waiting = registered.at(event.data.fd);
    if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) wake(waiting.reader);
    if ((event.events & ~std::uint32_t{EPOLLIN | EPOLLRDHUP}) != 0) wake(waiting.writer);
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
  common::CommandLine cli("The loop sleeps in epoll_wait, and wakes only those that are ready.",
                          "build/07_futures_tasks/client_server");
  cli.add_delay(delay);
  cli.add_endpoint(endpoint);
  return cli.run(argc, argv, [&] {
    const TasksEnd before_the_globals;
    common::prepare_server();
    epoll = common::Fd(common::check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"));
    Socket listener(common::listen_tcp(endpoint.host, endpoint.port));
    common::set_nonblocking(listener.get());
    common::announce(listener.get());
    spawn(async_main(std::move(listener), delay));
    const bool ended = run();
    summary.print();
    if (!ended)
      common::print_line("all tasks are pending, and nothing is left that could wake them");
    return ended ? 0 : 1;
  });
}
