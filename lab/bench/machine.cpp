#include "machine.hpp"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "common/error.hpp"
#include "lab/support/program.hpp"

namespace bench {
namespace {

/// The first value in a file of lines like "model name : AMD EPYC".
std::string value_of(const std::string& file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t at = line.find_first_not_of(" \t", line.find(':') + 1);
    return at == std::string::npos ? "unknown" : line.substr(at);
  }
  return "unknown";
}

std::string kernel() {
  utsname name{};
  common::check(::uname(&name), "uname");
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

std::string compiler() {
#if defined(__clang__)
  return std::string("clang ") + __clang_version__;
#else
  return std::string("g++ ") + __VERSION__;
#endif
}

cpu_set_t allowed_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  common::check(::sched_getaffinity(0, sizeof cores, &cores), "sched_getaffinity");
  return cores;
}

}  // namespace

std::vector<std::string> describe_machine() {
  return {"processor: " + value_of("/proc/cpuinfo", "model name"),
          "cores: " + std::to_string(std::thread::hardware_concurrency()),
          "memory: " + value_of("/proc/meminfo", "MemTotal"), "kernel: " + kernel(),
          "compiler: " + compiler()};
}

common::Duration busy_time() {
  std::ifstream stat("/proc/stat");
  std::string name;
  std::uint64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, soft = 0, steal = 0;
  stat >> name >> user >> nice >> system >> idle >> waiting >> irq >> soft >> steal;
  if (!stat) throw std::runtime_error("no CPU times in /proc/stat");
  const std::uint64_t ticks = user + nice + system + irq + soft + steal;
  const long per_second = common::check(::sysconf(_SC_CLK_TCK), "sysconf");
  return std::chrono::duration_cast<common::Duration>(
      std::chrono::duration<double>(static_cast<double>(ticks) / static_cast<double>(per_second)));
}

common::Duration own_time() {
  return lab::cpu_time(::getpid());
}

void stay_on_core(std::size_t core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  common::check(::sched_setaffinity(0, sizeof cores, &cores), "sched_setaffinity");
}

std::optional<Cores> two_cores() {
  const cpu_set_t cores = allowed_cores();
  std::vector<std::size_t> found;
  for (std::size_t core = 0; core < CPU_SETSIZE && found.size() < 2; ++core) {
    if (CPU_ISSET(core, &cores)) found.push_back(core);
  }
  if (found.size() < 2) return std::nullopt;
  return Cores{found[0], found[1]};
}

}  // namespace bench
