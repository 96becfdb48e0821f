// 06, a poller with nothing registered: it waits for ever.
//
// What is left when there is nothing to wait for? Watch what the poller sets up for itself: an
// epoll descriptor, and an eventfd for wake-ups from other threads, which it adds to it. Then it
// waits, once.
//
//   strace -e trace=/epoll,/eventfd build/06_epoll_edge/poller_empty
//
// strace(1) prints four calls, and the last one has no result: end it with Ctrl-C.

#include "common/cli.hpp"
#include "common/poller/poller.hpp"

int main(int argc, char** argv) {
  common::CommandLine cli("Waits for nothing at all, until a signal ends it.",
                          "strace -e trace=/epoll,/eventfd build/06_epoll_edge/poller_empty");
  return cli.run(argc, argv, []() -> int {
    common::Poller poller;
    common::Events events(2);
    // Once is not enough: SIGSTOP and SIGCONT end a wait, too.
    for (;;) poller.wait(events);
  });
}
