#include "runtime/io/registration.hpp"

#include "runtime/executor/executor.hpp"

namespace runtime {

/// What is registered elsewhere may be ready by what was seen there; but nobody here would hear of
/// more. So each time that somebody is about to wait, the reactor is asked whether it is its own.
Poll<Observed> Registration::wait(int fd, common::ReadySet interest, Direction direction,
                                  Context& context, bool* claimed) {
  ScheduledIo& io = Executor::current().driver().reactor()->registered(fd, interest, io_);
  return io.wait(direction, context, claimed);
}

}  // namespace runtime
