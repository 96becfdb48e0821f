#include "common/process.hpp"

#include <signal.h>
#include <sys/resource.h>

#include "common/error.hpp"

namespace common {

void prepare_server() {
  if (::signal(SIGPIPE, SIG_IGN) == SIG_ERR) throw_error(errno, "signal SIGPIPE");
  rlimit limit{};
  check(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  check(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

}  // namespace common
