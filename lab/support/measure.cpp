#include "lab/support/measure.hpp"

#include <signal.h>

#include <algorithm>
#include <thread>

#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/text.hpp"

namespace lab {

namespace {

constexpr common::Duration kSampling = std::chrono::milliseconds(2);

/// What is wrong with how a program ended; nothing if it exited with 0.
std::string ending_error(const std::string& program, const Result& result) {
  if (result.status == 0) return {};
  const std::string how = result.signal == 0 ? "exited with " + std::to_string(result.status)
                                             : "died of signal " + std::to_string(result.signal);
  return "the " + program + " " + how + "; it wrote:\n" + result.err;
}

/// What is wrong with the client's output; nothing if it is a start and an end for each connection.
std::string output_error(const std::string& output, std::uint64_t clients) {
  if (sorted_lines(output) == sorted_lines_of(clients)) return {};
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

  progress({}, {}, server.pid());
  const common::Clock::time_point start = common::Clock::now();
  Program client(
      {directory / "client", "--port", std::to_string(server.port()), "--clients", clients});
  do {
    cost.threads = std::max(cost.threads, thread_count(server.pid()));
    progress(common::Clock::now() - start, client.out(), server.pid());
    std::this_thread::sleep_for(kSampling);
  } while (!has_ended(client.pid()) && common::Clock::now() - start < patience);
  cost.wall = common::Clock::now() - start;
  const Result ended = client.wait(common::Duration::zero());
  progress(cost.wall, ended.out, server.pid());
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
