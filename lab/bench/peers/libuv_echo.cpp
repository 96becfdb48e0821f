// What does an echo cost with libuv? The same server as 06's echo_server, in its idiom: a handle
// and callbacks for each connection, on one thread. The buffer is everybody's, as a read is handled
// before the next one.
//
//   apt install libuv1-dev
//   cmake --build build --target lab_libuv_echo && build/lab/libuv_echo

#include <uv.h>

#include <array>
#include <stdexcept>
#include <string>

#include "common/cli.hpp"
#include "common/process.hpp"
#include "common/report.hpp"

namespace {

std::array<char, 16 * 1024> shared_buffer;

/// Throws what a call of libuv's has failed with.
void check(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + uv_strerror(result));
}

void close(uv_stream_t* client) {
  const auto free = [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); };
  if (uv_is_closing(reinterpret_cast<uv_handle_t*>(client)) == 0) {
    uv_close(reinterpret_cast<uv_handle_t*>(client), free);
  }
}

/// What the socket did not take at once, until it has.
struct Unsent {
  uv_write_t request{};
  std::string bytes;
};

void read(uv_stream_t* client, ssize_t size, const uv_buf_t* buffer);

void start_reading(uv_stream_t* client) {
  const auto lend = [](uv_handle_t*, std::size_t, uv_buf_t* buffer) {
    *buffer = uv_buf_init(shared_buffer.data(), shared_buffer.size());
  };
  if (uv_read_start(client, lend, read) != 0) close(client);
}

/// Nothing more is read from a client that does not read.
void send_later(uv_stream_t* client, std::string bytes) {
  uv_read_stop(client);
  auto* unsent = new Unsent{{}, std::move(bytes)};
  unsent->request.data = unsent;
  const auto sent = [](uv_write_t* request, int error) {
    uv_stream_t* to = request->handle;
    delete static_cast<Unsent*>(request->data);
    error == 0 ? start_reading(to) : close(to);
  };
  const uv_buf_t buffer =
      uv_buf_init(unsent->bytes.data(), static_cast<unsigned>(unsent->bytes.size()));
  if (uv_write(&unsent->request, client, &buffer, 1, sent) == 0) return;
  delete unsent;
  close(client);
}

void read(uv_stream_t* client, ssize_t size, const uv_buf_t*) {
  if (size < 0) return close(client);  // also at the end, which is UV_EOF
  if (size == 0) return;               // would block
  const uv_buf_t bytes = uv_buf_init(shared_buffer.data(), static_cast<unsigned>(size));
  const int taken = uv_try_write(client, &bytes, 1);
  if (taken < 0 && taken != UV_EAGAIN) return close(client);
  const auto sent = static_cast<std::size_t>(std::max(taken, 0));
  if (sent < bytes.len) send_later(client, std::string(bytes.base + sent, bytes.len - sent));
}

void accept(uv_stream_t* listener, int error) {
  if (error != 0) return;
  auto* client = new uv_tcp_t;
  uv_tcp_init(listener->loop, client);
  auto* stream = reinterpret_cast<uv_stream_t*>(client);
  uv_accept(listener, stream) == 0 ? start_reading(stream) : close(stream);
}

void serve(const common::Endpoint& endpoint) {
  sockaddr_in address{};
  check(uv_ip4_addr(endpoint.host.c_str(), endpoint.port, &address), "uv_ip4_addr");
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t listener;
  check(uv_tcp_init(loop, &listener), "uv_tcp_init");
  check(uv_tcp_bind(&listener, reinterpret_cast<const sockaddr*>(&address), 0), "uv_tcp_bind");
  check(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), SOMAXCONN, accept), "uv_listen");
  uv_os_fd_t fd{};
  check(uv_fileno(reinterpret_cast<uv_handle_t*>(&listener), &fd), "uv_fileno");
  common::announce(fd);
  uv_run(loop, UV_RUN_DEFAULT);
}

}  // namespace

int main(int argc, char** argv) {
  common::Endpoint endpoint;
  common::CommandLine cli("Sends every byte back, with a handle of libuv for each client.",
                          "build/lab/load");
  cli.add_endpoint(endpoint);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    serve(endpoint);
    return 0;
  });
}
