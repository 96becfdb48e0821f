// What does a second thread change? Four loops, one port, and four ways to share what comes to it.
//
// It counts. How fast each is depends on the machine; who is woken, and who is left to wait, does
// not.
//
//   build/lab/cores                  four threads
//   build/lab/cores --threads 2

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/io.hpp"
#include "common/process.hpp"
#include "common/socket.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "ways.hpp"

namespace {

using cores::Desk;
using cores::Servers;
using cores::Way;

struct Options {
  std::uint64_t threads = 4;
  std::uint64_t places = 1000;
  std::uint64_t connections = 100;
};

/// What all threads but this one do: whether they sleep, and how often they went to sleep.
struct Sleep {
  bool all = true;
  std::uint64_t times = 0;
};

Sleep sleep_of_the_others() {
  Sleep sum;
  const auto self = static_cast<pid_t>(::syscall(SYS_gettid));
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const pid_t thread = std::stoi(task.path().filename());
    if (thread == self) continue;
    if (lab::state(thread) != 'S') sum.all = false;
    sum.times += lab::voluntary_switches(thread);
  }
  return sum;
}

/// Waits until all sleep, and returns how often they have gone to sleep up to now.
std::uint64_t rest() {
  Sleep now;
  lab::wait_until([&] { return (now = sleep_of_the_others()).all; }, "all threads sleep");
  return now.times;
}

common::Fd connect(const Servers& servers) {
  return common::connect_tcp("127.0.0.1", servers.port());
}

/// The number of the thread that has answered.
std::size_t answer(const common::Fd& socket) {
  char number = -1;
  if (common::read_some(socket.get(), {&number, 1}) != 1) throw std::runtime_error("no answer");
  return static_cast<std::size_t>(number);
}

struct Quiet {
  std::vector<std::uint64_t> took;
  std::uint64_t wakes = 0;
};

/// One connection after the other: each comes when all sleep.
Quiet one_after_the_other(const Servers& servers, const Options& options) {
  Quiet result{std::vector<std::uint64_t>(options.threads), 0};
  const std::uint64_t before = rest();
  for (std::uint64_t i = 0; i < options.connections; ++i) {
    ++result.took.at(answer(connect(servers)));
    result.wakes = rest() - before;
  }
  return result;
}

/// All at once, while the thread that took one connection more computes. Returns how many are not
/// answered meanwhile: within a second.
std::uint64_t while_one_is_busy(const Servers& servers, Desk& desk, const Options& options) {
  std::vector<common::Fd> sockets;
  std::uint64_t left = 0;
  {
    const Desk::Busy busy(desk);
    answer(connect(servers));
    while (sockets.size() < options.connections) sockets.push_back(connect(servers));
    const auto deadline = common::Clock::now() + std::chrono::seconds(1);
    for (const common::Fd& socket : sockets) {
      pollfd ready{socket.get(), POLLIN, 0};
      const auto poll = [&] { return ::poll(&ready, 1, common::milliseconds_until(deadline)); };
      if (common::check(common::retry(poll), "poll") == 0) ++left;
    }
  }
  for (const common::Fd& socket : sockets) answer(socket);
  return left;
}

/// With a blank before it, and room for three digits.
std::string padded(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  return std::string(digits.size() < 3 ? 4 - digits.size() : 1, ' ') + digits;
}

void print(const Way& way, const Options& options) {
  Desk desk;
  const auto servers = way.start(options.threads, desk);
  const Quiet quiet = one_after_the_other(*servers, options);
  const std::uint64_t left = while_one_is_busy(*servers, desk, options);
  std::string took;
  for (const std::uint64_t count : quiet.took) took += padded(count);
  std::printf("%-15s took%s %5llu wakes %4llu left waiting\n", way.name, took.c_str(),
              static_cast<unsigned long long>(quiet.wakes), static_cast<unsigned long long>(left));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  common::CommandLine cli(
      "Lets several threads share one port in four ways, and counts who takes what comes, who is\n"
      "woken for nothing, and who waits while one of them is busy.",
      "build/lab/cores --threads 2");
  cli.add_count("--threads", "that serve", options.threads, 2, 16);
  cli.add_count("--connections", "to serve, one after the other and then at once",
                options.connections, 1, 1000);
  cli.add_count("--places", "connections that chapter 07's server has open at once, at most",
                options.places);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    for (const Way& way : {cores::one_listener(), cores::exclusive(), cores::reuseport(),
                           cores::pool(options.places)}) {
      print(way, options);
    }
    return 0;
  });
}
