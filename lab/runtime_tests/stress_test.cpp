// Is everything destroyed exactly once, whatever happens in whatever order? Tasks spawn, join,
// abort and drop others at random, while another thread wakes, copies and drops their wakers.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

/// Wakers that were handed out, for another thread to use.
class Wakers {
 public:
  void add(Waker waker) {
    const std::lock_guard lock(mutex_);
    wakers_.push_back(std::move(waker));
    ++count_;
    count_.notify_one();
  }
  void close() {
    closed_ = true;
    ++count_;
    count_.notify_one();
  }

  /// Uses wakers, in any order, until it is closed. Late ones are of tasks and runtimes long gone.
  void use(std::uint32_t seed) {
    std::minstd_rand random(seed);
    std::vector<Waker> late;
    while (!closed_) {
      count_.wait(0);
      std::vector<Waker> taken;
      {
        const std::lock_guard lock(mutex_);
        taken.swap(wakers_);
        count_ = closed_ ? 1 : 0;
      }
      std::shuffle(taken.begin(), taken.end(), random);
      for (Waker& waker : taken) {
        waker.wake();
        if (random() % 4 == 0) late.push_back(waker);
        if (random() % 4 == 0) waker.wake();
      }
      if (!late.empty()) late[random() % late.size()].wake();
      if (late.size() > 50) late.erase(late.begin(), late.begin() + 25);
    }
  }

 private:
  std::mutex mutex_;
  std::vector<Waker> wakers_;  // guarded by the mutex
  std::atomic<int> count_ = 0;
  std::atomic<bool> closed_ = false;
};

struct Shared {
  Wakers wakers;
  Lives frames;
  Lives futures;
  Lives outputs;
  std::atomic<int> spawned = 0;
};

/// Pending at its first polls: another thread, or the task itself, wakes it.
class Waits {
 public:
  using Output = void;
  Waits(Shared& shared, std::uint32_t random)
      : shared_(&shared), polls_(random % 3), by_itself_(random % 5 == 0), life_(shared.futures) {}
  Poll<void> poll(Context& context) {
    if (polls_ == 0) return done;
    --polls_;
    if (by_itself_) {
      context.wake_self();
    } else {
      shared_->wakers.add(context.waker());
    }
    return pending;
  }

 private:
  Shared* shared_;
  std::uint32_t polls_;
  bool by_itself_;
  Counted life_;
};

Async<Counted> work(Shared& shared, std::uint32_t seed, int depth, bool may_fail, Counted frame);

JoinHandle<Counted> spawn_work(Shared& shared, std::uint32_t seed, int depth, bool may_fail) {
  ++shared.spawned;
  return spawn(work(shared, seed, depth, may_fail, Counted(shared.frames)));
}

Async<> join_any(JoinHandle<Counted> handle) {
  try {
    co_await handle;
  } catch (const std::exception&) {  // it was aborted, or has failed
  }
}

Async<> child(Shared& shared, std::uint32_t seed, int depth) {
  switch (seed % 6) {
    case 0:
      co_await join_any(spawn_work(shared, seed / 6, depth, true));
      break;
    case 1: {
      auto handle = spawn_work(shared, seed / 6, depth, true);
      handle.abort();
      co_await join_any(std::move(handle));
      break;
    }
    case 2: {
      auto handle = spawn_work(shared, seed / 6, depth, true);
      co_await Waits(shared, seed / 6);
      handle.abort();
      co_await join_any(std::move(handle));
      break;
    }
    case 3:
      spawn_work(shared, seed / 6, depth, false).detach();
      break;
    case 4: {
      auto handle = spawn_work(shared, seed / 6, depth, false);
      co_await Waits(shared, seed / 6);
      handle.abort();
      break;  // and is dropped, before or after its end
    }
    default: {
      auto abandoned = join_any(spawn_work(shared, seed / 6, depth, false));
      co_await timeout(Duration::zero(), std::move(abandoned));
    }
  }
}

Async<Counted> work(Shared& shared, std::uint32_t seed, int depth, bool may_fail, Counted frame) {
  std::minstd_rand random(seed + 1);
  for (int i = 0; i < 4; ++i) {
    co_await Waits(shared, static_cast<std::uint32_t>(random()));
    if (depth > 0) co_await child(shared, static_cast<std::uint32_t>(random()), depth - 1);
  }
  if (may_fail && random() % 4 == 0) throw std::runtime_error("chance");
  static_cast<void>(frame);
  co_return Counted(shared.outputs);
}

Async<> all(Shared& shared, std::uint32_t seed) {
  std::vector<JoinHandle<Counted>> handles;
  for (std::uint32_t i = 0; i < 8; ++i) {
    handles.push_back(spawn_work(shared, seed * 1000 + i, 3, true));
  }
  for (auto& handle : handles) co_await join_any(std::move(handle));
  // What was detached is left for the runtime's end.
}

TEST_CASE("whatever tasks and wakers do at random, everything is destroyed exactly once") {
  const CapturedErrors errors;  // tasks fail that nobody joins, too
  for (const Options& options : executors()) {
    for (const std::uint32_t seed : {1U, 2U, 3U, 4U}) {
      CAPTURE(options.workers);
      CAPTURE(seed);
      Shared shared;
      std::thread other([&] { shared.wakers.use(seed); });
      block_on(all(shared, seed), options);
      shared.wakers.close();
      other.join();
      // The first eight, and the four children of each. How many more, only chance knows: a task
      // that is aborted early spawns none.
      CHECK(shared.spawned >= 8 + 8 * 4);
      CHECK(shared.frames.made == shared.spawned);
      CHECK(shared.frames.ended == shared.frames.made);
      CHECK(shared.futures.ended == shared.futures.made);
      CHECK(shared.outputs.made > 0);
      CHECK(shared.outputs.ended == shared.outputs.made);
    }
  }
}

}  // namespace
}  // namespace runtime
