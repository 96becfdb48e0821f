#include "poller_support.hpp"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cassert>
#include <csignal>

#include "lab/support/server.hpp"

namespace common {
namespace {

std::atomic<EpollSpy*> spy = nullptr;

}  // namespace

std::vector<Event> look(Poller& poller) {
  Events events(16);
  poller.wait(events, Duration::zero());
  return {events.begin(), events.end()};
}

ReadySet ready_now(Poller& poller) {
  const auto events = look(poller);
  if (events.empty()) return {};
  CHECK(events.size() == 1);
  CHECK(events.front().token == kToken);
  return events.front().ready;
}

void wait_until_asleep(const Poller& poller) {
  lab::wait_until([&] { return poller.asleep(); }, "the poller sleeps");
}

EpollSpy::EpollSpy() {
  assert(spy == nullptr);
  spy = this;
}

EpollSpy::~EpollSpy() {
  spy = nullptr;
}

}  // namespace common

// The linker takes these two before the C library's.

extern "C" int epoll_wait(int epoll, epoll_event* events, int size, int timeout) {
  if (common::EpollSpy* spy = common::spy) {
    ++spy->waits;
    spy->timeout = timeout;
    if (timeout != 0) ++spy->sleeps;
    spy->before_wait();
  }
  const auto result = ::syscall(SYS_epoll_pwait, epoll, events, size, timeout, nullptr, _NSIG / 8);
  return static_cast<int>(result);
}

extern "C" int eventfd_write(int fd, eventfd_t value) {
  if (common::EpollSpy* spy = common::spy) {
    ++spy->writes;
    spy->before_write();
  }
  return ::write(fd, &value, sizeof value) == sizeof value ? 0 : -1;
}
