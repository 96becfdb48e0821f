// What do the helpers' tests share?
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "lab/support/program.hpp"
#include "lab/support/thread.hpp"

namespace common {

inline bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

/// Two connected stream sockets.
struct SocketPair {
  SocketPair() {
    int ends[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    ours = Fd(ends[0]);
    theirs = Fd(ends[1]);
  }
  Fd ours;
  Fd theirs;
};

/// The text of the std::system_error that `work` throws.
template <class Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "no error";
}

inline bool readable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return check(::poll(&ready, 1, 0), "poll") == 1;
}

inline std::atomic<int> interruptions = 0;

/// While this lives, signals interrupt the thread that made it, again and again.
class Interruptions {
 public:
  Interruptions() {
    struct sigaction action {};
    action.sa_handler = [](int) { ++interruptions; };
    action.sa_flags = 0;  // not SA_RESTART
    check(::sigaction(SIGUSR1, &action, &before_), "sigaction");
    sender_ = lab::Thread([target = ::pthread_self()](const lab::Thread::Stop& stop) {
      while (!stop) {
        ::pthread_kill(target, SIGUSR1);
        std::this_thread::yield();
      }
    });
  }
  ~Interruptions() {
    sender_ = lab::Thread();
    ::sigaction(SIGUSR1, &before_, nullptr);
  }
  Interruptions(Interruptions&&) = delete;

  /// Waits until there were so many that whatever the thread waits in was interrupted.
  static void wait_for_some() {
    const int before = interruptions;
    while (interruptions < before + 100) std::this_thread::yield();
  }

 private:
  struct sigaction before_ {};
  lab::Thread sender_;
};

/// Leaves this process without a free descriptor while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    const Fd lowest(check(::dup(STDIN_FILENO), "dup"));
    before_ = lab::set_file_limit(::getpid(), static_cast<rlim_t>(lowest.get()));
  }
  ~NoDescriptors() { lab::set_file_limit(::getpid(), before_); }
  NoDescriptors(NoDescriptors&&) = delete;

 private:
  rlim_t before_ = 0;
};

/// Options for a server on a free port.
inline ServerOptions any_port() {
  ServerOptions options;
  options.port = 0;
  return options;
}

/// Runs the command line `words` over `bind`'s flags; returns the exit status.
template <class Bind>
int parse(std::vector<std::string> words, Bind bind) {
  words.insert(words.begin(), "program");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  CommandLine cli("", "");
  bind(cli);
  return cli.run(static_cast<int>(argv.size()), argv.data(), [] { return 0; });
}

}  // namespace common
