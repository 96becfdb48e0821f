// Do hosts and ports become sockets, and failures become errors with addresses?

#include <doctest/doctest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "lab/support/captured_errors.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/thread.hpp"
#include "support.hpp"

// NOLINTBEGIN(*-reserved-identifier,*-identifier-naming): the linker's names.
extern "C" {
int __real_getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                       addrinfo** list);

/// "two.example" has two addresses, of which this machine has both.
int __wrap_getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                       addrinfo** list) {
  if (host != std::string("two.example")) return __real_getaddrinfo(host, service, hints, list);
  addrinfo* second = nullptr;
  const int code = __real_getaddrinfo("127.0.0.1", service, hints, list) |
                   __real_getaddrinfo("127.0.0.2", service, hints, &second);
  if (code == 0) (*list)->ai_next = second;
  return code;
}
}
// NOLINTEND(*-reserved-identifier,*-identifier-naming)

namespace common {
namespace {

TEST_SUITE("socket") {
  TEST_CASE("a server whose host has two addresses says on which of them it does not listen") {
    const lab::CapturedErrors errors;
    const Fd tcp = listen_tcp("two.example", 0);
    const Address taken = local_address(tcp.get());
    const std::string not_there = "127.0.0.2:" + std::to_string(taken.port());
    CHECK(to_string(taken) == "127.0.0.1:" + std::to_string(taken.port()));
    CHECK(errors.text() == "two.example is also " + not_there + ": not listening there\n");
  }

  TEST_CASE("so does one for datagrams, and a client says nothing") {
    const lab::CapturedErrors errors;
    const Fd listener = listen_tcp("127.0.0.1", 0);
    connect_tcp("two.example", local_address(listener.get()).port());
    CHECK(errors.text().empty());
    bind_udp("two.example", 0);
    CHECK(errors.text().starts_with("two.example is also 127.0.0.2:"));
  }

  TEST_CASE("a star is no host: it would not mean all addresses") {
    CHECK(error_of([] { resolve("*", 1, Transport::tcp); }) ==
          "resolve *: Name or service not known");
    CHECK(resolve("*", 1, Transport::tcp, Lookup::none).empty());
  }

  TEST_CASE("addresses of both families are written with their ports") {
    CHECK(to_string(resolve("127.0.0.1", 8000, Transport::tcp).front()) == "127.0.0.1:8000");
    CHECK(to_string(resolve("::1", 80, Transport::tcp).front()) == "[::1]:80");
    CHECK(to_string(resolve("fe80::1%1", 80, Transport::tcp).front()) == "[fe80::1%1]:80");
  }

  TEST_CASE("a name that does not exist is an error that names it") {
    CHECK(error_of([] {
            resolve("nowhere.invalid", 1, Transport::tcp);
          }).starts_with("resolve nowhere.invalid: "));
  }

  TEST_CASE("a nonblocking connect arrives, and is refused with the address in the error") {
    Fd listener = listen_tcp("127.0.0.1", 0);
    const Address address = local_address(listener.get());
    const auto connect = [&] {
      const Fd socket = start_connect(address);
      while (!finish_connect(socket.get(), address)) std::this_thread::yield();
    };
    CHECK(error_of(connect) == "no error");
    listener.reset();
    CHECK(error_of(connect) == "connect " + to_string(address) + ": Connection refused");
  }

  TEST_CASE("a connect to an address that never answers is neither done nor failed") {
    // A queue of one connection that nobody accepts: the kernel leaves further ones on their way.
    const Fd listener = listen_tcp("127.0.0.1", 0);
    check(::listen(listener.get(), 0), "listen");
    const Address address = local_address(listener.get());
    const Fd fills_the_queue = start_connect(address);
    const Fd waits = start_connect(address);
    CHECK(!finish_connect(waits.get(), address));
  }

  TEST_CASE("a Connector goes on to the next address when one refuses") {
    Fd closed = listen_tcp("127.0.0.1", 0);
    const Address dead = local_address(closed.get());
    const Fd listener = listen_tcp("127.0.0.1", 0);
    const Address alive = local_address(listener.get());
    closed.reset();
    Connector connector({dead, alive});
    while (!connector.finish()) std::this_thread::yield();
    CHECK(to_string(local_address(connector.fd())).starts_with("127.0.0.1:"));
    Connector hopeless({dead, dead});
    const auto connect = [&] {
      while (!hopeless.finish()) std::this_thread::yield();
    };
    CHECK(error_of(connect) == "connect " + to_string(dead) + ": Connection refused");
  }

  TEST_CASE("a connect that signals interrupt goes on, and arrives") {
    // A queue of one connection that nobody accepts: the connect below waits.
    const Fd listener = listen_tcp("127.0.0.1", 0);
    check(::listen(listener.get(), 0), "listen");
    const Address address = local_address(listener.get());
    const Fd fills_the_queue = start_connect(address);
    const Interruptions storm;
    lab::Thread late([&] {
      Interruptions::wait_for_some();
      accept(listener.get());
    });
    const auto connect = [&] {
      const Fd socket = connect_tcp("127.0.0.1", address.port());
      CHECK(finish_connect(socket.get(), address));
    };
    CHECK(error_of(connect) == "no error");
  }

  TEST_CASE("a hangup is told with its reason, or as the end of a connection that ended in order") {
    const Fd listener = listen_tcp("127.0.0.1", 0);
    lab::Peer peer(local_address(listener.get()).port());
    const Fd socket = accept(listener.get());
    peer.reset();
    pollfd hangup{socket.get(), 0, 0};
    CHECK(check(::poll(&hangup, 1, -1), "poll") == 1);
    const auto tell = [&] { throw_hangup(socket.get()); };
    CHECK(error_of(tell) == "hangup: Connection reset by peer");
    CHECK(error_of(tell) == "hangup: Transport endpoint is not connected");  // it was taken off
  }

  TEST_CASE("each address of a name is tried until one answers") {
    for (const Address& address : resolve("localhost", 0, Transport::tcp)) {
      const std::string host = address.family() == AF_INET6 ? "::1" : "127.0.0.1";
      if (host == "::1" && !lab::has_ipv6()) continue;
      const Fd listener = listen_tcp(host, 0);
      const std::uint16_t port = local_address(listener.get()).port();
      CHECK(error_of([&] { connect_tcp("localhost", port); }) == "no error");
    }
  }

  TEST_CASE("how long a peer may owe an answer holds for each connection that is accepted") {
    const auto accepted_from = [](const Fd& listener) {
      const Fd client = connect_tcp("127.0.0.1", local_address(listener.get()).port());
      return accept(listener.get());
    };
    const auto option = [](const Fd& fd, int level, int name) {
      int value = 0;
      socklen_t size = sizeof value;
      check(::getsockopt(fd.get(), level, name, &value, &size), "getsockopt");
      return value;
    };
    const Fd some = accepted_from(listen_tcp("127.0.0.1", 0));
    CHECK(option(some, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(some, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
    CHECK(option(some, IPPROTO_TCP, TCP_KEEPINTVL) == 7);
    CHECK(option(some, IPPROTO_TCP, TCP_USER_TIMEOUT) == 60'000);
    const Fd none = accepted_from(listen_tcp("127.0.0.1", 0, Duration::zero()));
    CHECK(option(none, SOL_SOCKET, SO_KEEPALIVE) == 0);
    CHECK(option(none, IPPROTO_TCP, TCP_USER_TIMEOUT) == 0);
  }

  TEST_CASE("a server may be started again at once on the port where it closed connections") {
    Fd listener = listen_tcp("127.0.0.1", 0);
    const std::uint16_t port = local_address(listener.get()).port();
    lab::Peer peer(port);
    accept(listener.get()).reset();  // whoever closes first keeps the port in TIME-WAIT
    CHECK(peer.read_all().empty());
    peer.close();
    listener.reset();
    CHECK(error_of([&] { listen_tcp("127.0.0.1", port); }) == "no error");
  }

  TEST_CASE("a port that is taken: the error says how to find out by whom, over TCP and UDP") {
    const Fd listener = listen_tcp("127.0.0.1", 0);
    const Fd socket = bind_udp("127.0.0.1", 0);
    const auto said = [](std::uint16_t port) {
      return "bind 127.0.0.1:" + std::to_string(port) +
             ": Address already in use (by an earlier server? ss -ltunp 'sport = :" +
             std::to_string(port) + "' tells)";
    };
    const std::uint16_t tcp = local_address(listener.get()).port();
    const std::uint16_t udp = local_address(socket.get()).port();
    CHECK(error_of([&] { listen_tcp("127.0.0.1", tcp); }) == said(tcp));
    CHECK(error_of([&] { bind_udp("127.0.0.1", udp); }) == said(udp));
  }

  TEST_CASE("a hundred connections may wait to be accepted") {
    const Fd listener = listen_tcp("127.0.0.1", 0);
    const std::uint16_t port = local_address(listener.get()).port();
    std::vector<lab::Peer> peers;
    for (int i = 0; i < 100; ++i) peers.emplace_back(port);
    for (int i = 0; i < 100; ++i) CHECK(accept(listener.get()));
  }
}

}  // namespace
}  // namespace common
