// Does it hold when everything happens at random? Wakes, aborts, drops and joins, a bounded number,
// and at the end everything that was made is gone.

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <thread>

#include "support.hpp"

namespace runtime {
namespace {

/// Wakers that other threads may use at any time, also late.
class Wakers {
 public:
  void put(std::size_t slot, Waker waker) {
    const std::lock_guard lock(mutex_);
    std::swap(slots_.at(slot), waker);
  }
  Waker copy(std::size_t slot) {
    const std::lock_guard lock(mutex_);
    return slots_.at(slot);
  }
  static constexpr std::size_t kSlots = 64;

 private:
  std::mutex mutex_;
  std::array<Waker, kSlots> slots_;
};

/// Leaves its waker in a slot, and is ready at its third poll.
class Visit {
 public:
  using Output = void;
  Visit(Wakers& wakers, std::size_t slot) : wakers_(&wakers), slot_(slot) {}

  Poll<void> poll(Context& context) {
    wakers_->put(slot_, context.waker());
    if (++polls_ == 3) return done;
    return pending;
  }

 private:
  Wakers* wakers_;
  std::size_t slot_;
  int polls_ = 0;
};

Async<int> visitor(Wakers& wakers, std::size_t slot, Counted) {
  co_await Visit(wakers, slot);
  co_return 1;
}

/// Spawns a thousand of them, and aborts, drops or joins each.
Async<> host(Wakers& wakers, Lives& lives, unsigned seed) {
  std::mt19937 random(seed);
  for (int round = 0; round < 250; ++round) {
    std::vector<JoinHandle<int>> handles;
    for (int i = 0; i < 4; ++i) {
      handles.push_back(spawn(visitor(wakers, random() % Wakers::kSlots, Counted(lives))));
    }
    for (int i = static_cast<int>(random() % 4); i > 0; --i) co_await yield_now();
    for (auto& handle : handles) {
      if (random() % 3 == 0) handle.abort();
    }
    handles.erase(handles.begin());
    for (auto& handle : handles) {
      const auto until = std::chrono::microseconds(random() % 50);
      try {
        co_await timeout(until, handle);
      } catch (const Aborted&) {
        continue;
      }
    }
  }
}

TEST_CASE("wake, abort, drop and join at random: everything is destroyed exactly once") {
  for (const std::size_t workers : {0u, 1u, 2u}) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
      Wakers wakers;
      Lives lives;
      {
        std::jthread wakes([&](const std::stop_token& stop) {
          std::mt19937 random(seed);
          while (!stop.stop_requested()) wakers.copy(random() % Wakers::kSlots).wake();
        });
        block_on(host(wakers, lives, seed), {.workers = workers});
      }
      CHECK(lives.made == 1000);
      CHECK(lives.alive() == 0);
    }
  }
}

}  // namespace
}  // namespace runtime
