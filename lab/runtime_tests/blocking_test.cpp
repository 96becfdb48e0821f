// Does work that blocks come back to its task, and hold nobody up?

#include "runtime/executor/spawn_blocking.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "lab/support/server.hpp"
#include "support.hpp"

namespace runtime {
namespace {

constexpr int kMost = static_cast<int>(BlockingPool::kMost);

TEST_CASE("what a blocking function returns comes out of its handle") {
  static int object = 0;
  const auto main = []() -> Async<int> {
    const int value = co_await spawn_blocking([] { return 1; });
    const auto owner = co_await spawn_blocking([] { return std::make_unique<int>(2); });
    int& reference = co_await spawn_blocking([]() -> int& { return object; });
    co_await spawn_blocking([] {});
    reference = value + *owner;
    co_return value;
  };
  for (const Options& options : executors()) {
    object = 0;
    block_on(main(), options);
    CHECK(object == 3);
  }
}

TEST_CASE("a blocking function runs on a thread that is none of the executor's") {
  const auto main = []() -> Async<bool> {
    const auto own = std::this_thread::get_id();
    const auto other = co_await spawn_blocking(
        [] { return Executor::may_block() ? std::this_thread::get_id() : std::thread::id(); });
    co_return other != own&& other != std::thread::id();
  };
  CHECK(block_on(main()));
}

TEST_CASE("what a blocking function throws comes out of its handle") {
  const auto main = []() -> Async<> {
    co_await spawn_blocking([] { throw std::runtime_error("blocked"); });
  };
  for (const Options& options : executors()) {
    CHECK_THROWS_WITH(block_on(main(), options), "blocked");
  }
}

/// Blocks as many threads as there are until `release` is set.
std::vector<JoinHandle<void>> fill_the_pool(Flag& release, std::atomic<int>& begun) {
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < kMost; ++i) {
    handles.push_back(spawn_blocking([&] {
      ++begun;
      begun.notify_all();
      release.wait();
    }));
  }
  for (int now = begun; now < kMost; now = begun) begun.wait(now);
  return handles;
}

TEST_CASE("more blocking functions at once than there may be threads wait for their turn") {
  struct State {
    Flag release;
    std::atomic<int> begun = 0;
  };
  const auto main = [](State& state) -> Async<int> {
    auto handles = fill_the_pool(state.release, state.begun);  // returns: kMost run at once
    for (int i = 0; i < kMost; ++i) handles.push_back(spawn_blocking([&] { ++state.begun; }));
    const int at_once = state.begun;
    state.release.set();
    for (auto& handle : handles) co_await handle;
    co_return at_once;
  };
  State state;
  CHECK(block_on(main(state)) == kMost);
  CHECK(state.begun == 2 * kMost);
}

TEST_CASE("abort of a blocking function before it begins: it is never called") {
  struct State {
    Flag release;
    std::atomic<int> begun = 0;
    std::atomic<bool> called = false;
    bool aborted = false;
  };
  const auto main = [](State& state) -> Async<> {
    auto handles = fill_the_pool(state.release, state.begun);
    auto waiting = spawn_blocking([&] { state.called = true; });
    waiting.abort();
    state.release.set();
    try {
      co_await waiting;
    } catch (const Aborted&) {
      state.aborted = true;
    }
    for (auto& handle : handles) co_await handle;
  };
  State state;
  block_on(main(state));
  CHECK(state.aborted);
  CHECK_FALSE(state.called);
}

TEST_CASE("abort of a blocking function that runs comes too late") {
  const auto main = [](Flag& begun, Flag& release) -> Async<int> {
    auto handle = spawn_blocking([&] {
      begun.set();
      release.wait();
      return 7;
    });
    begun.wait();
    handle.abort();
    release.set();
    const int result = co_await handle;
    co_return result;
  };
  Flag begun;
  Flag release;
  CHECK(block_on(main(begun, release)) == 7);
}

TEST_CASE("the runtime's end waits for what has begun") {
  struct State {
    Flag begun;
    Flag release;
    bool ended = false;  // plain: the end of the runtime publishes it
  };
  // Lets the blocking function go when the runtime has begun to end, and not before.
  const auto waits = [](AtEnd) -> Async<> { co_await Never(); };
  const auto main = [](State& state, Async<> left) -> Async<> {
    spawn(std::move(left)).detach();
    spawn_blocking([&] {
      state.begun.set();
      state.release.wait();
      state.ended = true;
    }).detach();
    state.begun.wait();
    co_return;
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    State state;
    block_on(main(state, waits(AtEnd([&] { state.release.set(); }))), options);
    CHECK(state.ended);
  }
}

TEST_CASE("the runtime's end lets go of what may be let go, and that may still use the runtime") {
  struct State {
    Flag begun;
    Flag release;
    Flag ended;
    std::atomic<int> aborted = 0;
  };
  const auto let_go = [](std::shared_ptr<State> state) {
    return [state = std::move(state)] {
      const auto is_aborted = [](JoinHandle<void> handle) {
        try {
          block_on(std::move(handle));
        } catch (const Aborted&) {
          return true;
        }
        return false;
      };
      state->begun.set();
      state->release.wait();
      state->aborted += is_aborted(spawn(ready()));
      state->aborted += is_aborted(spawn_blocking([] {}));
      state->aborted += is_aborted(spawn_blocking([] {}, Leftover::let_go));
      state->aborted += now() < Clock::time_point::max() ? 1 : 0;
      state->ended.set();
    };
  };
  const auto main = [](const State& state, auto function) -> Async<> {
    spawn_blocking(std::move(function), Leftover::let_go).detach();
    state.begun.wait();
    co_return;
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    const auto state = std::make_shared<State>();
    const std::size_t before = open_files();
    block_on(main(*state, let_go(state)), options);  // returns, though nothing is released
    state->release.set();
    state->ended.wait();
    CHECK(state->aborted == 4);
    lab::wait_until([&] { return open_files() <= before; }, "the thread ends, and the runtime");
  }
}

}  // namespace
}  // namespace runtime
