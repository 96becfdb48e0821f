// Judges the exercise: promise.hpp says what it has to do.

#include "promise.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "lab/support/watchdog.hpp"

namespace {

/// Pending at first, and at the poll of this number ready with it.
class ReadyAt {
 public:
  using Output = int;

  explicit ReadyAt(int poll) : poll_(poll) {}

  Poll<int> poll() {
    if (++polls_ < poll_) return pending;
    return poll_;
  }

 private:
  int poll_;
  int polls_ = 0;
};

/// Writes down that it is destroyed.
class Guard {
 public:
  explicit Guard(std::string& log) : log_(log) {}
  Guard(Guard&&) = delete;
  ~Guard() { log_ += "destroyed "; }

 private:
  std::string& log_;
};

/// foo. Its result is its number, and the poll at which it could go on.
Async foo(int number, ReadyAt news, std::string& log) {
  log += "start ";
  const Guard guard(log);
  const int poll = co_await news;
  log += "end ";
  co_return number + poll;
}

TEST_CASE("foo takes two polls, the first prints its start and the second its end") {
  const lab::Watchdog watchdog;
  std::string log;
  Async future = foo(10, ReadyAt(2), log);
  CHECK(log == "");
  CHECK_FALSE(future.poll().is_ready());
  CHECK(log == "start ");
  auto result = future.poll();
  CHECK(log == "start end destroyed ");
  REQUIRE(result.is_ready());
  CHECK(result.take() == 12);
}

Async both(std::string& log) {
  const int first = co_await foo(10, ReadyAt(3), log);
  const int second = co_await foo(20, ReadyAt(1), log);
  const int third = co_await foo(30, ReadyAt(2), log);
  co_return first + second + third;
}

TEST_CASE("what is ready at once costs no poll, and what is pending costs one for each answer") {
  const lab::Watchdog watchdog;
  std::string log;
  Async future = both(log);
  int polls = 1;
  auto result = future.poll();
  for (; polls < 10 && !result.is_ready(); ++polls) result = future.poll();
  CHECK(polls == 4);
  REQUIRE(result.is_ready());
  CHECK(result.take() == 13 + 21 + 32);
}

TEST_CASE("a coroutine that is destroyed where it waits destroys its locals") {
  const lab::Watchdog watchdog;
  std::string log;
  {
    Async future = foo(10, ReadyAt(2), log);
    CHECK_FALSE(future.poll().is_ready());
    CHECK(log == "start ");
  }
  CHECK(log == "start destroyed ");
}

Async keep(std::shared_ptr<int> number) {
  co_return *number;
}

TEST_CASE("a coroutine that is never polled has only its parameters to destroy") {
  const lab::Watchdog watchdog;
  const auto number = std::make_shared<int>(7);
  {
    const Async future = keep(number);
    CHECK(number.use_count() == 2);
  }
  CHECK(number.use_count() == 1);
}

Async leaves_by_exception(ReadyAt news) {
  const int poll = co_await news;
  if (poll == 2) throw std::runtime_error("an exception");
  co_return poll;
}

TEST_CASE("an exception that leaves the coroutine comes out of the poll") {
  const lab::Watchdog watchdog;
  Async future = leaves_by_exception(ReadyAt(2));
  CHECK_FALSE(future.poll().is_ready());
  CHECK_THROWS_AS(static_cast<void>(future.poll()), std::runtime_error);
}

Async catches(bool& caught) {
  try {
    const int poll = co_await leaves_by_exception(ReadyAt(2));
    co_return poll;
  } catch (const std::runtime_error&) {
    caught = true;
  }
  co_return 7;
}

TEST_CASE("and into the coroutine that awaits it, which may catch it") {
  const lab::Watchdog watchdog;
  bool caught = false;
  Async future = catches(caught);
  CHECK_FALSE(future.poll().is_ready());
  auto result = future.poll();
  CHECK(caught);
  REQUIRE(result.is_ready());
  CHECK(result.take() == 7);
}

}  // namespace
