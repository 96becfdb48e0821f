// What does libevent cost? The same figures as runtime_costs, where it has the notion. It has no
// tasks: what yields, wakes and sleeps here is a callback and the struct of its event.
//
//   apt install libevent-dev
//   cmake --build build --target lab_libevent_costs && build/lab/libevent_costs

#include <event2/event.h>

#include "lab/bench/costs.hpp"

namespace {

using bench::kTimes;

/// Runs a base until it has no events. Of its own accord, it would call what is active until
/// nothing is, and a callback that yields forever would keep all others from the kernel. So it
/// gets a bound, the one of the runtime's executors. It has no locks: they are for threads.
template <class Start>
void run(Start start) {
  constexpr int kCallbacksPerTurn = 128;
  event_config* config = event_config_new();
  event_config_set_max_dispatch_interval(config, nullptr, kCallbacksPerTurn, 0);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  start(base);
  event_base_dispatch(base);
  event_base_free(base);
}

int left = 0;
event* players[2];

/// Goes to the end of the queue of active events. No system call is in this, nor a waker that
/// another thread may use.
void activate(event* one) {
  event_active(one, EV_TIMEOUT, 0);
}

void yield(event_base* base) {
  left = kTimes;
  const auto again = [](evutil_socket_t, short, void* me) {
    if (--left > 0) return activate(static_cast<event*>(me));
    event_free(static_cast<event*>(me));
  };
  activate(event_new(base, -1, 0, again, event_self_cbarg()));
}

void play(evutil_socket_t, short, void* me) {
  if (--left > 0) return activate(players[0] == me ? players[1] : players[0]);
  for (auto* player : players) event_free(player);
}

void wake(event_base* base) {
  left = kTimes;
  for (auto*& player : players) player = event_new(base, -1, 0, play, event_self_cbarg());
  activate(players[0]);
}

void sleepers(const char* name, event_base* base, const timeval* second) {
  const double before = bench::heap_bytes();
  const auto end = [](evutil_socket_t, short, void* me) { event_free(static_cast<event*>(me)); };
  for (int i = 0; i < kTimes; ++i) event_add(evtimer_new(base, end, event_self_cbarg()), second);
  bench::print_bytes(name, before);
}

/// Its idiom for many timeouts of one length: a list of their own, where its heap has one entry
/// for all of them.
void common_sleepers(event_base* base) {
  const timeval second{.tv_sec = 1, .tv_usec = 0};
  sleepers("sleeper", base, event_base_init_common_timeout(base, &second));
}

/// Timeouts of any length: each has its place in the heap.
void any_sleepers(event_base* base) {
  const timeval second{.tv_sec = 1, .tv_usec = 0};
  sleepers("sleeper_of_any_length", base, &second);
}

}  // namespace

int main() {
  bench::stay_on_one_core();
  bench::print_cost("yield", kTimes, [] { run(yield); });
  bench::print_cost("wake", kTimes, [] { run(wake); });
  bench::print_cost("sleepers", kTimes, [] { run(common_sleepers); });
  bench::print_cost("sleepers_of_any_length", kTimes, [] { run(any_sleepers); });
}
