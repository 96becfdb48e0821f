// 07, futures and tasks: a connection that is not there yet, as a value.
//
// `TcpStream::connect` returns at once, with a future: it resolves later. `then` makes another
// future of it, which says what to do with the connection, and `map_error` one which knows what to
// do without. None of them has begun: that takes somebody who polls.
//
//   build/07_futures_tasks/connect               "failure: connect 127.0.0.1:8000: …"
//   build/07_futures_tasks/server                in another terminal, and then again

#include <unistd.h>

#include <exception>
#include <string>
#include <utility>

#include "common/cli.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

namespace {

/// How it went, in words, and as main's exit status.
struct Outcome {
  std::string text;
  int status;
};

Outcome success(const runtime::TcpStream& stream) {
  return {"success: connected from " + to_string(common::local_address(stream.fd())), 0};
}

Outcome failure(const std::exception& error) {
  return {std::string("failure: ") + error.what(), 1};
}

}  // namespace

int main(int argc, char** argv) {
  common::Endpoint server;
  runtime::Options runtime_options;
  common::CommandLine cli("Connects, and says how that went: success and failure are values.",
                          "build/07_futures_tasks/connect --host localhost --port 1");
  cli.add_endpoint(server);
  add_runtime_flags(cli, runtime_options);
  return cli.run(argc, argv, [&] {
    auto connecting = runtime::TcpStream::connect(server.host, server.port);
    auto outcome = runtime::map_error(runtime::then(std::move(connecting), success), failure);
    const auto [text, status] = runtime::block_on(std::move(outcome), runtime_options);
    common::write_all(STDOUT_FILENO, text + "\n");
    return status;
  });
}
