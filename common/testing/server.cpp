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
