// How does a program get to the unkind kernel? The linker gives it these functions instead of the
// system's (--wrap, see ld(1)); for descriptors of the real kernel they go on to that.

#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>

#include "common/socket.hpp"
#include "kernel.hpp"

using fuzz::Kernel;

namespace {

/// The way of all system calls: -1, and the reason in errno.
template <class Result>
Result outcome(Result result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace

// NOLINTBEGIN(*-reserved-identifier,*-identifier-naming): the linker's names.
extern "C" {
ssize_t __real_read(int fd, void* buffer, std::size_t size);
ssize_t __real_write(int fd, const void* bytes, std::size_t size);
int __real_close(int fd);
int __real_fcntl(int fd, int command, ...);
int __real_poll(pollfd* fds, nfds_t size, int timeout);
int __real_epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
int __real_epoll_wait(int epoll, epoll_event* events, int size, int timeout);

ssize_t __wrap_read(int fd, void* buffer, std::size_t size) {
  if (!Kernel::owns(fd)) return __real_read(fd, buffer, size);
  return outcome(Kernel::current()->read(fd, {static_cast<char*>(buffer), size}));
}

ssize_t __wrap_write(int fd, const void* bytes, std::size_t size) {
  if (!Kernel::owns(fd)) return __real_write(fd, bytes, size);
  return outcome(Kernel::current()->write(fd, {static_cast<const char*>(bytes), size}));
}

int __wrap_close(int fd) {
  if (!Kernel::owns(fd)) return __real_close(fd);
  return outcome(Kernel::current()->close(fd));
}

int __wrap_socket(int, int, int) {
  return outcome(Kernel::current()->listener());
}

int __wrap_bind(int, const sockaddr*, socklen_t) {
  return 0;
}

int __wrap_listen(int, int) {
  return 0;
}

int __wrap_setsockopt(int, int, int, const void*, socklen_t) {
  return 0;
}

int __wrap_getsockopt(int fd, int, int, void* value, socklen_t* size) {
  const int error = Kernel::current()->error(fd);
  std::memcpy(value, &error, std::min<std::size_t>(*size, sizeof error));
  return 0;
}

int __wrap_getsockname(int, sockaddr* name, socklen_t* size) {
  static const common::Address address =
      common::resolve("127.0.0.1", 8000, common::Transport::tcp, common::Lookup::none).front();
  std::memcpy(name, address.data(), address.size());
  *size = address.size();
  return 0;
}

/// F_GETFL and F_SETFL on sockets: all sockets here are nonblocking.
int __wrap_fcntl(int fd, int command, int value) {
  return Kernel::owns(fd) ? 0 : __real_fcntl(fd, command, value);
}

/// As one write of all the pieces.
ssize_t __wrap_writev(int fd, const iovec* pieces, int count) {
  std::string bytes;
  for (const iovec& piece : std::span(pieces, static_cast<std::size_t>(count))) {
    bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return __wrap_write(fd, bytes.data(), bytes.size());
}

int __wrap_accept4(int, sockaddr*, socklen_t*, int) {
  return outcome(Kernel::current()->accept());
}

/// Programs say on standard error what befell a connection. Here that befalls thousands a second,
/// and nobody reads it.
int __wrap_poll(pollfd* fds, nfds_t size, int timeout) {
  if (Kernel::current() == nullptr) return __real_poll(fds, size, timeout);
  if (fds->fd == STDERR_FILENO) return 0;
  return outcome(Kernel::current()->poll({fds, size}, timeout));
}

int __wrap_epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  if (!Kernel::owns(fd)) return __real_epoll_ctl(epoll, operation, fd, event);
  return outcome(Kernel::current()->epoll_ctl(epoll, operation, fd, event));
}

/// What is real, such as the pipe of the signals, is asked first.
int __wrap_epoll_wait(int epoll, epoll_event* events, int size, int timeout) {
  const int count = __real_epoll_wait(epoll, events, size, 0);
  if (count != 0) return count;
  return outcome(
      Kernel::current()->epoll_wait(epoll, {events, static_cast<std::size_t>(size)}, timeout));
}
}
// NOLINTEND(*-reserved-identifier,*-identifier-naming)
