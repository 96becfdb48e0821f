// What can an echo server do, and does it keep every byte? Any echo server: start one, and let this
// loose on it.
//
//   build/06_epoll_edge/echo_server                   in one terminal
//   build/lab/load --active 100                     in another: a second of a hundred clients
//   build/lab/load --active 100 --idle 10000        beside ten thousand that say nothing
//   build/lab/load --active 100 --pipeline 10       each has ten messages under way
//
// One thread, a closed loop: each connection sends its next message when an echo has come back.

#include <chrono>
#include <cstdint>
#include <cstdio>

#include "common/cli.hpp"
#include "load_generator.hpp"

namespace {

using bench::Echoes;
using bench::Load;

void print(const Load& load, const Echoes& echoes) {
  std::printf("%llu echoes in %.3fs, %.0f per second; each byte came back as it was sent\n",
              static_cast<unsigned long long>(echoes.count),
              std::chrono::duration<double>(echoes.wall).count(), echoes.per_second());
  const auto microseconds = [&](std::uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1000;
  };
  for (const double percent : {50.0, 90.0, 99.0, 99.9}) {
    std::printf("p%g=%.1fus ", percent, microseconds(echoes.latency.percentile(percent)));
  }
  std::printf("max=%.1fus\n", microseconds(echoes.latency.max()));
  if (load.idle > 0) {
    std::printf("%llu idle connections are still open\n",
                static_cast<unsigned long long>(load.idle));
  }
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  std::uint64_t seconds = 1;
  common::CommandLine cli(
      "Keeps an echo server busy from one thread, checks every byte, and says how many echoes "
      "came\n"
      "and how long they took.",
      "build/lab/load --active 100 --pipeline 10");
  cli.add_endpoint(load.server);
  cli.add_count("--active", "connections that send, again and again", load.active);
  cli.add_count("--idle", "connections that say nothing", load.idle, 0);
  cli.add_count("--pipeline", "messages that each active one has under way", load.pipeline);
  cli.add_count("--size", "bytes of a message", load.size);
  cli.add_count("--seconds", "for how long", seconds);
  return cli.run(argc, argv, [&] {
    bench::LoadGenerator generator(load);
    print(load, generator.run(std::chrono::seconds(seconds)));
    return 0;
  });
}
