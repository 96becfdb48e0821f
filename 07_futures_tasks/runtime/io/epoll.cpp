#include <cerrno>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "runtime/io/selector.hpp"

namespace runtime {
namespace {

class Epoll final : public Selector {
 public:
  void add(int fd, common::ReadySet interest, void* whose) override {
    control(EPOLL_CTL_ADD, "epoll_ctl ADD", fd, interest, whose);
  }
  void modify(int fd, common::ReadySet interest, void* whose) override {
    control(EPOLL_CTL_MOD, "epoll_ctl MOD", fd, interest, whose);
  }
  void remove(int fd) override { control(EPOLL_CTL_DEL, "epoll_ctl DEL", fd, {}, nullptr); }

  int wait(std::span<epoll_event> events, int milliseconds) override {
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds);
    return count == -1 ? -errno : count;
  }
  [[nodiscard]] const char* call() const override { return "epoll_wait"; }

 private:
  void control(int operation, const char* call, int fd, common::ReadySet interest, void* whose) {
    epoll_event event{};
    event.events = interest.bits() | EPOLLET;
    event.data.ptr = whose;
    common::check(::epoll_ctl(epoll_.get(), operation, fd, &event), call);
  }

  const common::Fd epoll_{common::check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
};

}  // namespace

std::unique_ptr<Selector> make_epoll() {
  return std::make_unique<Epoll>();
}

}  // namespace runtime
