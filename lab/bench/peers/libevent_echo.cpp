// What does an echo cost with libevent? The same server as 05's echo_server, in its idiom: an event
// and a callback for each connection, on one thread. (Its bufferevents are handier, and cost more
// calls.)
//
//   apt install libevent-dev
//   cmake --build build --target lab_libevent_echo && build/lab/libevent_echo

#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>

#include <array>
#include <memory>
#include <string>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "common/io.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/socket.hpp"

namespace {

/// One client: it waits to read, or, with something unsent, to write.
struct Connection {
  common::Fd socket;
  event readable{};
  event writable{};
  std::string unsent;

  Connection(event_base* base, int fd) : socket(fd) {
    event_assign(&readable, base, fd, EV_READ | EV_PERSIST, when_readable, this);
    event_assign(&writable, base, fd, EV_WRITE | EV_PERSIST, when_writable, this);
    event_add(&readable, nullptr);
  }
  Connection(Connection&&) = delete;
  ~Connection() {
    event_del(&readable);
    event_del(&writable);
  }

  static void when_readable(int, short, void* me) { advance(me, &Connection::echo); }
  static void when_writable(int, short, void* me) { advance(me, &Connection::flush); }

  /// The connection ends when `step` says so, by false, and when it fails.
  static void advance(void* me, bool (Connection::*step)()) {
    auto* connection = static_cast<Connection*>(me);
    bool goes_on = false;
    common::contain_errors(std::uint64_t{0}, [&] { goes_on = (connection->*step)(); });
    if (!goes_on) delete connection;
  }

  bool echo() {
    std::array<char, 16 * 1024> buffer;
    const auto size = common::try_read(socket.get(), buffer);
    if (!size) return true;
    const std::size_t sent = common::try_write(socket.get(), {buffer.data(), *size}).value_or(0);
    if (sent < *size) {
      unsent.assign(buffer.data() + sent, *size - sent);
      event_del(&readable);
      event_add(&writable, nullptr);
    }
    return *size > 0;
  }

  bool flush() {
    unsent.erase(0, common::try_write(socket.get(), unsent).value_or(0));
    if (!unsent.empty()) return true;
    event_del(&writable);
    event_add(&readable, nullptr);
    return true;
  }
};

void accept(evconnlistener* listener, int fd, sockaddr*, int, void*) {
  new Connection(evconnlistener_get_base(listener), fd);  // deletes itself
}

void serve(const common::Endpoint& endpoint) {
  const auto address =
      common::resolve(endpoint.host, endpoint.port, common::Transport::tcp).front();
  const std::unique_ptr<event_base, decltype(&event_base_free)> base(event_base_new(),
                                                                     event_base_free);
  const std::unique_ptr<evconnlistener, decltype(&evconnlistener_free)> listener(
      evconnlistener_new_bind(base.get(), accept, nullptr,
                              LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, SOMAXCONN, address.data(),
                              static_cast<int>(address.size())),
      evconnlistener_free);
  if (!listener) common::throw_error(errno, "listen on " + common::to_string(address));
  common::announce(evconnlistener_get_fd(listener.get()));
  event_base_dispatch(base.get());
}

}  // namespace

int main(int argc, char** argv) {
  common::Endpoint endpoint;
  common::CommandLine cli("Sends every byte back, with an event of libevent for each client.",
                          "build/lab/load");
  cli.add_endpoint(endpoint);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    serve(endpoint);
    return 0;
  });
}
