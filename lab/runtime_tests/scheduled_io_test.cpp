// Can a readiness get lost between a task that looks and a reactor that tells? Step by step, in
// each order.

#include "runtime/io/scheduled_io.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "common/poller/poller.hpp"
#include "support.hpp"

namespace runtime {
namespace {

using common::ReadySet;

/// One descriptor's readiness, and a task that counts its wakes.
struct Fixture {
  Poll<Observed> look(Direction direction = Direction::read) {
    Context context(task);
    return io.poll_ready(direction, context);
  }
  void event(ReadySet ready) { io.set_ready(ready); }

  CountingWaker task;
  ScheduledIo io{ReadySet()};
};

TEST_CASE_FIXTURE(Fixture, "an event before the look is seen, and wakes nobody") {
  event(ReadySet::readable());
  CHECK(look().is_ready());
  CHECK(task.wakes() == 0);
}

TEST_CASE_FIXTURE(Fixture, "an event after the look wakes who looked, once") {
  CHECK_FALSE(look().is_ready());
  event(ReadySet::readable());
  event(ReadySet::readable());
  CHECK(task.wakes() == 1);
  CHECK(look().is_ready());
}

TEST_CASE_FIXTURE(Fixture, "what was cleared waits for the next event") {
  event(ReadySet::readable());
  io.clear(Direction::read, look().take());
  CHECK_FALSE(look().is_ready());
  event(ReadySet::readable());
  CHECK(task.wakes() == 1);
}

TEST_CASE_FIXTURE(Fixture, "to clear with an observation from before the last event does nothing") {
  event(ReadySet::readable());
  const Observed stale = look().take();
  event(ReadySet::readable());
  io.clear(Direction::read, stale);
  CHECK(look().is_ready());
}

TEST_CASE_FIXTURE(Fixture,
                  "data and the end of file in one edge: the end stays when the data is read") {
  event(ReadySet::readable() | ReadySet::read_hup());
  io.clear(Direction::read, look().take());
  CHECK(look().is_ready());
}

TEST_CASE_FIXTURE(Fixture,
                  "a peer that has closed its half can be written to: no writer is woken") {
  CHECK_FALSE(look(Direction::write).is_ready());
  event(ReadySet::readable() | ReadySet::read_hup());
  CHECK(task.wakes() == 0);
  CHECK_FALSE(look(Direction::write).is_ready());
}

TEST_CASE_FIXTURE(Fixture, "when both halves are closed, reader and writer hear of it") {
  CHECK_FALSE(look(Direction::read).is_ready());
  CHECK_FALSE(look(Direction::write).is_ready());
  event(ReadySet::hup());
  CHECK(task.wakes() == 2);
}

TEST_CASE_FIXTURE(Fixture, "an error is told once: a call that then would block clears it") {
  event(ReadySet::error());
  io.clear(Direction::read, look().take());
  CHECK_FALSE(look().is_ready());
}

TEST_CASE_FIXTURE(Fixture, "reading does not clear writing") {
  event(ReadySet::readable() | ReadySet::writable());
  io.clear(Direction::read, look().take());
  CHECK_FALSE(look(Direction::read).is_ready());
  CHECK(look(Direction::write).is_ready());
}

TEST_CASE_FIXTURE(Fixture, "who no longer waits is not woken, and leaves no waker") {
  CHECK_FALSE(look().is_ready());
  io.forget(Direction::read);
  CHECK(task.wakers() == 0);
  event(ReadySet::readable());
  CHECK(task.wakes() == 0);
}

TEST_CASE_FIXTURE(Fixture, "only the last one who looked is woken") {
  CHECK_FALSE(look().is_ready());
  CountingWaker other;
  Context context(other);
  CHECK_FALSE(io.poll_ready(Direction::read, context).is_ready());
  event(ReadySet::readable());
  CHECK(task.wakes() == 0);
  CHECK(other.wakes() == 1);
}

}  // namespace
}  // namespace runtime
