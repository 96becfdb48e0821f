#include "common/process.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <cerrno>

#include "common/error.hpp"

namespace common {

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
