// Step 16: the kernel does not tell that a read would succeed. It reads, and tells that it has.
//
// What is to be done is written into a ring, and what is done comes out of another one. Until then
// the kernel works with the operation's memory, and so it has a share in that.
//
//   build/07_futures_tasks/steps/16_io_uring     one second, no CPU time; a handful of polls a task

#include <liburing.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <coroutine>
#include <cstdio>
#include <deque>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/lines.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/socket.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/io/open_ring.hpp"
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
    Async get_return_object() { return Async(Handle::from_promise(*this)); }
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
  using Handle = std::coroutine_handle<promise_type>;
  explicit Async(Handle coroutine) : coroutine_(coroutine) {}

  Handle coroutine_;
};

using Socket = common::Fd;

/// The two rings, made in main, which can say what fails.
io_uring ring;

/// What the kernel is to do, and all that it needs for it.
struct Operation {
  Operation() = default;
  Operation(Operation&&) = delete;
  ~Operation() {
    if (opens && result.value_or(-1) >= 0) ::close(*result);  // nobody has taken it
  }

  std::string bytes;           // to be written, or room for what comes
  common::Address address;     // to connect to
  bool opens = false;          // its result is a descriptor
  std::optional<int> result;   // what the call would have returned; errors are negative
  std::optional<Waker> waker;  // who waits for that
};

/// The kernel's share in those that it has not done yet.
std::map<const void*, std::shared_ptr<Operation>> in_flight;

/// Room in the ring. Where that is full, what is in it is handed over first.
io_uring_sqe& next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring);
  if (entry == nullptr) {
    runtime::check_ring(io_uring_submit(&ring), "io_uring_enter");
    entry = io_uring_get_sqe(&ring);
  }
  return *entry;
}

/// An operation of the kernel's, which begins with the first poll. `prepare` writes down what is to
/// be done, and `finish` makes the future's result of the operation's. To destroy it before that is
/// to ask for an end: until that has come, the operation is an orphan, which the loop keeps.
template <class Prepare, class Finish>
class Io {
 public:
  using Output = std::invoke_result_t<Finish&, Operation&>;

  Io(const char* call, Prepare prepare, Finish finish)
      : call_(call), prepare_(std::move(prepare)), finish_(std::move(finish)) {}
  Io(Io&&) noexcept = default;
  ~Io() {
    if (!in_flight.contains(operation_.get())) return;
    operation_->waker.reset();
    io_uring_sqe& entry = next_entry();
    io_uring_prep_cancel(&entry, operation_.get(), 0);
    io_uring_sqe_set_data(&entry, nullptr);  // what becomes of that, nobody asks
  }

  Poll<Output> poll(Context& context) {
    if (!operation_) submit();
    if (operation_->result) {
      runtime::check_ring(*operation_->result, call_);
      return finish_(*operation_);
    }
    operation_->waker = context.waker();
    return pending;
  }

 private:
  void submit() {
    operation_ = std::make_shared<Operation>();
    io_uring_sqe& entry = next_entry();
    prepare_(&entry, *operation_);
    io_uring_sqe_set_data(&entry, operation_.get());
    in_flight.emplace(operation_.get(), operation_);
  }

  const char* const call_;
  Prepare prepare_;
  Finish finish_;
  std::shared_ptr<Operation> operation_;
};

/// The next connection.
auto accept(int listener) {
  const auto prepare = [=](io_uring_sqe* entry, Operation& operation) {
    operation.opens = true;
    io_uring_prep_accept(entry, listener, nullptr, nullptr, SOCK_CLOEXEC);
  };
  return Io("accept", prepare,
            [](Operation& operation) { return Socket(std::exchange(*operation.result, -1)); });
}

/// Done when `socket` is connected to `address`, which must stay where it is.
auto connected(int socket, const common::Address& address) {
  const auto prepare = [socket, &address](io_uring_sqe* entry, Operation& operation) {
    operation.address = address;
    io_uring_prep_connect(entry, socket, operation.address.data(), address.size());
  };
  return Io("connect", prepare, [](Operation&) { return done; });
}

/// What has come, up to 4 KiB; empty at end of file.
auto read_some(int socket) {
  const auto prepare = [=](io_uring_sqe* entry, Operation& operation) {
    operation.bytes.resize(4096);
    io_uring_prep_recv(entry, socket, operation.bytes.data(), operation.bytes.size(), 0);
  };
  return Io("recv", prepare, [](Operation& operation) {
    operation.bytes.resize(static_cast<std::size_t>(*operation.result));
    return std::move(operation.bytes);
  });
}

/// Writes all of `bytes`. Done is the result of what has none.
auto write_all(int socket, std::string bytes) {
  auto prepare = [socket, bytes = std::move(bytes)](io_uring_sqe* entry,
                                                    Operation& operation) mutable {
    operation.bytes = std::move(bytes);
    const int flags = MSG_WAITALL | MSG_NOSIGNAL;  // all of it, and no SIGPIPE
    io_uring_prep_send(entry, socket, operation.bytes.data(), operation.bytes.size(), flags);
  };
  return Io("send", std::move(prepare), [](Operation&) { return done; });
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

/// Hands over what is new, and waits until something is done: up to so many milliseconds, or for
/// ever with -1. It takes in all that is done.
void submit_and_wait(int milliseconds) {
  __kernel_timespec limit{};
  limit.tv_sec = milliseconds / 1000;
  limit.tv_nsec = milliseconds % 1000 * 1'000'000;
  io_uring_cqe* entry = nullptr;
  const int error = io_uring_submit_and_wait_timeout(
      &ring, &entry, 1, milliseconds == -1 ? nullptr : &limit, nullptr);
  if (error != -ETIME && error != -EINTR) runtime::check_ring(error, "io_uring_enter");
  while (io_uring_peek_cqe(&ring, &entry) == 0) {
    if (const auto taken = in_flight.extract(io_uring_cqe_get_data(entry))) {
      Operation& operation = *taken.mapped();
      operation.result = entry->res;
      if (operation.waker) operation.waker->wake();
    }
    io_uring_cqe_seen(&ring, entry);
  }
}

/// Who has one of these ends, with it, the tasks that are left: also on an exception, and before
/// the globals go, to which their futures refer. Then it waits for the kernel, which still works
/// with the orphans' memory.
struct TasksEnd {
  ~TasksEnd() {
    for (const auto& task : unfinished_tasks) task->future.reset();
    unfinished_tasks.clear();
    try {
      while (!in_flight.empty()) submit_and_wait(-1);
    } catch (const std::exception& error) {  // then nobody will ever know
      common::print_line(error.what());
      std::_Exit(1);
    }
    io_uring_queue_exit(&ring);
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
  Socket socket(common::check(::socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
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

/// Sleeps until a task is scheduled. False if nothing is left that could do that.
bool wait_for_wake() {
  if (scheduled_tasks.empty() && wake_times.empty() && in_flight.empty()) return false;
  submit_and_wait(sleep_limit());
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
  common::CommandLine cli(
      "The kernel does the work: the loop hands it over, and waits until it is done.",
      "build/07_futures_tasks/client_server");
  cli.add_delay(delay);
  cli.add_endpoint(endpoint);
  return cli.run(argc, argv, [&] {
    runtime::open_ring(ring, 64, 0, "15_io_epoll");
    const TasksEnd before_the_globals;
    common::prepare_server();
    Socket listener(common::listen_tcp(endpoint.host, endpoint.port));
    common::announce(listener.get());
    spawn(async_main(std::move(listener), delay));
    const bool ended = run();
    summary.print();
    if (!ended)
      common::print_line("all tasks are pending, and nothing is left that could wake them");
    return ended ? 0 : 1;
  });
}
