#include "common/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

#include "common/error.hpp"

namespace common {

void prepare_process() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // open takes the lowest number that is free: this one, for those before it are open.
    if (::fcntl(stream, F_GETFD) == -1) check(::open("/dev/null", O_RDWR), "open /dev/null");
  }
  if (::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) throw_error(errno, "signal SIGXFSZ");
}

void raise_file_limit() {
  rlimit limit{};
  check(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  check(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

void prepare_server() {
  raise_file_limit();
  if (::signal(SIGPIPE, SIG_IGN) == SIG_ERR) throw_error(errno, "signal SIGPIPE");
}

}  // namespace common
