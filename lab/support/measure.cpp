#include "lab/support/measure.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <thread>

#include "common/error.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"

namespace lab {

namespace {

using common::Clock;
using common::Duration;
using lab::kPatience;
using lab::Program;
using lab::Result;
using lab::Server;

constexpr common::Duration kSampling = std::chrono::milliseconds(2);

/// Whether the process has ended. It is left for Program to reap: see waitid(2), WNOWAIT.
bool has_ended(pid_t pid) {
  siginfo_t info{};
  common::check(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT),
                "waitid");
  return info.si_pid != 0;
}

/// What is wrong with how a program ended; nothing if it exited with 0.
std::string ending_error(const std::string& program, const Result& result) {
  if (result.status == 0) return {};
  const std::string how = result.signal == 0 ? "exited with " + std::to_string(result.status)
                                             : "died of signal " + std::to_string(result.signal);
  return "the " + program + " " + how + "; it wrote:\n" + result.err;
}

/// What is wrong with the client's output; nothing if it is a start and an end for each connection.
std::string output_error(const std::string& output, std::uint64_t clients) {
  std::multiset<std::string> expected;
  for (std::uint64_t number = 1; number <= clients; ++number) {
    expected.insert({"start " + std::to_string(number), "end " + std::to_string(number)});
  }
  std::multiset<std::string> printed;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) printed.insert(line);
  if (printed == expected) return {};
  return "the client did not print start and end 1 to " + std::to_string(clients) + " but:\n" +
         output;
}

std::string client_error(const Result& result, std::uint64_t clients) {
  const std::string error = ending_error("client", result);
  return error.empty() ? output_error(result.out, clients) : error;
}

}  // namespace

Cost measure(const std::filesystem::path& directory, const Workload& workload,
             const Progress& progress) {
  const std::string clients = std::to_string(workload.clients);
  const auto delay = std::chrono::duration_cast<std::chrono::microseconds>(workload.delay);
  // The slowest chapter needs one delay after the other.
  const auto patience = kPatience + workload.delay * static_cast<double>(workload.clients);
  Cost cost;
  Server server(directory / "server",
                {"--connections", clients, "--delay", std::to_string(delay.count()) + "us"});

  const common::Clock::time_point start = common::Clock::now();
  Program client(
      {directory / "client", "--port", std::to_string(server.port()), "--clients", clients});
  do {
    cost.threads = std::max(cost.threads, lab::thread_count(server.pid()));
    progress(common::Clock::now() - start, client.out());
    std::this_thread::sleep_for(kSampling);
  } while (!has_ended(client.pid()) && common::Clock::now() - start < patience);
  cost.wall = common::Clock::now() - start;
  const Result ended = client.wait(common::Duration::zero());
  progress(cost.wall, ended.out);
  std::string error = client_error(ended, workload.clients);

  // A server whose client is content ends by itself. Another is killed, which is not its fault;
  // one that had ended before says more than its client can.
  const Result result = error.empty() ? server.program().wait() : server.stop(SIGKILL);
  if (error.empty() || result.signal != SIGKILL) error += ending_error("server", result);
  if (!error.empty()) throw std::runtime_error(error);
  cost.cpu = result.cpu;
  cost.switches = result.voluntary_switches + result.involuntary_switches;
  return cost;
}

}  // namespace lab
