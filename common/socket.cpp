#include "common/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "common/error.hpp"
#include "common/report.hpp"

namespace common {
namespace {

/// getaddrinfo has error numbers of its own; this gives them their texts.
class ResolverCategory : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }
  std::string message(int code) const override { return ::gai_strerror(code); }
};

/// What `attempt` makes of the first address of `host` for which it does not throw.
template <class Attempt>
Fd first_that_works(const std::string& host, std::uint16_t port, Transport transport,
                    Attempt attempt) {
  const std::vector<Address> addresses = resolve(host, port, transport);
  for (std::size_t i = 0; i + 1 < addresses.size(); ++i) {
    try {
      return attempt(addresses[i]);
    } catch (const std::system_error&) {
      // The next address may do better; if none does, the last one's error is the one to tell.
    }
  }
  return attempt(addresses.back());
}

/// The same for a server, which has one socket. A name may be more than one address, as localhost
/// often is ::1 and 127.0.0.1: a line for each of the others says that nobody listens there.
template <class Attempt>
Fd bind_first(const std::string& host, std::uint16_t port, Transport transport, Attempt attempt) {
  Fd fd = first_that_works(host, port, transport, attempt);
  const Address taken = local_address(fd.get());
  std::set<std::string> others;
  for (const Address& address : resolve(host, taken.port(), transport)) {
    others.insert(to_string(address));
  }
  others.erase(to_string(taken));
  for (const std::string& other : others) {
    std::string line = host;
    line.append(" is also ").append(other).append(": not listening there");
    print_line(line);
  }
  return fd;
}

Fd new_socket(const Address& address, int type) {
  return Fd(check(::socket(address.family(), type | SOCK_CLOEXEC, 0), "socket"));
}

/// An address that somebody else has: the text also says how to find out who.
class AddressInUse : public std::system_error {
 public:
  AddressInUse(const std::string& call, std::uint16_t port)
      : system_error(EADDRINUSE, std::generic_category(), call),
        text_(std::string(system_error::what()) +
              " (by an earlier server? ss -ltunp 'sport = :" + std::to_string(port) + "' tells)") {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

/// `call` is bind or listen.
[[noreturn]] void throw_server_error(int code, const std::string& call, const Address& address) {
  const std::string what = call + " " + to_string(address);
  if (code == EADDRINUSE) throw AddressInUse(what, address.port());
  throw_error(code, what);
}

void bind_to(const Fd& fd, const Address& address) {
  if (::bind(fd.get(), address.data(), address.size()) == -1) {
    throw_server_error(errno, "bind", address);
  }
}

void set_option(const Fd& fd, int level, int option, int value) {
  check(::setsockopt(fd.get(), level, option, &value, sizeof value), "setsockopt");
}

/// What a listener passes on to each connection that is accepted from it.
void set_for_connections(const Fd& listener, Duration peer_timeout) {
  // A byte that is sent as urgent is a byte like any other, in its place. See tcp(7).
  set_option(listener, SOL_SOCKET, SO_OOBINLINE, 1);
  if (peer_timeout == Duration::zero()) return;
  // The kernel asks a peer that has been silent for half of the time, and then again and again.
  // How often does not count (TCP_KEEPCNT): it is TCP_USER_TIMEOUT that says when to give up.
  constexpr std::chrono::seconds kShortest(1), kLongest(32'767);
  const auto half =
      std::clamp(std::chrono::floor<std::chrono::seconds>(peer_timeout / 2), kShortest, kLongest);
  set_option(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(listener, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(half.count()));
  set_option(listener, IPPROTO_TCP, TCP_KEEPINTVL,
             static_cast<int>(std::max(half / 4, kShortest).count()));
  set_option(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, whole_milliseconds(peer_timeout));
}

void throw_connect_error(int code, const Address& address) {
  throw_error(code, "connect " + to_string(address));
}

/// The error that waits on a socket, or 0; it is taken off.
int take_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  check(::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt");
  return error;
}

/// Waits for a blocking connect that a signal interrupted: it goes on by itself (see connect(2)).
void wait_for_connect(const Fd& fd, const Address& address) {
  pollfd ready{fd.get(), POLLOUT, 0};
  while (!finish_connect(fd.get(), address)) {
    check(retry([&] { return ::poll(&ready, 1, -1); }), "poll");
  }
}

/// A link-local IPv6 address holds on one link only: "%2" says on which. See ipv6(7).
std::string scope_of(const Address& address) {
  const std::uint32_t scope = reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_scope_id;
  return scope == 0 ? "" : "%" + std::to_string(scope);
}

}  // namespace

Address::Address(const sockaddr* address, socklen_t length) : size_(length) {
  assert(length <= sizeof bytes_);
  std::memcpy(&bytes_, address, length);
}

std::uint16_t Address::port() const {
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&bytes_)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bytes_)->sin_port);
}

std::string to_string(const Address& address) {
  const bool v6 = address.family() == AF_INET6;
  const void* number = v6 ? static_cast<const void*>(
                                &reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_addr)
                          : &reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr;
  char text[INET6_ADDRSTRLEN];
  if (::inet_ntop(address.family(), number, text, sizeof text) == nullptr) {
    throw_error(errno, "inet_ntop");
  }
  std::string host = text;
  if (v6) host = "[" + host + scope_of(address) + "]";
  return host + ":" + std::to_string(address.port());
}

Address local_address(int fd) {
  Address address;
  check(::getsockname(fd, address.data(), &address.size()), "getsockname");
  return address;
}

std::vector<Address> resolve(const std::string& host, std::uint16_t port, Transport transport,
                             Lookup lookup) {
  // Never destroyed: a thread may still look a name up when the program ends.
  static const ResolverCategory& category = *new ResolverCategory;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICSERV | (lookup == Lookup::none ? AI_NUMERICHOST : 0);
  addrinfo* list = nullptr;
  int code = EAI_NONAME;  // for "*", by which glibc means not all of this machine, but ::1
  if (host != "*") code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (code == EAI_SYSTEM) throw_error(errno, "resolve " + host);
  if (code == EAI_NONAME && lookup == Lookup::none) return {};
  if (code != 0) throw std::system_error(code, category, "resolve " + host);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
  }
  return addresses;
}

Fd listen_tcp(const std::string& host, std::uint16_t port, Duration peer_timeout) {
  return bind_first(host, port, Transport::tcp, [=](const Address& address) {
    Fd fd = new_socket(address, SOCK_STREAM);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set_for_connections(fd, peer_timeout);
    bind_to(fd, address);
    // With SO_REUSEADDR, bind may succeed beside another server's socket, and listen then fails.
    if (::listen(fd.get(), SOMAXCONN) == -1) throw_server_error(errno, "listen", address);
    return fd;
  });
}

Fd connect_tcp(const std::string& host, std::uint16_t port) {
  return first_that_works(host, port, Transport::tcp, [](const Address& address) {
    Fd fd = new_socket(address, SOCK_STREAM);
    if (::connect(fd.get(), address.data(), address.size()) == -1) {
      if (errno != EINTR) throw_connect_error(errno, address);
      wait_for_connect(fd, address);
    }
    return fd;
  });
}

Fd start_connect(const Address& address) {
  Fd fd = new_socket(address, SOCK_STREAM | SOCK_NONBLOCK);
  // Interrupted or not, a nonblocking connect goes on by itself.
  if (::connect(fd.get(), address.data(), address.size()) == -1 && errno != EINPROGRESS &&
      errno != EINTR) {
    throw_connect_error(errno, address);
  }
  return fd;
}

bool finish_connect(int fd, const Address& address) {
  if (const int error = take_error(fd)) throw_connect_error(error, address);
  Address peer;
  if (::getpeername(fd, peer.data(), &peer.size()) == 0) return true;
  if (errno != ENOTCONN) throw_connect_error(errno, address);
  return false;
}

void throw_hangup(int fd) {
  const int error = take_error(fd);
  // No error: both sides have ended the connection in good order.
  throw_error(error != 0 ? error : ENOTCONN, "hangup");
}

Connector::Connector(std::vector<Address> addresses) : addresses_(std::move(addresses)) {
  start();
}

bool Connector::finish() {
  try {
    return finish_connect(socket_.get(), addresses_[current_]);
  } catch (const std::system_error&) {
    if (++current_ == addresses_.size()) throw;
  }
  start();
  return false;
}

/// Starts to connect to the current address, or to the first one after it where that is possible.
void Connector::start() {
  for (;; ++current_) {
    try {
      socket_ = start_connect(addresses_[current_]);
      return;
    } catch (const std::system_error&) {
      if (current_ + 1 == addresses_.size()) throw;
    }
  }
}

Fd bind_udp(const std::string& host, std::uint16_t port) {
  return bind_first(host, port, Transport::udp, [](const Address& address) {
    Fd fd = new_socket(address, SOCK_DGRAM | SOCK_NONBLOCK);
    bind_to(fd, address);
    return fd;
  });
}

void set_nonblocking(int fd) {
  const int flags = check(::fcntl(fd, F_GETFL), "fcntl F_GETFL");
  check(::fcntl(fd, F_SETFL, flags | O_NONBLOCK), "fcntl F_SETFL");
}

}  // namespace common
