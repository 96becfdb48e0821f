// Does a Poll keep what it is given?

#include "runtime/future/poll.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "support.hpp"

namespace runtime {
namespace {

Poll<int> not_yet() {
  return pending;
}

TEST_CASE("a pending Poll has nothing") {
  CHECK_FALSE(not_yet().is_ready());
  CHECK_FALSE(Poll<void>(pending).is_ready());
  CHECK_FALSE(Poll<int&>(pending).is_ready());
}

TEST_CASE("a ready Poll gives its value") {
  Poll<std::string> poll(std::string("value"));
  REQUIRE(poll.is_ready());
  CHECK(poll.take() == "value");
  CHECK(Poll<int>(7).stored() == 7);
}

TEST_CASE("a Poll of bool is ready with false") {
  Poll<bool> poll(false);
  REQUIRE(poll.is_ready());
  CHECK_FALSE(poll.take());
}

TEST_CASE("a Poll of a reference gives the object itself") {
  int object = 1;
  Poll<int&> poll(&object);
  CHECK(&poll.take() == &object);
  const Poll<const int&> constant(&object);
  CHECK(*Poll(constant).stored() == 1);
}

TEST_CASE("a Poll of void is ready when it is done") {
  Poll<void> poll(done);
  CHECK(poll.is_ready());
  static_assert(std::is_void_v<decltype(poll.take())>);
}

TEST_CASE("a Poll moves what cannot be copied, and destroys it once") {
  Lives lives;
  {
    Poll<Counted> poll{Counted(lives)};
    Poll<Counted> moved(std::move(poll));
    const Counted taken = moved.take();
    CHECK(lives.alive() == 1);
  }
  CHECK(lives.ended == 1);
  Poll<std::unique_ptr<int>> poll(std::make_unique<int>(3));
  CHECK(*poll.take() == 3);
}

}  // namespace
}  // namespace runtime
