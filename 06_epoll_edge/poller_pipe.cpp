// 06, what a wake-up costs: a write to the poller's eventfd, or nothing.
//
// A thread makes something ready for another one's poller, a thousand times: first while nobody
// waits, then while the poller sleeps. Somebody who is awake need not be woken, and somebody who
// sleeps must be woken once. (Version 0.6 of the mio library wrote to a pipe in the first case,
// too: its issue 785, in which this study began.)
//
//   build/06_epoll_edge/poller_pipe                 0 writes, then 1
//   build/06_epoll_edge/poller_pipe --always-write  the wasteful way: 1000, and 1000 more
//
// strace(1) sees the same writes: strace -f -y -e trace=write build/06_epoll_edge/poller_pipe

#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>

#include "common/cli.hpp"
#include "common/io.hpp"
#include "common/poller/poller.hpp"

namespace {

void set_1000_times(const common::SetReadiness& readiness) {
  for (int i = 0; i < 1000; ++i) readiness.set(common::ReadySet::readable());
}

void print(const std::string& what, std::uint64_t count, const std::string& thing) {
  const std::string ending = count == 1 ? "\n" : "s\n";
  common::write_all(STDOUT_FILENO, what + std::to_string(count) + " " + thing + ending);
}

void run(common::Wakeup wakeup) {
  common::Poller poller(wakeup);
  const common::UserRegistration registration(
      poller, common::Token{1}, common::ReadySet::readable(), common::PollOpt::edge());
  const common::SetReadiness readiness = registration.set_readiness();
  common::Events events(16);

  std::thread([&] { set_1000_times(readiness); }).join();
  print("1000 sets while nobody waited: ", poller.wakeup_writes(), "wake-up write");
  print("one wait returned ", poller.wait(events), "event");

  const std::uint64_t before = poller.wakeup_writes();
  std::thread sets([&] {
    while (!poller.asleep()) std::this_thread::yield();
    set_1000_times(readiness);
  });
  // A wait may return early with none. With the event, it is not called again, so that the poller
  // slept through one sleep only.
  while (poller.wait(events) == 0) continue;
  sets.join();
  print("1000 sets while the poller slept: ", poller.wakeup_writes() - before, "wake-up write");
}

}  // namespace

int main(int argc, char** argv) {
  bool always_write = false;
  common::CommandLine cli("Counts the wake-up writes that a thousand readiness sets cost.",
                          "build/06_epoll_edge/poller_pipe --always-write");
  cli.add_break_it("--always-write", "write to the eventfd also when nobody sleeps", always_write);
  return cli.run(argc, argv, [&] {
    run(always_write ? common::Wakeup::always : common::Wakeup::when_asleep);
    return 0;
  });
}
