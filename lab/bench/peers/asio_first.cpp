// How does Asio cancel? It tells the loser of a race so, and waits until that has ended. Chapter
// 07's `select` destroys it.
//
//   apt install libasio-dev
//   cmake --build build --target lab_asio_first && build/lab/asio_first

#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <cstdio>

namespace {

using asio::awaitable;
using asio::use_awaitable;
using namespace std::chrono_literals;

awaitable<void> wait(std::chrono::milliseconds pause) {
  asio::steady_timer timer(co_await asio::this_coro::executor, pause);
  co_await timer.async_wait(use_awaitable);
}

/// Its cancellation is an error, which it may catch. To await once more, it must first say that it
/// is not cancelled any more.
awaitable<void> loser() {
  bool cancelled = false;
  try {
    co_await wait(10s);
  } catch (const asio::system_error& error) {
    std::printf("loser: %s\n", error.code().message().c_str());
    cancelled = true;
  }
  if (!cancelled) co_return;
  co_await asio::this_coro::reset_cancellation_state();
  co_await wait(300ms);
  std::printf("loser: has tidied up\n");
}

awaitable<void> winner() {
  co_await wait(100ms);
  std::printf("winner: ready\n");
}

awaitable<void> race() {
  using namespace asio::experimental::awaitable_operators;
  co_await (loser() || winner());
  std::printf("the race is over\n");
}

}  // namespace

int main() {
  asio::io_context context(1);
  asio::co_spawn(context, race(), asio::detached);
  context.run();
  return 0;
}
