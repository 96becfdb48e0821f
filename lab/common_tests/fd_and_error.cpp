// Does an Fd close what it owns, once, and does an error name its call?

#include <doctest/doctest.h>

#include <cerrno>
#include <utility>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "support.hpp"

namespace common {
namespace {

TEST_SUITE("fd") {
  TEST_CASE("an Fd closes its descriptor when it is destroyed") {
    int number = -1;
    {
      const Fd fd(::dup(STDIN_FILENO));
      number = fd.get();
      CHECK(is_open(number));
    }
    CHECK(!is_open(number));
  }

  TEST_CASE("a moved-from Fd owns nothing, and moving into one closes what it had") {
    Fd first(::dup(STDIN_FILENO));
    Fd second(::dup(STDIN_FILENO));
    const int kept = first.get();
    const int closed = second.get();
    second = std::move(first);
    CHECK(second.get() == kept);
    CHECK(is_open(kept));
    CHECK(!is_open(closed));
  }
}

TEST_SUITE("error") {
  TEST_CASE("check passes results on and turns -1 into an error that names the call") {
    CHECK(check(7, "call") == 7);
    errno = ENOENT;
    CHECK(error_of([] { check(-1, "open this"); }) == "open this: No such file or directory");
  }

  TEST_CASE("retry calls again after EINTR, and only then") {
    int calls = 0;
    const auto interrupted_twice = [&] {
      errno = EINTR;
      return ++calls < 3 ? -1 : 5;
    };
    CHECK(retry(interrupted_twice) == 5);
    CHECK(calls == 3);
    errno = EBADF;
    CHECK(retry([] { return -1; }) == -1);
  }
}

}  // namespace
}  // namespace common
