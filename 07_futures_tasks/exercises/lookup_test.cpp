// Judges the exercise: lookup.hpp says what it has to do.

#include "lookup.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "lab/support/watchdog.hpp"

namespace {

/// The smallest coroutine. It runs when it is called, and is destroyed with this object, wherever
/// it is.
class Call {
 public:
  struct promise_type {
    Call get_return_object() {
      return Call(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { throw; }
  };

  Call(Call&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  ~Call() {
    if (coroutine_) coroutine_.destroy();
  }

 private:
  explicit Call(std::coroutine_handle<> coroutine) : coroutine_(coroutine) {}
  std::coroutine_handle<> coroutine_;
};

/// Writes down what it finds.
Call look_up(Directory& directory, std::string name, std::string& found) {
  const int number = co_await LookUp(directory, name);
  found += std::to_string(number) + " ";
}

TEST_CASE("a coroutine goes on when the answer comes, with the answer, and not before") {
  const lab::Watchdog watchdog;
  Directory directory;
  std::string found;
  const Call ada = look_up(directory, "Ada", found);
  const Call grace = look_up(directory, "Grace", found);
  CHECK(directory.waiting() == 2);
  CHECK(found == "");
  directory.learn("Grace", 1906);
  CHECK(found == "1906 ");
  directory.learn("Ada", 1815);
  CHECK(found == "1906 1815 ");
}

/// Where the stack ends now, more or less.
[[gnu::noinline]] std::uintptr_t stack() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

/// Asks so often, for a name that is known. `depth` is how much more stack the last answer had
/// above it than the first, in bytes.
Call look_up_often(Directory& directory, int times, int& sum, std::uintptr_t& depth) {
  std::uintptr_t first = 0;
  for (int i = 0; i < times; ++i) {
    const int number = co_await LookUp(directory, "Ada");
    sum += number;
    if (i == 0) first = stack();
  }
  depth = first - stack();
}

TEST_CASE("of a thousand answers that are there at once, none is inside another") {
  const lab::Watchdog watchdog;
  Directory directory;
  directory.learn("Ada", 1);
  int sum = 0;
  std::uintptr_t depth = 0;
  const Call often = look_up_often(directory, 1000, sum, depth);
  CHECK(sum == 1000);
  CHECK(depth == 0);
}

Call look_up_nobody(Directory& directory, bool& thrown) {
  try {
    co_await LookUp(directory, "Nobody");
  } catch (const std::out_of_range&) {
    thrown = true;
  }
}

TEST_CASE("that nobody has the name is thrown where it is awaited, now or later") {
  const lab::Watchdog watchdog;
  Directory directory;
  bool later = false;
  const Call first = look_up_nobody(directory, later);
  directory.learn("Nobody", std::nullopt);
  CHECK(later);
  bool now = false;
  const Call second = look_up_nobody(directory, now);
  CHECK(now);
}

TEST_CASE("a coroutine that is destroyed where it waits is not called") {
  const lab::Watchdog watchdog;
  Directory directory;
  std::string found;
  {
    const Call gives_up = look_up(directory, "Ada", found);
    CHECK(directory.waiting() == 1);
  }
  REQUIRE(directory.waiting() == 0);
  directory.learn("Ada", 1815);
  CHECK(found == "");
}

Call look_up_both(Directory& directory, std::string& found) {
  const int first = co_await LookUp(directory, "Ada");
  const int second = co_await LookUp(directory, "Grace");
  found += std::to_string(first) + " and " + std::to_string(second) + "; ";
}

TEST_CASE("who has been called back asks the next question, and several want the same answer") {
  const lab::Watchdog watchdog;
  Directory directory;
  std::string found;
  const Call one = look_up_both(directory, found);
  const Call other = look_up_both(directory, found);
  directory.learn("Ada", 1815);
  CHECK(directory.waiting() == 2);
  directory.learn("Grace", 1906);
  CHECK(found == "1815 and 1906; 1815 and 1906; ");
}

}  // namespace
