// 06, one wait for two kinds of events: datagrams from the kernel, and ticks from a thread.
//
// A thread that waits in epoll_wait hears of descriptors only. So that it hears of a timer thread,
// too, the poller has an eventfd of its own, and a tick that finds the poller asleep writes to it.
//
//   build/06_epoll_edge/poller_mixed  in one terminal: "timer 1" after three seconds
//   nc -u 127.0.0.1 2000              in another: type a line, and see it arrive between the ticks
//
// To see the wake-ups: strace -f -y -e trace=/epoll,write build/06_epoll_edge/poller_mixed

#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/poller/poller.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"

namespace {

constexpr common::Token kStop{0};
constexpr common::Token kDatagrams{1};
constexpr common::Token kTimer{2};

/// Makes `tick` ready every `delay`, from a thread of its own, until it is destroyed.
class Timer {
 public:
  Timer(const common::SetReadiness& tick, common::Duration delay)
      : thread_([this, tick, delay] { run(tick, delay); }) {}
  ~Timer() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Timer(Timer&&) = delete;

 private:
  void run(const common::SetReadiness& tick, common::Duration delay) {
    std::unique_lock lock(mutex_);
    // Not a sleep: this ends at once when the timer is destroyed.
    for (auto next = common::Clock::now() + delay;
         !changed_.wait_until(lock, next, [this] { return stopped_; }); next += delay) {
      tick.set(common::ReadySet::readable());
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses the others from its beginning
};

void print(const std::string& line) {
  common::write_all(STDOUT_FILENO, line + "\n");
}

/// One datagram for each event is enough: the socket is level-triggered, and no flood of datagrams
/// can keep a tick waiting.
void receive(int socket) {
  std::array<char, 65536> buffer;
  const auto datagram = common::try_recv_from(socket, buffer);
  if (!datagram) return;
  print("datagram of " + std::to_string(datagram->size) + " bytes from " +
        to_string(datagram->sender));
}

void run(const common::Endpoint& endpoint, common::Duration delay) {
  const common::Shutdown shutdown;
  const common::Fd socket = common::bind_udp(endpoint.host, endpoint.port);
  common::Poller poller;
  poller.add(shutdown.fd(), kStop, common::ReadySet::readable(), common::PollOpt::level());
  poller.add(socket.get(), kDatagrams, common::ReadySet::readable(), common::PollOpt::level());
  const common::UserRegistration ticks(poller, kTimer, common::ReadySet::readable(),
                                       common::PollOpt::edge());
  const Timer timer(ticks.set_readiness(), delay);
  common::announce(socket.get());

  std::uint64_t count = 0;
  for (common::Events events(16); !shutdown.requested();) {
    poller.wait(events);
    for (const common::Event& event : events) {
      if (event.token == kDatagrams) receive(socket.get());
      if (event.token == kTimer) print("timer " + std::to_string(++count));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  common::Endpoint endpoint{.port = 2000};
  common::Duration delay = std::chrono::seconds(3);
  common::CommandLine cli("Waits for datagrams and for a timer thread in one call.",
                          "nc -u 127.0.0.1 2000");
  cli.add_endpoint(endpoint);
  cli.add_delay(delay, "time from tick to tick");
  return cli.run(argc, argv, [&] {
    run(endpoint, delay);
    return 0;
  });
}
