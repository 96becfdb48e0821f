// What does a soak have to notice? This echo server does one thing wrong: the one that the
// environment variable FAULT names.

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/acceptor.hpp"
#include "common/cli.hpp"
#include "common/error.hpp"
#include "common/io.hpp"
#include "common/process.hpp"
#include "common/report.hpp"

namespace {

void echo(const common::Fd& socket, bool wrong) {
  std::array<char, 16 * 1024> buffer;
  while (const std::size_t size = common::read_some(socket.get(), buffer)) {
    if (wrong) buffer[size - 1] ^= 1;
    common::write_all(socket.get(), {buffer.data(), size});
  }
}

/// Takes more and more memory, whoever comes. It never ends.
[[noreturn]] void hoard() {
  for (std::vector<std::string> hoard;; hoard.emplace_back(64 * 1024, 'x')) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

/// What goes wrong after a visit.
void go_wrong(const std::string& fault, common::Statistics& statistics) {
  if (fault == "descriptor") common::check(::dup(STDIN_FILENO), "dup");
  if (fault == "thread") std::thread([] { ::pause(); }).detach();
  if (fault == "count") const common::Statistics::Open twice(statistics);
  if (fault == "death") throw std::runtime_error("this is the end");
}

void serve(const common::ServerOptions& options, const std::string& fault) {
  const common::Shutdown shutdown;
  common::Statistics statistics;
  common::Acceptor acceptor(options, shutdown, statistics);
  while (const common::Fd socket = acceptor.next()) {
    const common::Statistics::Open open(statistics);
    const common::Shutdown::Interrupt interrupt(socket.get());
    common::contain_errors(acceptor.number(), [&] { echo(socket, fault == "byte"); });
    go_wrong(fault, statistics);
  }
  statistics.print();
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  common::CommandLine cli("An echo server with a fault, for a test.", "FAULT=byte");
  cli.add_endpoint(options);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    const char* const variable = std::getenv("FAULT");
    const std::string fault = variable == nullptr ? "" : variable;
    if (fault == "memory") std::thread(hoard).detach();
    serve(options, fault);
    return 0;
  });
}
