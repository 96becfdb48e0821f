// What do Asio's coroutines cost? The same figures as runtime_costs, each in its idiom.
//
//   build/lab/asio_costs

#include <asio.hpp>
#include <asio/experimental/channel.hpp>
#include <memory>

#include "lab/bench/costs.hpp"

namespace {

using asio::awaitable;
using asio::use_awaitable;
using bench::kTimes;

awaitable<int> one() {
  co_return 1;
}

awaitable<void> spawn_and_join() {
  const auto executor = co_await asio::this_coro::executor;
  for (int i = 0; i < kTimes; ++i) co_await asio::co_spawn(executor, one(), use_awaitable);
}

awaitable<void> yield() {
  const auto executor = co_await asio::this_coro::executor;
  for (int i = 0; i < kTimes; ++i) co_await asio::post(executor, use_awaitable);
}

/// `channel` and not `concurrent_channel`: its mutex is none, as the context has one thread.
using Channel = asio::experimental::channel<void(asio::error_code, int)>;

awaitable<void> volley(std::shared_ptr<Channel> to, std::shared_ptr<Channel> from, int times,
                       bool begins) {
  if (begins) co_await to->async_send(asio::error_code(), 0, use_awaitable);
  for (int i = 0; i < times; ++i) {
    const int ball = co_await from->async_receive(use_awaitable);
    if (begins && i + 1 == times) break;  // nobody receives another one
    co_await to->async_send(asio::error_code(), ball, use_awaitable);
  }
}

awaitable<void> channel_switches() {
  const auto executor = co_await asio::this_coro::executor;
  const auto forth = std::make_shared<Channel>(executor, 1);
  const auto back = std::make_shared<Channel>(executor, 1);
  asio::co_spawn(executor, volley(forth, back, kTimes / 2, true), asio::detached);
  co_await asio::co_spawn(executor, volley(back, forth, kTimes / 2, false), use_awaitable);
}

int asleep = 0;

awaitable<void> sleeper() {
  ++asleep;
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::seconds(1));
  co_await timer.async_wait(use_awaitable);
}

awaitable<void> sleepers() {
  const auto executor = co_await asio::this_coro::executor;
  const double before = bench::heap_bytes();
  for (int i = 0; i < kTimes; ++i) asio::co_spawn(executor, sleeper(), asio::detached);
  while (asleep < kTimes) co_await asio::post(executor, use_awaitable);
  bench::print_bytes("sleeper", before);
}

void run(awaitable<void> work) {
  asio::io_context context(1);
  asio::co_spawn(context, std::move(work), asio::detached);
  context.run();
}

}  // namespace

int main() {
  bench::stay_on_one_core();
  bench::print_cost("spawn_and_join", kTimes, [] { run(spawn_and_join()); });
  bench::print_cost("yield", kTimes, [] { run(yield()); });
  bench::print_cost("channel_switch", kTimes, [] { run(channel_switches()); });
  bench::print_cost("sleepers", kTimes, [] { run(sleepers()); });
}
