// 07, futures and tasks: the clients of chapter 02, in a task each.
//
// A client connects and copies what it receives to standard output. Where it waits, it says
// co_await; ten of them need one thread.
//
//   build/07_futures_tasks/server    in one terminal
//   build/07_futures_tasks/client    in another: ten clients, one second

#include "common/cli.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "one_client.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

int main(int argc, char** argv) {
  common::ClientOptions options;
  runtime::Options runtime_options;
  common::CommandLine cli("Connects several times at once and prints what the server sends.",
                          "build/07_futures_tasks/client_server");
  cli.add_endpoint(options);
  cli.add_clients(options.clients);
  add_runtime_flags(cli, runtime_options);
  return cli.run(argc, argv, [&] {
    common::raise_file_limit();
    common::Failures failures;
    runtime::block_on(run_clients(options, options.clients, failures), runtime_options);
    return failures.exit_status();
  });
}
