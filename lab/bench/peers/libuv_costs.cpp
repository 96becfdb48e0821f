// What does libuv cost? The same figures as runtime_costs, where it has the notion. It has no
// tasks: what yields, wakes and sleeps here is a callback and the struct of its handle.
//
//   apt install libuv1-dev
//   cmake --build build --target lab_libuv_costs && build/lab/libuv_costs

#include <uv.h>

#include "lab/bench/costs.hpp"

namespace {

using bench::kTimes;

/// Runs a loop until nothing is active in it.
template <class Start>
void run(Start start) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  start(&loop);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
}

int left = 0;

/// libuv has no queue to go to the end of. What wants to go on later takes its next turn in the
/// loop, and an idle handle is what makes the loop turn at once. Each turn asks the kernel for
/// events and for the time, for however many idle handles there are. A timer of zero would ask
/// nobody: it would run again in the same turn, and nothing else would.
void yield(uv_loop_t* loop) {
  static uv_idle_t idle;
  left = kTimes;
  uv_idle_init(loop, &idle);
  uv_idle_start(&idle, [](uv_idle_t* me) {
    if (--left == 0) uv_close(reinterpret_cast<uv_handle_t*>(me), nullptr);
  });
}

uv_async_t players[2];

void play(uv_async_t* me) {
  uv_async_t* other = me == &players[0] ? &players[1] : &players[0];
  if (--left > 0) {
    uv_async_send(other);
    return;
  }
  for (auto& player : players) uv_close(reinterpret_cast<uv_handle_t*>(&player), nullptr);
}

/// Like a waker, an async handle may be used by any thread. But also the loop's own thread writes
/// to an eventfd each time. A turn of the loop, which waits and reads, does for two wakes here:
/// when the first player wakes the second one, that one's turn to be looked at is still to come.
void wake(uv_loop_t* loop) {
  left = kTimes;
  for (auto& player : players) uv_async_init(loop, &player, play);
  uv_async_send(&players[0]);
}

void destroy(uv_handle_t* timer) {
  delete reinterpret_cast<uv_timer_t*>(timer);
}

void wake_up(uv_timer_t* timer) {
  uv_close(reinterpret_cast<uv_handle_t*>(timer), destroy);
}

/// The loop's time stands still while it starts them, so all million are due at once.
void sleepers(uv_loop_t* loop) {
  const double before = bench::heap_bytes();
  for (int i = 0; i < kTimes; ++i) {
    auto* timer = new uv_timer_t;
    uv_timer_init(loop, timer);
    uv_timer_start(timer, wake_up, 1000, 0);
  }
  bench::print_bytes("sleeper", before);
}

}  // namespace

int main() {
  bench::stay_on_one_core();
  bench::print_cost("yield", kTimes, [] { run(yield); });
  bench::print_cost("wake", kTimes, [] { run(wake); });
  bench::print_cost("sleepers", kTimes, [] { run(sleepers); });
}
