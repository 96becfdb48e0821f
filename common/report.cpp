#include "common/report.hpp"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "common/error.hpp"
#include "common/socket.hpp"

namespace common {

bool write_error_now(std::string_view text) noexcept {
  // Not O_NONBLOCK: that belongs to the open file, which others have, too, such as the shell. A
  // pipe is writable when it has room for PIPE_BUF bytes, so the write of no more does not wait.
  // (It may where another process writes to the same pipe, or where a terminal has room for half a
  // line. Then a signal ends it: no `retry`.) See pipe(7), poll(2).
  pollfd error{STDERR_FILENO, POLLOUT, 0};
  const int answers = retry([&] { return ::poll(&error, 1, 0); });
  // Without a reader there is POLLERR, too, and a write would be SIGPIPE. Where poll itself fails,
  // for want of memory perhaps, the line is worth the risk.
  if (answers == 0 || (answers == 1 && error.revents != POLLOUT)) return false;
  const ssize_t size = ::write(STDERR_FILENO, text.data(), text.size());
  return size == static_cast<ssize_t>(text.size());
}

void print_line(const std::string& line) {
  static std::mutex mutex;
  static std::uint64_t lost = 0;
  const std::lock_guard lock(mutex);
  const std::string before = lost == 0 ? "" : "lines lost: " + std::to_string(lost) + "\n";
  const bool written = write_error_now((before + line).substr(0, PIPE_BUF - 1) + "\n");
  lost = written ? 0 : lost + 1;
}

void announce(int listener) {
  print_line("listening on " + to_string(local_address(listener)));
}

std::string name_of(std::uint64_t connection) {
  return "connection " + std::to_string(connection);
}

std::string name_of(const Address& peer) {
  return to_string(peer);
}

int Failures::exit_status() const {
  const std::lock_guard lock(mutex_);
  return messages_.empty() ? 0 : 1;
}

void Failures::add(const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (messages_.insert(message).second) print_line(message);
}

}  // namespace common
