// Judges the exercise: event.hpp says what it has to do.

#include "event.hpp"

#include <doctest/doctest.h>

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

runtime::Async<std::size_t> given_up() {
  Event event;
  auto stays = event.wait();
  const bool first = co_await runtime::timeout(1s, stays);
  const bool second = co_await runtime::timeout(1s, event.wait());
  CHECK_FALSE(first);
  CHECK_FALSE(second);
  co_return event.waiting();
}

TEST_CASE("who stops waiting leaves no waker, and the others keep theirs") {
  CHECK(runtime::block_on(given_up(), {.virtual_clock = true}) == 1);
}

}  // namespace
