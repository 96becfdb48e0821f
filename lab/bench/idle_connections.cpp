// What does an idle connection cost the others? A client sends byte after byte and waits for each
// to come back: alone, and beside thousands that say nothing. The server's CPU time tells.
//
//   build/lab/idle_connections               half a minute: 10,000 idle connections
//   build/lab/idle_connections --idle 1000   poll costs a fraction of that, epoll what it did
//
// With their number poll's cost grows somewhat faster than they do: what it looks at, here and in
// the kernel, soon fits in no cache.
//
// Only chapters with one thread that sleeps take part. In 01 the others would never be answered, in
// 02 each has a thread of its own, and 03 takes a whole core with or without them.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <ratio>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "lab/support/chapters.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/server.hpp"
#include "open_files.hpp"

namespace {

using common::Clock;
using common::Duration;
using lab::Peer;
using lab::Server;
using std::filesystem::path;

constexpr char kFirstChapter[] = "04";

/// A server with idle connections and one without are measured in turn, several times: what else
/// the machine does meanwhile meets both alike, and the median is not moved by the worst of it.
constexpr Duration kTimePerRound = std::chrono::milliseconds(400);

struct Cost {
  double microseconds;  // of the server's CPU time for an echo
  double echoes;        // in a second
};

bool is_up(Peer& peer) {
  try {
    return peer.read(1) == "x";
  } catch (const std::exception&) {
    return false;
  }
}

/// Sends a byte to the server on each of `peers`, and only then waits for them: returns on how many
/// it came back.
std::size_t count_up(std::span<Peer> peers) {
  for (Peer& peer : peers) {
    try {
      peer.send("x");
    } catch (const std::exception&) {
      continue;  // nothing will come back
    }
  }
  return static_cast<std::size_t>(std::count_if(peers.begin(), peers.end(), is_up));
}

/// A chapter's echo server, its idle clients, and the one that is active.
class Subject {
 public:
  Subject(const path& chapter, std::size_t idle) : server_(chapter / "echo_server") {
    idle_.reserve(idle);
    while (idle_.size() < idle) {
      const std::size_t before = idle_.size();
      while (idle_.size() < std::min(idle, before + bench::kBatch))
        idle_.emplace_back(server_.port());
      // That a connection is open does not say that the server has accepted it; its echo does.
      if (count_up(std::span(idle_).subspan(before)) < idle_.size() - before) {
        throw std::runtime_error(chapter.string() + " does not serve " + std::to_string(idle) +
                                 " connections at once");
      }
    }
  }

  Cost measure() {
    const Duration cpu_before = lab::cpu_time(server_.pid());
    const auto start = Clock::now();
    double echoes = 0;
    while (Clock::now() - start < kTimePerRound) {
      if (active_.exchange("x") != "x") throw std::runtime_error("an echo did not come back");
      ++echoes;
    }
    const std::chrono::duration<double> wall = Clock::now() - start;
    const std::chrono::duration<double, std::micro> cpu = lab::cpu_time(server_.pid()) - cpu_before;
    return {cpu.count() / echoes, echoes / wall.count()};
  }

  std::size_t idle_still_up() { return count_up(idle_); }

 private:
  Server server_;
  std::vector<Peer> idle_;
  Peer active_{server_.port()};
};

struct Row {
  Cost alone;
  Cost beside_idle;
  std::size_t still_up;
};

Cost median(std::vector<Cost> costs) {
  const auto middle = [&](double Cost::*member) {
    std::ranges::sort(costs, {}, member);
    return costs[costs.size() / 2].*member;
  };
  return {middle(&Cost::microseconds), middle(&Cost::echoes)};
}

Row measure(const path& chapter, std::size_t idle, std::size_t rounds) {
  Subject quiet(chapter, 0);
  Subject crowded(chapter, idle);
  quiet.measure();  // the first time nothing is in the caches
  crowded.measure();
  std::vector<Cost> alone;
  std::vector<Cost> beside_idle;
  for (std::size_t round = 0; round < rounds; ++round) {
    alone.push_back(quiet.measure());
    beside_idle.push_back(crowded.measure());
  }
  return {median(alone), median(beside_idle), crowded.idle_still_up()};
}

void print_row(const std::string& chapter, const Row& row) {
  std::printf("%-16s %8.1fus %9.1fus %7.2f %9.0f %10.0f %15zu\n", chapter.c_str(),
              row.alone.microseconds, row.beside_idle.microseconds,
              row.beside_idle.microseconds / row.alone.microseconds, row.alone.echoes,
              row.beside_idle.echoes, row.still_up);
}

/// Returns main's exit status: 1 if a server lost connections.
int run(std::size_t idle, std::size_t rounds) {
  bench::require_open_files(idle);
  std::printf("one client's echoes, alone and beside %zu idle connections\n\n", idle);
  std::printf("%-16s %30s %20s %15s\n", "", "the server's CPU for one", "echoes per second",
              "idle");
  std::printf("%-16s %10s %11s %7s %9s %10s %15s\n", "chapter", "alone", "beside", "ratio", "alone",
              "beside", "still up");
  int status = 0;
  for (const path& chapter : lab::built_chapters({"echo_server"})) {
    if (chapter.filename() < kFirstChapter) continue;
    const Row row = measure(chapter, idle, rounds);
    print_row(chapter.filename(), row);
    if (row.still_up < idle) status = 1;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t idle = 10'000;
  std::size_t rounds = 9;
  common::CommandLine cli("Measures what idle connections cost the one that is active.",
                          "build/lab/idle_connections --idle 1000");
  cli.add_count("--idle", "idle connections", idle);
  cli.add_count("--rounds", "how often each server is measured; the median counts", rounds);
  return cli.run(argc, argv, [&] { return run(idle, rounds); });
}
