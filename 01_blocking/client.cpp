// 01, blocking: ten clients at once, each of which waits.
//
// A client connects and copies what it receives to standard output. read waits until something
// comes, so one thread can do this for one connection only; ten connections take ten threads.
//
//   build/01_blocking/server          in one terminal
//   build/01_blocking/client          in another: ten clients, ten seconds

#include "common/cli.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/run_on_threads.hpp"
#include "one_client.hpp"

int main(int argc, char** argv) {
  common::ClientOptions options;
  common::CommandLine cli("Connects several times at once and prints what the server sends.",
                          "build/01_blocking/client_server");
  cli.add_endpoint(options);
  cli.add_clients(options.clients);
  return cli.run(argc, argv, [&] {
    common::raise_file_limit();
    common::Failures failures;
    common::run_on_threads(options.clients, failures, [&] { one_client(options); });
    return failures.exit_status();
  });
}
