#include "lab/support/server.hpp"
#include "lab/support/thread.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/error.hpp"
#include "common/socket.hpp"

namespace lab {
namespace {

std::vector<std::string> command(std::vector<std::string> words, const std::string& path,
                                 const std::vector<std::string>& flags) {
  words.insert(words.end(), {path, "--port", "0"});
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

/// The numbers of the sockets that a process has open.
std::vector<int> sockets_of(pid_t pid) {
  const std::string files = "/proc/" + std::to_string(pid) + "/fd";
  std::vector<int> sockets;
  for (const auto& entry : std::filesystem::directory_iterator(files)) {
    std::error_code closed_meanwhile;
    const auto what = std::filesystem::read_symlink(entry, closed_meanwhile);
    if (what.string().starts_with("socket:")) sockets.push_back(std::stoi(entry.path().filename()));
  }
  return sockets;
}

/// A copy of another process's descriptor, or none where it has been closed meanwhile.
common::Fd share(pid_t pid, int fd) {
  const common::Fd pidfd(
      static_cast<int>(common::check(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open")));
  return common::Fd(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), fd, 0)));
}

/// True for a socket that waits for clients, and one for datagrams: a server's own.
bool serves(int socket) {
  const auto option = [&](int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == -1 ? 0 : value;
  };
  return option(SO_ACCEPTCONN) == 1 || option(SO_TYPE) == SOCK_DGRAM;
}

/// The port of a server's own socket, when it has one.
std::uint16_t port_of_socket(Program& server) {
  std::uint16_t port = 0;
  wait_until(
      [&] {
        if (lab::has_ended(server.pid())) throw TimeLimit("it ended before it had a socket");
        for (const int fd : sockets_of(server.pid())) {
          const common::Fd socket = share(server.pid(), fd);
          if (socket && serves(socket.get())) port = common::local_address(socket.get()).port();
        }
        return port != 0;
      },
      "the server has a socket");
  return port;
}

}  // namespace

Server::Server(const std::vector<std::string>& command, std::uint16_t (*port_of)(Program&))
    : program_(command), port_(port_of(program_)) {}

Server Server::silent(const std::string& path, const std::vector<std::string>& flags,
                      const std::vector<std::string>& before) {
  return {command(before, path, flags), port_of_socket};
}

Server::Server(const std::string& path, const std::vector<std::string>& flags, const Limits& limits,
               const std::vector<std::string>& before)
    : program_(command(before, path, flags), limits), port_(program_.port()) {}

#if defined(WITH_THREAD_SANITIZER)
// ThreadSanitizer handles signals itself. It may keep one that comes just before the program goes
// to sleep until it wakes, or until another signal comes.
Result Server::stop(int signal) {
  const common::Fd pidfd(
      static_cast<int>(common::check(::syscall(SYS_pidfd_open, pid(), 0), "pidfd_open")));
  program_.signal(signal);
  const Thread again([&](const Thread::Stop& stop) {
    const auto deadline = common::Clock::now() + std::chrono::seconds(5);
    while (!stop && common::Clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    // Fails where the program has ended, which is fine.
    if (!stop) ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
  });
  return program_.wait();
}
#else
Result Server::stop(int signal) {
  program_.signal(signal);
  return program_.wait();
}
#endif

bool sleeps_through_a_second(pid_t pid) {
  const common::Duration begin = cpu_time(pid);
  for (int attempt = 0; attempt < 10 && cpu_time(pid) < begin + std::chrono::seconds(1);
       ++attempt) {
    // Whoever sleeps now and then, and did not go to sleep in between, has slept. One that is kept
    // from running does not sleep, though it may use as little CPU time.
    const bool asleep = state(pid) == 'S';
    const std::size_t switches = voluntary_switches(pid);
    const common::Duration before = cpu_time(pid);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const bool slept = asleep && state(pid) == 'S' && voluntary_switches(pid) == switches;
    // Other threads: ThreadSanitizer's own takes a little; one that spins takes all that it can
    // get.
    if (slept && cpu_time(pid) < before + std::chrono::milliseconds(50)) return true;
  }
  return false;
}

void wait_for_spin(pid_t pid) {
  const common::Duration before = cpu_time(pid);
  wait_until([&] { return cpu_time(pid) > before + std::chrono::milliseconds(100); },
             "a server with nothing to do has used 100 ms of CPU time");
}

void wait_until_stopped(const Server& server) {
  const auto stands = [&] {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(server.pid()), &info, WSTOPPED | WNOHANG | WNOWAIT) ==
               0 &&
           info.si_pid == server.pid();
  };
  wait_until(stands, "the server was stopped");
}

void stop_for_now(Server& server) {
  server.program().signal(SIGSTOP);
  wait_until_stopped(server);
}

common::Fd share_last_socket(const Server& server) {
  const std::vector<int> sockets = sockets_of(server.pid());
  if (sockets.empty()) throw std::runtime_error("the server has no socket");
  common::Fd last = share(server.pid(), *std::max_element(sockets.begin(), sockets.end()));
  common::check(last.get(), "pidfd_getfd");
  return last;
}

void wait_until_closed(const Server& server, std::size_t files) {
  wait_until([&] { return open_files(server.pid()) <= files; }, "all connections are closed");
}

std::uint64_t statistic(const Result& result, const std::string& name) {
  // The last line with "served=" in it, between two spaces, so that each name has one before it.
  const std::size_t served = result.err.rfind("served=");
  const std::size_t begin =
      served == std::string::npos ? served : result.err.rfind('\n', served) + 1;
  const std::string line = " " + result.err.substr(std::min(begin, result.err.size()));
  const std::size_t at = line.substr(0, line.find('\n')).find(" " + name + "=");
  if (at == std::string::npos) throw std::runtime_error("no " + name + "= in: " + result.err);
  return std::stoull(line.substr(at + name.size() + 2));
}

double idle_load(pid_t pid) {
  double least = 1;
  for (int attempt = 0; attempt < 5 && least > 0.05; ++attempt) {
    const auto start = common::Clock::now();
    const common::Duration before = cpu_time(pid);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const std::chrono::duration<double> cpu = cpu_time(pid) - before;
    least = std::min(least, cpu / (common::Clock::now() - start));
  }
  return least;
}

}  // namespace lab
