// What if a server is slow to get ready, although it says already that it listens? Linked to one,
// this makes its second epoll_ctl take CPU time: that is where broadcast_server registers its
// listener. (On a virtual machine, time that the host took away looks just like that.)

#include <sys/epoll.h>

#include <ctime>

// NOLINTBEGIN(*-reserved-identifier,*-identifier-naming): the linker's names.
extern "C" {
int __real_epoll_ctl(int epoll, int operation, int fd, epoll_event* event);

int __wrap_epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  static int calls = 0;
  if (++calls == 2) {
    const std::clock_t end = std::clock() + CLOCKS_PER_SEC / 10;
    while (std::clock() < end) {
    }
  }
  return __real_epoll_ctl(epoll, operation, fd, event);
}
}
// NOLINTEND(*-reserved-identifier,*-identifier-naming)
