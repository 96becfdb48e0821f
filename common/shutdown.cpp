#include "common/shutdown.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstddef>

#include "common/error.hpp"

namespace common {
namespace {

// What the handler sees. Lock-free atomics are all that it may share with the program.
std::atomic<bool> stop_requested = false;
std::atomic<int> wake_pipe = -1;
std::array<std::atomic<int>, 2> sockets_to_stop = {-1, -1};  // a listener and one connection
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void stop() {
  stop_requested = true;
  // EAGAIN, a full pipe, is fine: it is readable already.
  [[maybe_unused]] const ssize_t written = ::write(wake_pipe, "", 1);
  for (const int socket : sockets_to_stop) {
    if (socket != -1) stop_socket(socket);
  }
}

void on_signal(int) {
  const int saved_errno = errno;  // the interrupted code may be about to read it
  stop();
  errno = saved_errno;
}

void set_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  // Not SA_RESTART, because ThreadSanitizer runs a handler only when the call it interrupted has
  // returned. `retry` makes the call again.
  action.sa_flags = 0;
  // The handler of one signal must not run inside the other's: they share the state above.
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  for (const int signal : {SIGINT, SIGTERM}) {
    check(::sigaction(signal, &action, nullptr), "sigaction");
  }
}

}  // namespace

void stop_socket(int socket) noexcept {
  // What fails is ENOTCONN: nobody is connected any more, and nothing can wait for them.
  [[maybe_unused]] const int result = ::shutdown(socket, SHUT_RDWR);
}

Shutdown::Shutdown() {
  assert(wake_pipe == -1 && "one Shutdown at a time");
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), "pipe2");
  read_end_ = Fd(ends[0]);
  write_end_ = Fd(ends[1]);
  stop_requested = false;
  wake_pipe = write_end_.get();
  set_handler(on_signal);
}

Shutdown::~Shutdown() {
  set_handler(SIG_DFL);
  wake_pipe = -1;
}

bool Shutdown::requested() const noexcept {
  return stop_requested;
}

void Shutdown::request() const noexcept {
  stop();
}

Shutdown::Interrupt::Interrupt(int socket) : slot_(0) {
  while (sockets_to_stop.at(static_cast<std::size_t>(slot_)) != -1)
    ++slot_;  // throws if all are taken
  sockets_to_stop[static_cast<std::size_t>(slot_)] = socket;
  // A signal that came before the line above has not seen the socket.
  if (stop_requested) stop_socket(socket);
}

Shutdown::Interrupt::~Interrupt() {
  sockets_to_stop[static_cast<std::size_t>(slot_)] = -1;
}

}  // namespace common
