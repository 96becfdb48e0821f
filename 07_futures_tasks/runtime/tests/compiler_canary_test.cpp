// Does the compiler construct and destroy what stands beside a `co_await` exactly once? For every
// form that this project allows, without and with optimisation.
//
// Not allowed, because some compiler of ours makes wrong code from it, without a warning:
//  - `co_await` in a condition (`if (co_await f())`), in a ternary, or in a macro such as CHECK;
//  - braced lists beside `co_await`: an aggregate as an argument or as an awaiter, and lambdas that
//    capture by value: name the object first, or give its type a constructor;
//  - a structured binding from `co_await`.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "runtime/async.hpp"
#include "runtime/block_on.hpp"
#include "runtime/yield_now.hpp"

namespace runtime {
namespace {

int alive = 0;
int made = 0;

/// Counts itself, also when it is copied or moved. A double destruction shows as `alive` below
/// zero.
class Counted {
 public:
  explicit Counted(int value) : value_(value), text_(std::make_unique<std::string>("alive")) {
    ++alive;
    ++made;
  }
  Counted(Counted&& other) noexcept : value_(other.value_), text_(std::move(other.text_)) {
    ++alive;
  }
  Counted& operator=(Counted&& other) noexcept {
    value_ = other.value_;
    text_ = std::move(other.text_);
    return *this;
  }
  ~Counted() { --alive; }

  [[nodiscard]] int value() const { return text_ != nullptr && *text_ == "alive" ? value_ : -1; }

 private:
  int value_;
  std::unique_ptr<std::string> text_;  // freed twice, it shows at the latest under a sanitizer
};

/// A leaf with something in it, pending once.
class Leaf {
 public:
  using Output = Counted;
  Leaf(Counted counted, bool fails) : counted_(std::move(counted)), fails_(fails) {}

  Poll<Counted> poll(Context& context) {
    if (!std::exchange(polled_, true)) {
      context.wake_self();
      return pending;
    }
    if (fails_) throw std::runtime_error("leaf");
    return std::move(counted_);
  }

 private:
  Counted counted_;
  bool fails_;
  bool polled_ = false;
};

Leaf leaf(Counted counted) {
  return Leaf(std::move(counted), false);
}

Async<Counted> plus(Counted a, Counted b) {
  co_await yield_now();
  co_return Counted(a.value() + b.value());
}

Async<> statement() {
  co_await leaf(Counted(1));
  co_await plus(Counted(1), Counted(2));
}

Async<> binding() {
  auto a = co_await leaf(Counted(1));
  const auto b = co_await plus(Counted(2), Counted(3));
  CHECK(a.value() == 1);
  CHECK(b.value() == 5);
  const auto c = co_await plus(std::move(a), Counted(4));
  CHECK(c.value() == 5);
}

Async<Counted> returned() {
  co_return co_await plus(Counted(1), Counted(2));
}

Async<> lvalue() {
  Leaf named = leaf(Counted(7));
  const auto a = co_await named;
  CHECK(a.value() == 7);
  auto call = plus(Counted(1), Counted(1));
  const auto b = co_await call;
  CHECK(b.value() == 2);
  auto moved = plus(Counted(2), Counted(2));
  const auto c = co_await std::move(moved);
  CHECK(c.value() == 4);
}

Async<> assigned() {
  Counted sum(0);
  for (int i = 1; i <= 3; ++i) sum = co_await plus(std::move(sum), Counted(i));
  CHECK(sum.value() == 6);
}

Async<> captured() {
  const auto counted = std::make_shared<Counted>(3);
  auto named = [counted] { return plus(Counted(counted->value()), Counted(1)); };
  const auto a = co_await named();
  CHECK(a.value() == 4);
}

Async<> thrown() {
  Counted before(1);
  try {
    co_await Leaf(Counted(2), true);
    FAIL("it throws");
  } catch (const std::runtime_error&) {
    CHECK(before.value() == 1);
  }
  const auto after = co_await leaf(Counted(3));
  CHECK(after.value() == 3);
}

Async<> cancelled_task() {
  co_await plus(Counted(1), Counted(2));
  co_await Leaf(Counted(3), true);
}

Async<> text() {
  const auto b = co_await plus(Counted(static_cast<int>(std::string(100, 'x').size())), Counted(1));
  CHECK(b.value() == 101);
}

/// Runs it, and compares how many Counted were made, and that all are gone.
template <class F>
void check_each_once(F future, int expected) {
  made = 0;
  static_cast<void>(block_on(std::move(future)));
  CHECK(made == expected);
  CHECK(alive == 0);
}

TEST_CASE("as a statement") {
  check_each_once(statement(), 4);
}
TEST_CASE("as the initialiser of a variable") {
  check_each_once(binding(), 6);
}
TEST_CASE("in a co_return") {
  check_each_once(returned(), 3);
}
TEST_CASE("of a future with a name, and of one that is moved") {
  check_each_once(lvalue(), 7);
}
TEST_CASE("in a loop, assigned") {
  check_each_once(assigned(), 7);
}
TEST_CASE("beside a lambda with a name") {
  check_each_once(captured(), 4);
}
TEST_CASE("of a future that throws, in a try block") {
  check_each_once(thrown(), 3);
}
TEST_CASE("with temporaries in its arguments") {
  check_each_once(text(), 3);
}
TEST_CASE("in a coroutine that ends with an exception") {
  made = 0;
  CHECK_THROWS_WITH(block_on(cancelled_task()), "leaf");
  CHECK(made == 4);
  CHECK(alive == 0);
}
TEST_CASE("in a coroutine that is destroyed before it began, or where it waits") {
  {
    auto never = plus(Counted(1), Counted(2));
    auto waits = binding();
    const auto nobody = Ref<Parker>::adopt(new Parker);
    Context context(*nobody);
    CHECK_FALSE(waits.poll(context).is_ready());
  }
  CHECK(alive == 0);
}

}  // namespace
}  // namespace runtime
