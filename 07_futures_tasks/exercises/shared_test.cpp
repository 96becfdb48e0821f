// Judges the exercise: shared.hpp says what it has to do.

#include "shared.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "lab/support/watchdog.hpp"
#include "runtime/runtime.hpp"

namespace {

using namespace std::chrono_literals;

runtime::Async<std::string> fetch(std::shared_ptr<int> fetches) {
  ++*fetches;
  co_await runtime::sleep(1s);
  co_return "the page";
}

/// What a test shares with its tasks.
struct Scene {
  int fetches() const { return *fetches_; }

  const std::shared_ptr<int> fetches_ = std::make_shared<int>(0);
  Shared shared{fetch(fetches_)};
  int pages = 0;  // that somebody has got
};

runtime::Async<> read_page(std::shared_ptr<Scene> scene) {
  const std::string page = co_await scene->shared.wait();
  CHECK(page == "the page");
  ++scene->pages;
}

using Handles = std::vector<runtime::JoinHandle<void>>;

/// So many tasks that wait, in this order.
Handles readers(const std::shared_ptr<Scene>& scene, int number) {
  Handles handles;
  for (int i = 0; i < number; ++i) handles.push_back(runtime::spawn(read_page(scene)));
  return handles;
}

/// Runs a test's coroutine. Whoever is forgotten waits for ever, and block_on says so.
int pages(runtime::Async<int> test) {
  const lab::Watchdog watchdog;
  int count = 0;
  CHECK_NOTHROW(count = runtime::block_on(std::move(test), {.virtual_clock = true}));
  return count;
}

runtime::Async<int> ten() {
  const auto scene = std::make_shared<Scene>();
  Handles handles = readers(scene, 10);
  for (auto& handle : handles) co_await handle;
  CHECK(scene->fetches() == 1);
  CHECK(scene->shared.waiting() == 0);
  co_return scene->pages;
}

TEST_CASE("ten tasks get the page that was fetched once") {
  CHECK(pages(ten()) == 10);
}

runtime::Async<int> late() {
  const auto scene = std::make_shared<Scene>();
  co_await scene->shared.wait();
  co_await read_page(scene);
  co_return scene->pages;
}

TEST_CASE("who comes later gets it at once") {
  CHECK(pages(late()) == 1);
}

/// Of three readers, in the order 0, 1, 2, those with these numbers give up.
runtime::Async<int> give_up(std::vector<std::size_t> who) {
  const auto scene = std::make_shared<Scene>();
  Handles handles = readers(scene, 3);
  co_await runtime::sleep(500ms);
  CHECK(scene->shared.waiting() == 3);
  for (const std::size_t number : who) handles[number].abort();
  co_await runtime::sleep(100ms);
  CHECK(scene->shared.waiting() == 3 - who.size());
  co_await runtime::sleep(1h);  // for those who are not forgotten, plenty of time
  co_return scene->pages;
}

TEST_CASE("if the one that polled last gives up, the others get the page all the same") {
  CHECK(pages(give_up({2})) == 2);
}

TEST_CASE("if the one that polled first gives up, the others get the page all the same") {
  CHECK(pages(give_up({0})) == 2);
}

TEST_CASE("if two give up in the same moment, the third gets the page") {
  CHECK(pages(give_up({2, 0})) == 1);
  CHECK(pages(give_up({2, 1})) == 1);
  CHECK(pages(give_up({0, 1})) == 1);
}

/// The one that polled last is woken, and aborted before it polls.
runtime::Async<int> give_up_when_woken() {
  const auto scene = std::make_shared<Scene>();
  Handles handles = readers(scene, 2);
  co_await runtime::sleep(1s);  // set after the fetch's own timer
  handles[1].abort();
  co_await runtime::sleep(1h);
  co_return scene->pages;
}

TEST_CASE("who is woken and gives up before it polls passes the news on") {
  CHECK(pages(give_up_when_woken()) == 1);
}

runtime::Async<> wait_for(std::shared_ptr<Scene>, std::shared_ptr<Shared::Wait> wait) {
  co_await *wait;
}

/// Its first poll is this task's, and then another one awaits it. A third one polls last.
runtime::Async<bool> is_passed_on() {
  const auto scene = std::make_shared<Scene>();
  const auto wait = std::make_shared<Shared::Wait>(scene->shared.wait());
  const auto early = co_await runtime::timeout(500ms, *wait);
  CHECK_FALSE(early);
  auto second = runtime::spawn(wait_for(scene, wait));
  const Handles third = readers(scene, 1);
  co_return co_await runtime::timeout(1h, second);
}

TEST_CASE("a future that is passed on wakes the task that polled it last") {
  const lab::Watchdog watchdog;
  CHECK(runtime::block_on(is_passed_on(), {.virtual_clock = true}));
}

}  // namespace
