// What does the runtime of chapter 07 cost? Tasks, yields, wakes and sleepers, on one core, each
// figure in a line.
//
//   build/lab/runtime_costs                half a minute
//   build/lab/runtime_costs --only wake    one of the figures
//   build/lab/asio_costs                   the same with Asio's coroutines, where Asio is installed

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "costs.hpp"
#include "runtime/runtime.hpp"

namespace {

using bench::kTimes;
using runtime::Async;

Async<int> one() {
  co_return 1;
}

Async<> spawn_and_join() {
  for (int i = 0; i < kTimes; ++i) {
    auto handle = runtime::spawn(one());
    co_await handle;
  }
}

Async<> yield() {
  for (int i = 0; i < kTimes; ++i) co_await runtime::yield_now();
}

/// Whose turn it is, and who waits for theirs.
struct Table {
  int turn = 0;
  runtime::Waker waiting[2];
};

Async<> play(std::shared_ptr<Table> table, int me, int turns) {
  for (int i = 0; i < turns; ++i) {
    auto my_turn = runtime::poll_fn([&](runtime::Context& context) -> runtime::Poll<void> {
      if (table->turn == me) return runtime::done;
      table->waiting[me] = context.waker();
      return runtime::pending;
    });
    co_await my_turn;
    table->turn = 1 - me;
    std::exchange(table->waiting[1 - me], runtime::Waker()).wake();
  }
}

Async<> ping_pong() {
  const auto table = std::make_shared<Table>();
  auto ping = runtime::spawn(play(table, 0, kTimes / 2));
  auto pong = runtime::spawn(play(table, 1, kTimes / 2));
  co_await ping;
  co_await pong;
}

/// Two tasks that send each other one value, to and fro: a switch is a send and a receive.
Async<> volley(runtime::Sender<int> to, runtime::Receiver<int> from, int times, bool begins) {
  if (begins) co_await to.send(0);
  for (int i = 0; i < times; ++i) {
    const auto ball = co_await from.receive();
    if (begins && i + 1 == times) break;  // nobody receives another one
    co_await to.send(*ball);
  }
}

Async<> mpsc_switches() {
  auto forth = runtime::mpsc<int>(1);
  auto back = runtime::mpsc<int>(1);
  auto ping =
      runtime::spawn(volley(std::move(forth.sender), std::move(back.receiver), kTimes / 2, true));
  auto pong =
      runtime::spawn(volley(std::move(back.sender), std::move(forth.receiver), kTimes / 2, false));
  co_await ping;
  co_await pong;
}

int asleep = 0;
int awake = 0;

Async<> sleeper() {
  ++asleep;
  co_await runtime::sleep(std::chrono::seconds(1));
  ++awake;
}

Async<> sleepers() {
  const double before = bench::heap_bytes();
  for (int i = 0; i < kTimes; ++i) runtime::spawn(sleeper()).detach();
  while (asleep < kTimes) co_await runtime::yield_now();
  bench::print_bytes("sleeper", before);
  while (awake < kTimes) co_await runtime::sleep(std::chrono::milliseconds(1));
}

/// Two tasks that answer each other through the kernel: what a wait costs, with the pool's threads.
Async<> echo(common::Fd socket, int times, bool begins) {
  runtime::TcpStream stream(std::move(socket));
  if (begins) co_await stream.write_all("x");
  for (int i = 0; i < times; ++i) {
    const runtime::Bytes bytes = co_await stream.read_some();
    if (begins && i + 1 == times) break;  // nobody reads another one
    co_await stream.write_all(bytes);
  }
}

Async<> echoes(int times) {
  int ends[2];
  common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), "socketpair");
  auto ping = runtime::spawn(echo(common::Fd(ends[0]), times, true));
  auto pong = runtime::spawn(echo(common::Fd(ends[1]), times, false));
  co_await ping;
  co_await pong;
}

/// What idle tasks wait for, and how many do.
runtime::Notify never;
std::size_t idle_tasks = 0;

Async<> idle() {
  ++idle_tasks;
  co_await never.notified();
}

/// When so many are idle.
Async<> print_echoes(std::size_t tasks, std::string name, int times) {
  while (idle_tasks < tasks) co_await runtime::yield_now();
  const auto start = common::Clock::now();
  co_await echoes(times);
  bench::print_time(name, times, common::Clock::now() - start);
}

/// The same beside tasks that wait for something else: detached, or all joined by one.
Async<> echoes_beside(std::size_t tasks, bool joined, std::string name, int times) {
  idle_tasks = 0;
  auto printed = runtime::spawn(print_echoes(tasks, std::move(name), times));
  std::vector<runtime::JoinHandle<void>> handles;
  for (std::size_t i = 0; i < tasks; ++i) handles.push_back(runtime::spawn(idle()));
  if (joined) {
    auto all = runtime::join_all(std::move(handles));
    co_await runtime::select(printed, all);
  } else {
    handles.clear();  // which detaches them
    co_await printed;
  }
}

/// Many in one task, each waiting for a wake of its own.
struct Crowd {
  std::vector<runtime::Waker> wakers;
  int polls = 0;
};

class Member {
 public:
  using Output = void;
  Member(Crowd& crowd, std::size_t index) : crowd_(&crowd), index_(index) {}
  runtime::Poll<void> poll(runtime::Context& context) {
    crowd_->wakers[index_] = context.waker();
    ++crowd_->polls;
    return runtime::pending;
  }

 private:
  Crowd* crowd_;
  std::size_t index_;
};

using Members = runtime::FuturesUnordered<Member>;

/// Waits for a member's result, which there never is, until they were polled `polls` times.
Async<> poll_members(Members& members, Crowd& crowd, int polls) {
  auto next = members.next();
  auto until = runtime::poll_fn([&](runtime::Context& context) -> runtime::Poll<void> {
    static_cast<void>(next.poll(context));
    if (crowd.polls >= polls) return runtime::done;
    return runtime::pending;
  });
  co_await until;
}

/// Wakes one member, lets the task that it is in poll it, and so on. In the order in which they
/// were made: in another one, each wake of many would also wait for memory.
Async<> wake_one_by_one(Members& members, Crowd& crowd) {
  auto polls = runtime::spawn(poll_members(members, crowd, crowd.polls + kTimes));
  for (std::size_t i = 0; i < kTimes; ++i) {
    co_await runtime::yield_now();
    crowd.wakers[i % crowd.wakers.size()].wake();
  }
  co_await polls;
}

void unordered(const std::string& name, std::size_t size) {
  Crowd crowd;
  crowd.wakers.resize(size);
  Members members;
  for (std::size_t i = 0; i < size; ++i) members.push(Member(crowd, i));
  runtime::block_on(poll_members(members, crowd, static_cast<int>(size)));  // for the first time
  bench::print_cost(name, kTimes, [&] { runtime::block_on(wake_one_by_one(members, crowd)); });
}

/// Which figures are wanted?
struct Choice {
  std::string only;
  std::uint64_t echoes = 20'000;
  mutable bool found = false;  ///< a figure of that name was asked for

  [[nodiscard]] bool wants(const std::string& name) const {
    const bool wanted = only.empty() || only == name;
    found = found || wanted;
    return wanted;
  }
  [[nodiscard]] int times() const { return static_cast<int>(echoes); }
};

/// What `work` takes, which does a thing `times` times, with so many workers.
void print_cost(const Choice& choice, const std::string& name, int times, auto work,
                const runtime::Options& options = {}) {
  if (choice.wants(name)) bench::print_cost(name, times, [&] { block_on(work(), options); });
}

/// With one worker and with two, for whom another core may be of use, and without any.
void print_with_workers(const Choice& choice) {
  const auto echo = [&] { return echoes(choice.times()); };
  for (std::size_t workers : {1u, 2u}) {
    using enum runtime::DrivenBy;
    const std::string name = "echo_" + std::to_string(workers) + "_workers_";
    print_cost(choice, name + "idle_worker", choice.times(), echo, {.workers = workers});
    print_cost(choice, name + "background_thread", choice.times(), echo,
               {.workers = workers, .driven_by = background_thread});
  }
  print_cost(choice, "echo_current_thread", choice.times(), echo);
  for (std::size_t workers : {0u, 2u}) {
    const std::string with = workers == 0 ? "_current_thread" : "_2_workers";
    print_cost(choice, "spawn_and_join" + with, kTimes, spawn_and_join, {.workers = workers});
    print_cost(choice, "mpsc_switch" + with, kTimes, mpsc_switches, {.workers = workers});
  }
}

void print_beside(const Choice& choice) {
  for (std::size_t tasks : {0u, 1'000u, 10'000u, 100'000u}) {
    for (const bool joined : {false, true}) {
      const std::string name =
          "echo_beside_" + std::to_string(tasks) + (joined ? "_joined" : "_detached");
      if (tasks == 0 && joined) continue;  // there is nobody to wait for
      if (choice.wants(name)) block_on(echoes_beside(tasks, joined, name, choice.times()));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Choice choice;
  common::CommandLine cli("Prints what tasks, yields, wakes and sleepers cost, a line each.",
                          "build/lab/asio_costs");
  cli.add_text("--only", "print the figure of this name (sleepers prints sleeper as well)",
               choice.only);
  cli.add_count("--echoes", "how often two tasks answer each other", choice.echoes);
  return cli.run(argc, argv, [&] {
    print_with_workers(choice);
    bench::stay_on_one_core();
    print_beside(choice);
    print_cost(choice, "spawn_and_join", kTimes, spawn_and_join);
    print_cost(choice, "yield", kTimes, yield);
    print_cost(choice, "wake", kTimes, ping_pong);
    for (std::size_t size : {10u, 1'000u, 100'000u}) {
      const std::string name = "unordered_" + std::to_string(size);
      if (choice.wants(name)) unordered(name, size);
    }
    print_cost(choice, "mpsc_switch", kTimes, mpsc_switches);
    print_cost(choice, "sleepers", kTimes, sleepers);
    if (!choice.found) throw std::runtime_error("no figure is called " + choice.only);
    return 0;
  });
}
