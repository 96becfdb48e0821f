// The calls by which the reactor talks to the kernel, each of which is a step. See epoll(7) and
// eventfd(2): edge-triggered, and epoll_wait is blocked until there is an event.
#include "lab/explore/mock_kernel.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "lab/explore/schedule_points.hpp"

namespace explore {
namespace {

using common::ReadySet;

struct Watch {
  ReadySet interest;
  epoll_data_t data;
  bool edge;  // it is news that it is ready
};

/// What the descriptors of one run have come to.
struct Kernel {
  Watched touched;  // to touch it is to call it
  std::map<int, ReadySet> ready;
  std::map<int, std::map<int, Watch>> epolls;

  [[nodiscard]] ReadySet news(int fd, const Watch& watch) {
    return watch.edge ? ready[fd] & (watch.interest | ReadySet::hup() | ReadySet::error())
                      : ReadySet();
  }
  [[nodiscard]] bool has_news(int epoll) {
    for (const auto& [fd, watch] : epolls[epoll]) {
      if (!news(fd, watch).empty()) return true;
    }
    return false;
  }
  void become(int fd, ReadySet bits) {
    ready[fd] = ready[fd] | bits;
    for (auto& [epoll, watches] : epolls) {
      const auto watch = watches.find(fd);
      if (watch != watches.end()) watch->second.edge = true;
    }
  }
};

/// That of the run that is going on.
Kernel& kernel() {
  std::shared_ptr<void>& kernel = kernel_of_run();
  if (!kernel) kernel = std::make_shared<Kernel>();
  return *static_cast<Kernel*>(kernel.get());
}

}  // namespace

void Descriptor::become(ReadySet ready) {
  Kernel& called = kernel();
  called.touched.touch("becomes ready");
  called.become(fd_, ready);
}

bool Descriptor::take(ReadySet ready) {
  Kernel& called = kernel();
  called.touched.touch("read or write");
  const bool there = !(called.ready[fd_] & ready).empty();
  called.ready[fd_] = called.ready[fd_] - ready;
  return there;
}

}  // namespace explore

// What follows calls the real ones, too: for descriptors that can be closed.
#undef epoll_create1
#undef eventfd

int explored_epoll_create1(int flags) {
  static_cast<void>(explore::kernel());  // from here on it is there
  return ::epoll_create1(flags);
}

int explored_eventfd(unsigned count, int flags) {
  return ::eventfd(count, flags);
}

int explored_eventfd_write(int fd, eventfd_t) {
  explore::Kernel& kernel = explore::kernel();
  kernel.touched.touch("eventfd_write");
  kernel.become(fd, common::ReadySet::readable());
  return 0;
}

int explored_epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  explore::Kernel& kernel = explore::kernel();
  auto& watches = kernel.epolls[epoll];
  if (operation == EPOLL_CTL_DEL) {
    kernel.touched.touch("epoll_ctl DEL");
    explore::require(watches.erase(fd) == 1, "removed, but was never added");
    return 0;
  }
  const explore::Watch watch{common::ReadySet(event->events), event->data, true};
  if (operation == EPOLL_CTL_ADD) {
    kernel.touched.touch("epoll_ctl ADD");
    explore::require(watches.insert({fd, watch}).second, "added twice");
    return 0;
  }
  kernel.touched.touch("epoll_ctl MOD");
  watches.insert_or_assign(fd, watch);
  return 0;
}

int explored_epoll_wait(int epoll, epoll_event* events, int size, int milliseconds) {
  explore::Kernel& kernel = explore::kernel();
  const auto has_news = [&] { return milliseconds == 0 || kernel.has_news(epoll); };
  kernel.touched.wait_until("epoll_wait", has_news, milliseconds > 0);
  int count = 0;
  for (auto& [fd, watch] : kernel.epolls[epoll]) {
    const common::ReadySet news = kernel.news(fd, watch);
    if (news.empty() || count == size) continue;
    watch.edge = false;
    events[count++] = {news.bits(), watch.data};
  }
  return count;
}
