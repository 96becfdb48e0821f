#include "common/testing/server.hpp"

#include <sys/wait.h>

namespace common::testing {
namespace {

std::vector<std::string> command(const std::string& path, const std::vector<std::string>& flags) {
  std::vector<std::string> words = {path, "--port", "0"};
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

}  // namespace

Server::Server(const std::string& path, const std::vector<std::string>& flags, const Limits& limits)
    : program_(command(path, flags), limits), port_(program_.port()) {}

Result Server::stop(int signal) {
  program_.signal(signal);
  return program_.wait();
}

bool sleeps_through_a_second(pid_t pid) {
  // It may still be busy with what came last: then the next second tells.
  for (int attempt = 0; attempt < 3; ++attempt) {
    const std::size_t switches = voluntary_switches(pid);
    const Duration before = cpu_time(pid);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    if (voluntary_switches(pid) == switches && cpu_time(pid) == before) return true;
  }
  return false;
}

void wait_for_spin(pid_t pid) {
  const Duration before = cpu_time(pid);
  wait_until([&] { return cpu_time(pid) > before + std::chrono::milliseconds(100); },
             "a server with nothing to do has used 100 ms of CPU time");
}

void stop_for_now(Server& server) {
  server.program().signal(SIGSTOP);
  const auto stands = [&] {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(server.pid()), &info, WSTOPPED | WNOHANG | WNOWAIT) ==
               0 &&
           info.si_pid == server.pid();
  };
  wait_until(stands, "the server was stopped");
}

std::uint64_t statistic(const Result& result, const std::string& name) {
  const std::size_t line = result.err.rfind("served=");
  const std::size_t at = result.err.find(name + "=", line);
  if (line == std::string::npos || at == std::string::npos) {
    throw std::runtime_error("no " + name + "= in: " + result.err);
  }
  return std::stoull(result.err.substr(at + name.size() + 1));
}

double idle_load(pid_t pid) {
  const auto start = Clock::now();
  const Duration before = cpu_time(pid);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const std::chrono::duration<double> cpu = cpu_time(pid) - before;
  return cpu / (Clock::now() - start);
}

}  // namespace common::testing
