// What does a connection remember of what the kernel has said? Each rule of Readiness.

#include "readiness.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

namespace {

TEST_CASE("at first nothing is ready") {
  const Readiness ready;
  CHECK(!ready.readable);
  CHECK(!ready.writable);
}

TEST_CASE("what was told once stays true until a call shows that it no longer holds") {
  Readiness ready;
  ready.add(EPOLLIN);
  ready.add(EPOLLOUT);
  CHECK(ready.readable);
  CHECK(ready.writable);
  ready.after_read(16, 16);
  CHECK(ready.readable);
  ready.after_read(15, 16);
  CHECK(!ready.readable);
  CHECK(ready.writable);
  ready.add(EPOLLIN);
  CHECK(ready.writable);
  ready.write_short();
  CHECK(ready.readable);
  CHECK(!ready.writable);
}

TEST_CASE("a peer's half-close does not make a full socket writable") {
  Readiness ready;
  ready.add(EPOLLIN | EPOLLRDHUP);
  CHECK(ready.readable);
  CHECK(!ready.writable);
}

TEST_CASE("after the peer's end a short read leaves it readable, whatever is told later") {
  for (const std::uint32_t end : {EPOLLRDHUP, EPOLLHUP, EPOLLERR}) {
    CAPTURE(end);
    Readiness ready;
    ready.add(end);
    ready.add(EPOLLOUT);
    ready.after_read(15, 16);
    CHECK(ready.readable);
    ready.after_read(0, 16);  // but a read that would block is believed
    CHECK(!ready.readable);
  }
}

TEST_CASE("after an urgent byte the first short read proves nothing, and the second does") {
  Readiness ready;
  ready.add(EPOLLIN | EPOLLPRI);
  ready.after_read(3, 16);
  CHECK(ready.readable);
  ready.after_read(4, 16);
  CHECK(!ready.readable);
}

TEST_CASE("after a hangup or an error any call is worth trying: it will tell") {
  for (const std::uint32_t end : {EPOLLHUP, EPOLLERR}) {
    CAPTURE(end);
    Readiness ready;
    ready.add(end);
    CHECK(ready.readable);
    CHECK(ready.writable);
  }
}

}  // namespace
