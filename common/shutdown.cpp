#include "common/shutdown.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <iterator>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/report.hpp"
#include "common/statistics.hpp"

namespace common {
namespace {

// What the handler sees. Lock-free atomics are all that it may share with the program.
std::atomic<bool> stop_requested = false;
std::atomic<int> wake_pipe = -1;
std::array<std::atomic<int>, 2> sockets_to_stop = {-1, -1};  // a listener and one connection
std::atomic<Clock::rep> first_signal = 0;                    // when it came
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free &&
              std::atomic<Clock::rep>::is_always_lock_free &&
              decltype(open_connections)::is_always_lock_free);

/// timeout(1) sends its signal to its child and then to both of them, the child included; others
/// pass on what a terminal has sent to all. So what comes that soon is the same signal again.
constexpr Duration kSameSignal = std::chrono::milliseconds(200);

void stop() {
  stop_requested = true;
  // EAGAIN, a full pipe, is fine: it is readable already.
  [[maybe_unused]] const ssize_t written = ::write(wake_pipe, "", 1);
  for (const int socket : sockets_to_stop) {
    if (socket != -1) stop_socket(socket);
  }
}

/// The signal has come again: somebody does not want to wait. Says how many connections that costs,
/// and lets the signal do what it does to a program that has no handler.
void end_at_once(int signal) {
  char line[64] = "stopped again; connections cut off: ";
  char* const number = line + std::strlen(line);
  char* const end = std::to_chars(number, std::end(line) - 1, open_connections.load()).ptr;
  *end = '\n';
  write_error_now({line, end + 1});
  ::signal(signal, SIG_DFL);
  ::raise(signal);  // it is blocked while its handler runs, and kills as soon as it is not
}

void on_signal(int signal) {
  const int saved_errno = errno;  // the interrupted code may be about to read it
  const Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep first = 0;
  const bool again = !first_signal.compare_exchange_strong(first, now);
  if (again && Duration(now - first) > kSameSignal) end_at_once(signal);
  stop();
  errno = saved_errno;
}

sigset_t both_signals() {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGINT);
  sigaddset(&both, SIGTERM);
  return both;
}

/// A signal that whoever started the program has it ignore stays ignored: `server &` in a script is
/// not to hear the Ctrl-C that is meant for another.
void set_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  // Not SA_RESTART, because ThreadSanitizer runs a handler only when the call it interrupted has
  // returned. `retry` makes the call again.
  action.sa_flags = 0;
  // The handler of one signal must not run inside the other's: they share the state above.
  action.sa_mask = both_signals();
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    check(::sigaction(signal, nullptr, &before), "sigaction");
    if (before.sa_handler == SIG_IGN) continue;
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
  first_signal = 0;
  wake_pipe = write_end_.get();
  set_handler(on_signal);
  // Whoever started the program may have blocked them: a program inherits that.
  const sigset_t both = both_signals();
  check(::sigprocmask(SIG_UNBLOCK, &both, nullptr), "sigprocmask");
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
