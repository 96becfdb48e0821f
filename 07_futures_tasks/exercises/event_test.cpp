// Judges the exercise: event.hpp says what it has to do.

#include "event.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "runtime/runtime.hpp"

namespace {

using namespace std::chrono_literals;

runtime::Async<> wait_and_count(std::shared_ptr<Event> event, std::shared_ptr<int> through) {
  co_await event->wait();
  ++*through;
}

/// Five tasks wait, and then the event is set.
runtime::Async<int> five_waiters() {
  const auto event = std::make_shared<Event>();
  const auto through = std::make_shared<int>(0);
  std::vector<runtime::JoinHandle<void>> handles;
  for (int i = 0; i < 5; ++i) handles.push_back(runtime::spawn(wait_and_count(event, through)));
  co_await runtime::sleep(1s);
  CHECK(*through == 0);
  event->set();
  for (auto& handle : handles) co_await handle;
  co_return *through;
}

TEST_CASE("all who wait go on when it is set, and not before") {
  int through = 0;
  // Whoever is forgotten waits for ever, and block_on says so.
  CHECK_NOTHROW(through = runtime::block_on(five_waiters(), {.virtual_clock = true}));
  CHECK(through == 5);
}

runtime::Async<bool> late_waiter() {
  Event event;
  event.set();
  co_return co_await runtime::timeout(1s, event.wait());
}

TEST_CASE("who comes later does not wait") {
  CHECK(runtime::block_on(late_waiter(), {.virtual_clock = true}));
}

/// One task waits, and another one gives up; then the event is set.
runtime::Async<bool> one_gives_up() {
  const auto event = std::make_shared<Event>();
  auto stays = runtime::spawn(wait_and_count(event, std::make_shared<int>(0)));
  const bool in_time = co_await runtime::timeout(1s, event->wait());
  CHECK_FALSE(in_time);
  CHECK(event->waiting() == 1);
  event->set();
  co_return co_await runtime::timeout(1s, stays);
}

TEST_CASE("who stops waiting leaves no waker, and the others keep theirs") {
  CHECK(runtime::block_on(one_gives_up(), {.virtual_clock = true}));
}

runtime::Async<> poll_once(std::shared_ptr<Event::Wait> wait) {
  auto once = runtime::poll_fn([wait](runtime::Context& context) -> runtime::Poll<void> {
    CHECK_FALSE(wait->poll(context).is_ready());
    return runtime::done;
  });
  co_await once;
}

runtime::Async<> wait_for(std::shared_ptr<Event::Wait> wait) {
  co_await *wait;
}

/// One task polls the future, and another one awaits it.
runtime::Async<bool> passed_on() {
  const auto event = std::make_shared<Event>();
  const auto wait = std::make_shared<Event::Wait>(event->wait());
  co_await runtime::spawn(poll_once(wait));
  auto second = runtime::spawn(wait_for(wait));
  const bool early = co_await runtime::timeout(1s, second);
  CHECK_FALSE(early);
  event->set();
  co_return co_await runtime::timeout(1s, second);
}

TEST_CASE("a future that is passed on wakes the task that polled it last") {
  CHECK(runtime::block_on(passed_on(), {.virtual_clock = true}));
}

}  // namespace
