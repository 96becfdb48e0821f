// What does an echo cost with Asio's coroutines? The same server as 07's echo_server, in its idiom:
// a coroutine for each connection, on one thread. It waits with `async_wait`, and holds no buffer
// meanwhile.
//
//   apt install libasio-dev
//   cmake --build build --target lab_asio_echo && build/lab/asio_echo

#include <array>
#include <asio.hpp>

#include "common/cli.hpp"
#include "common/process.hpp"
#include "common/report.hpp"

namespace {

using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;

/// Reads what has come, on the stack, and sends it back. Returns what the socket did not take;
/// false at the end.
bool echo_now(tcp::socket& socket, std::string& unsent) {
  std::array<char, 16 * 1024> buffer;
  asio::error_code error;
  const std::size_t size = socket.read_some(asio::buffer(buffer), error);
  if (error == asio::error::would_block) return true;
  if (error) return false;
  const std::size_t sent = socket.write_some(asio::buffer(buffer, size), error);
  if (error && error != asio::error::would_block) return false;
  unsent.assign(buffer.data() + sent, size - sent);
  return true;
}

awaitable<void> echo(tcp::socket socket) {
  socket.non_blocking(true);
  std::string unsent;
  for (;;) {
    co_await socket.async_wait(tcp::socket::wait_read, use_awaitable);
    if (!echo_now(socket, unsent)) co_return;
    if (!unsent.empty()) co_await asio::async_write(socket, asio::buffer(unsent), use_awaitable);
  }
}

awaitable<void> serve(tcp::acceptor acceptor) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
    asio::co_spawn(acceptor.get_executor(), echo(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  common::Endpoint endpoint;
  common::CommandLine cli("Sends every byte back, with a coroutine of Asio for each client.",
                          "build/lab/load");
  cli.add_endpoint(endpoint);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    asio::io_context context(1);
    tcp::acceptor acceptor(context, {asio::ip::make_address(endpoint.host), endpoint.port});
    common::announce(acceptor.native_handle());
    asio::co_spawn(context, serve(std::move(acceptor)), asio::detached);
    context.run();
    return 0;
  });
}
