#include "soak.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/thread.hpp"

namespace soak {
namespace {

using common::Clock;
using common::Duration;
using lab::Protocol;
using lab::Server;

constexpr Duration kLongestPeriod = std::chrono::seconds(2);
constexpr int kSamples = 100;

/// Tells the visitors to go home, and knows who could not stand it. Thread safety: any member may
/// be called from any thread.
class Visiting {
 public:
  /// Waits until the visits are over, until `time` at the latest. True when they are over.
  bool over_until(Clock::time_point time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, time, [this] { return over_; });
  }

  void end(std::exception_ptr error = nullptr) {
    const std::lock_guard lock(mutex_);
    over_ = true;
    if (!error_) error_ = std::move(error);
    changed_.notify_all();
  }

  /// Throws what the first unhappy visitor has thrown.
  void check() const {
    const std::lock_guard lock(mutex_);
    if (error_) std::rethrow_exception(error_);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::exception_ptr error_;
};

void visit_all_day(Visitor& visitor, std::uint64_t seed, Duration rest, Visiting& visiting) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> part(0, 1);
  try {
    do visitor.visit();
    while (!visiting.over_until(Clock::now() +
                                std::chrono::duration_cast<Duration>(rest * part(random))));
  } catch (...) {
    visiting.end(std::current_exception());
  }
}

/// The visitors, each in its thread, from the constructor to `send_home`.
class Crowd {
 public:
  Crowd(Protocol protocol, std::uint16_t port, const Settings& settings) {
    for (std::uint64_t i = 0; i < settings.visitors; ++i) {
      const std::uint64_t seed = settings.seed * settings.visitors + i;
      Visitor& visitor = visitors_.emplace_back(protocol, port, seed);
      threads_.emplace_back([this, &visitor, seed, rest = settings.rest] {
        visit_all_day(visitor, seed, rest, visiting_);
      });
    }
  }
  ~Crowd() { send_home(); }
  Crowd(Crowd&&) = delete;

  Visiting& visiting() { return visiting_; }

  void send_home() {
    visiting_.end();
    threads_.clear();  // joins
  }

  std::uint64_t sum(std::uint64_t (Visitor::*count)() const) const {
    std::uint64_t sum = 0;
    for (const Visitor& visitor : visitors_) sum += (visitor.*count)();
    return sum;
  }

 private:
  Visiting visiting_;
  std::deque<Visitor> visitors_;
  std::vector<lab::Thread> threads_;
};

void look(pid_t pid, std::size_t& resident_peak, Figures& figures) {
  resident_peak = std::max(resident_peak, lab::resident_bytes(pid));
  figures.files_peak = std::max(figures.files_peak, lab::open_files(pid));
  figures.threads_peak = std::max(figures.threads_peak, lab::thread_count(pid));
}

/// Looks at the server now and then, until the visits are over, and once more at their end.
void watch(pid_t pid, const Settings& settings, Visiting& visiting, Figures& figures) {
  const auto start = Clock::now();
  const auto period = std::min(kLongestPeriod, settings.duration / kSamples);
  for (auto next = start; next - start < settings.duration; next += period) {
    if (visiting.over_until(next)) return;
    const bool first = Clock::now() - start < settings.duration / 2;
    look(pid, first ? figures.resident_first : figures.resident_second, figures);
  }
  if (visiting.over_until(start + settings.duration)) return;
  look(pid, figures.resident_second, figures);
}

/// One visit more that the server counts. Datagrams are answered in their order: when this one is,
/// all before it are. And who has left a broadcast after a half-close is noticed when something is
/// said.
void visit_once_more(Protocol protocol, const Server& server, std::uint64_t& counted) {
  if (protocol == Protocol::datagrams) {
    lab::UdpPeer(server.port()).exchange("one more");
    ++counted;
  } else if (protocol == Protocol::broadcast) {
    lab::Peer peer(server.port());
    ++counted;
    peer.exchange("still there?\n");
    peer.reset();
  }
}

/// Waits until `count` gives no more than `at_first`, for as long as the server's grace lasts.
template <class Count>
void wait_until_closed(const std::string& what, std::size_t at_first, Duration grace, Count count) {
  const auto deadline = Clock::now() + grace;
  for (std::size_t left; (left = count()) > at_first;) {
    if (Clock::now() > deadline) {
      throw std::runtime_error("not closed when all clients had gone: " + what + ": " +
                               std::to_string(left) + ", and at first " + std::to_string(at_first));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string kib(std::size_t bytes) {
  return std::to_string(bytes / 1024) + " KiB";
}

void check_flat(const Figures& figures, std::size_t margin) {
  if (figures.resident_second <= figures.resident_first + margin) return;
  throw std::runtime_error("memory grew from " + kib(figures.resident_first) + " to " +
                           kib(figures.resident_second));
}

void check_end(Protocol protocol, const lab::Result& result, std::uint64_t counted) {
  if (result.status != 0) throw std::runtime_error("the server failed; it wrote:\n" + result.err);
  const char* const name = protocol == Protocol::datagrams ? "received" : "served";
  for (const std::string& count : {std::string(name), std::string("served")}) {
    const std::uint64_t said = lab::statistic(result, count);
    if (said == counted) continue;
    throw std::runtime_error(count + "=" + std::to_string(said) + ", and " +
                             std::to_string(counted) + " came");
  }
}

/// False once a server has closed its listener: it has ended, or is about to.
bool listens(std::uint16_t port) {
  try {
    const lab::Peer peer(port);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

/// Does `work` with a server that runs. Where that fails because the server has died, whoever found
/// it dead, the error says so, with what the server wrote.
template <class Work>
void while_it_lives(Server& server, Protocol protocol, Work work) {
  try {
    work();
  } catch (const std::exception& error) {
    // One that is about to end is not killed: it may still have something to say.
    const bool ends = protocol != Protocol::datagrams && !listens(server.port());
    const auto result = ends ? server.program().wait() : server.stop(SIGKILL);
    if (result.signal == SIGKILL) throw;
    throw std::runtime_error(std::string("the server died: ") + error.what() + "\n" + result.err);
  }
}

}  // namespace

Figures soak(const std::filesystem::path& program, Protocol protocol, const Settings& settings) {
  std::vector<std::string> flags;
  if (protocol == Protocol::start_end) flags = {"--delay", "5ms"};
  Server server(program, flags);
  std::uint64_t counted = 0;
  // A datagram's server may still get ready when it says that it listens: its answer shows it.
  if (protocol == Protocol::datagrams) visit_once_more(protocol, server, counted);
  Figures figures;
  while_it_lives(server, protocol, [&] {
    figures.files = lab::open_files(server.pid());
    figures.threads = lab::thread_count(server.pid());
    Crowd crowd(protocol, server.port(), settings);
    watch(server.pid(), settings, crowd.visiting(), figures);
    crowd.send_home();
    crowd.visiting().check();

    figures.visits = crowd.sum(&Visitor::visits);
    counted += crowd.sum(&Visitor::counted);
    wait_until_closed("descriptors", figures.files, settings.grace, [&] {
      visit_once_more(protocol, server, counted);
      return lab::open_files(server.pid());
    });
    wait_until_closed("threads", figures.threads, settings.grace,
                      [&] { return lab::thread_count(server.pid()); });
  });
  const lab::Result result = server.stop();
  figures.cpu = result.cpu;
  check_end(protocol, result, counted);
  check_flat(figures, settings.margin);
  return figures;
}

}  // namespace soak
