// Judges the exercise: owned.hpp says what it has to do.

#include "owned.hpp"

#include <doctest/doctest.h>
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "lab/support/ring.hpp"

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends;
    common::check(::pipe(ends.data()), "pipe");
    reading = common::Fd(ends[0]);
    writing = common::Fd(ends[1]);
  }
  std::string read() const {
    std::string bytes(100, '\0');
    bytes.resize(static_cast<std::size_t>(
        common::check(::read(reading.get(), bytes.data(), bytes.size()), "read")));
    return bytes;
  }

  common::Fd reading;
  common::Fd writing;
};

TEST_CASE("what is written is what the bytes were, whatever the caller does with them afterwards") {
  if (!lab::has_ring()) return;
  Ring ring;
  const Pipe pipe;
  std::string bytes = "a line that is longer than a small string";
  start_write(ring, pipe.writing.get(), bytes);
  const std::string before = bytes;
  for (char& byte : bytes) byte = '-';
  CHECK(turn(ring) == static_cast<int>(before.size()));
  CHECK(pipe.read() == before);
}

TEST_CASE("two writes that are under way together each have their own bytes") {
  if (!lab::has_ring()) return;
  Ring ring;
  const Pipe first;
  const Pipe second;
  for (const Pipe* pipe : {&first, &second}) {
    const std::string bytes = pipe == &first ? "one" : "two";
    start_write(ring, pipe->writing.get(), bytes);
  }
  CHECK(turn(ring) == 3);
  CHECK(turn(ring) == 3);
  CHECK(first.read() == "one");
  CHECK(second.read() == "two");
}

TEST_CASE("a write that fails says so, and frees its bytes, too") {
  if (!lab::has_ring()) return;
  Ring ring;
  const std::string bytes(100'000, 'x');
  start_write(ring, -1, bytes);
  CHECK(turn(ring) == -EBADF);
  const std::size_t before = ::mallinfo2().uordblks;
  for (int i = 0; i < 10; ++i) {
    start_write(ring, -1, bytes);
    turn(ring);
  }
  CHECK(::mallinfo2().uordblks < before + bytes.size());
}

}  // namespace
