#include "ways.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "05_epoll_level/epoll.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/io.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"
#include "lab/support/thread.hpp"
#include "runtime/runtime.hpp"

namespace cores {

void Desk::answer(int socket, std::size_t thread) {
  const char number = static_cast<char>(thread);
  common::write_all(socket, std::string_view(&number, 1));
  std::unique_lock lock(mutex_);
  if (std::exchange(wanted_, false)) released_.wait(lock, [&] { return !busy_; });
}

Desk::Busy::Busy(Desk& desk) : desk_(desk) {
  const std::lock_guard lock(desk.mutex_);
  desk.wanted_ = desk.busy_ = true;
}

Desk::Busy::~Busy() {
  const std::lock_guard lock(desk_.mutex_);
  desk_.wanted_ = desk_.busy_ = false;
  desk_.released_.notify_all();
}

namespace {

/// A listener on `port`, where others listen, too, if all of them say so.
common::Fd listen_beside_others(std::uint16_t port) {
  const common::Address address =
      common::resolve("127.0.0.1", port, common::Transport::tcp).front();
  common::Fd fd(common::check(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  const int on = 1;
  common::check(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), "setsockopt");
  common::check(::bind(fd.get(), address.data(), address.size()), "bind");
  common::check(::listen(fd.get(), SOMAXCONN), "listen");
  return fd;
}

/// Threads with an epoll each.
class Loops : public Servers {
 public:
  /// `listeners` are one for all, or one for each. `flags` are epoll's.
  Loops(std::vector<common::Fd> listeners, std::uint32_t flags, std::size_t threads, Desk& desk)
      : listeners_(std::move(listeners)) {
    for (const common::Fd& listener : listeners_) common::set_nonblocking(listener.get());
    for (std::size_t i = 0; i < threads; ++i) {
      const int listener = listeners_[i % listeners_.size()].get();
      threads_.emplace_back([this, listener, flags, i, &desk] { loop(listener, flags, i, desk); });
    }
  }

  ~Loops() override { stop_.request(); }

  [[nodiscard]] std::uint16_t port() const override {
    return common::local_address(listeners_.front().get()).port();
  }

 private:
  void loop(int listener, std::uint32_t flags, std::size_t number, Desk& desk) const {
    Epoll epoll(stop_.fd());
    Watch told;
    epoll.watch(told, listener, EPOLLIN | flags, kListener);
    for (;;) {
      for (const epoll_event& event : epoll.wait(common::Clock::time_point::max())) {
        if (event.data.u64 == kShutdown) return;
        const std::optional<common::Fd> socket = common::try_accept(listener);
        if (socket) desk.answer(socket->get(), number);
      }
    }
  }

  const common::Shutdown stop_;
  const std::vector<common::Fd> listeners_;
  std::vector<lab::Thread> threads_;  // declared last, destroyed first: they use the others
};

/// The runtime's pool, with a thread that waits for its end.
class Pool : public Servers {
 public:
  Pool(std::size_t threads, std::size_t places, Desk& desk)
      : listener_(runtime::TcpListener::bind("127.0.0.1", 0)),
        port_(listener_.port()),
        places_(places),
        stop_(shutdown_) {
    main_ = lab::Thread([this, threads, &desk] {
      runtime::Options options;
      options.workers = threads;
      runtime::block_on(runtime::select(stop_, serve(desk)), options);
    });
  }

  ~Pool() override { shutdown_.request(); }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

 private:
  /// Whichever worker polls this: numbered in the order in which they first came here.
  std::size_t this_worker() {
    thread_local const std::size_t number = workers_seen_++;
    return number;
  }

  /// Who comes when no place is free waits in the kernel's queue.
  runtime::Async<> serve(Desk& desk) {
    for (;;) {
      auto place = co_await places_.acquire();
      runtime::TcpStream socket = co_await listener_.accept();
      runtime::spawn(answer(std::move(socket), *std::move(place), desk)).detach();
    }
  }

  runtime::Async<> answer(runtime::TcpStream socket, runtime::Semaphore::Permit, Desk& desk) {
    desk.answer(socket.fd(), this_worker());  // where it is kept, it blocks its worker: on purpose
    co_return;
  }

  const common::Shutdown shutdown_;
  runtime::TcpListener listener_;
  const std::uint16_t port_;
  runtime::Semaphore places_;
  runtime::CtrlC stop_;
  std::atomic<std::size_t> workers_seen_ = 0;
  lab::Thread main_;  // declared last, destroyed first
};

std::vector<common::Fd> one(common::Fd listener) {
  std::vector<common::Fd> listeners;
  listeners.push_back(std::move(listener));
  return listeners;
}

}  // namespace

Way one_listener() {
  return {"one listener", [](std::size_t threads, Desk& desk) {
            return std::make_unique<Loops>(one(common::listen_tcp("127.0.0.1", 0)), 0U, threads,
                                           desk);
          }};
}

Way exclusive() {
  return {"EPOLLEXCLUSIVE", [](std::size_t threads, Desk& desk) {
            return std::make_unique<Loops>(one(common::listen_tcp("127.0.0.1", 0)), EPOLLEXCLUSIVE,
                                           threads, desk);
          }};
}

Way reuseport() {
  return {"SO_REUSEPORT", [](std::size_t threads, Desk& desk) {
            std::vector<common::Fd> listeners = one(listen_beside_others(0));
            const std::uint16_t port = common::local_address(listeners.front().get()).port();
            while (listeners.size() < threads) listeners.push_back(listen_beside_others(port));
            return std::make_unique<Loops>(std::move(listeners), 0U, threads, desk);
          }};
}

Way pool(std::size_t places) {
  return {"07 --workers", [places](std::size_t threads, Desk& desk) {
            return std::make_unique<Pool>(threads, places, desk);
          }};
}

}  // namespace cores
