// How does a test run a program that takes no flags, and so has the same port and the same delay
// each time? As a twin that takes some. The program's source is compiled as it stands; the linker
// puts the functions below between it and the system (--wrap, see ld(1)).

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <chrono>
#include <cstring>

#include "common/cli.hpp"
#include "common/report.hpp"

namespace {

common::ServerOptions options;

}  // namespace

// NOLINTBEGIN(*-reserved-identifier,*-identifier-naming): the linker's names.
extern "C" {
int __real_main(int argc, char** argv);
int __real_bind(int fd, const sockaddr* address, socklen_t size);
int __real_listen(int fd, int backlog);
int __real_nanosleep(const timespec* time, timespec* rest);

/// The port is the one that `--port` says.
int __wrap_bind(int fd, const sockaddr* address, socklen_t size) {
  sockaddr_in moved{};
  std::memcpy(&moved, address, sizeof moved);
  moved.sin_port = htons(options.port);
  return __real_bind(fd, reinterpret_cast<sockaddr*>(&moved), size);
}

/// Which port `--port 0` became, only we can tell. Of any other, nothing is said: the program does
/// not say it either.
int __wrap_listen(int fd, int backlog) {
  const int result = __real_listen(fd, backlog);
  if (result == 0 && options.port == 0) common::announce(fd);
  return result;
}

/// The time is the one that `--delay` says.
int __wrap_nanosleep(const timespec*, timespec* rest) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(options.delay);
  const timespec time{seconds.count(), (options.delay - seconds).count()};
  return __real_nanosleep(&time, rest);
}

/// Reads the flags and is gone: what the program throws, nobody catches, here as there.
int __wrap_main(int argc, char** argv) {
  bool go_on = false;
  int status = 0;
  {
    common::CommandLine cli("The program of this name, and it takes flags: for tests.", "ctest");
    cli.add_endpoint(options);
    cli.add_delay(options.delay);
    status = cli.run(argc, argv, [&] {
      go_on = true;
      return 0;
    });
  }
  return go_on ? __real_main(argc, argv) : status;
}
}
// NOLINTEND(*-reserved-identifier,*-identifier-naming)
