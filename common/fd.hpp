// Who closes a file descriptor? The Fd that owns it; everyone else borrows a plain int.
#pragma once

#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

namespace common {

/// Owns one open file descriptor, or none; move-only, like std::unique_ptr.
///
/// Functions that only use a descriptor take an `int`; functions that keep it take an `Fd`.
/// See close(2).
class Fd {
 public:
  Fd() = default;

  /// Takes over `fd`, which must be open and owned by nobody else, or -1 for none.
  explicit Fd(int fd) noexcept : fd_(fd) {}

  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  ~Fd() { reset(); }

  /// The descriptor on loan, or -1.
  [[nodiscard]] int get() const noexcept { return fd_; }

  /// True when there is a descriptor to close.
  explicit operator bool() const noexcept { return fd_ != -1; }

  /// Closes the descriptor now, if there is one.
  ///
  /// close(2) is never retried: on Linux the number is free again whatever close returns, and
  /// another thread may already have it. EBADF would mean that somebody closed what we own.
  void reset() noexcept {
    if (fd_ == -1) return;
    [[maybe_unused]] const int result = ::close(std::exchange(fd_, -1));
    assert(result == 0 || errno != EBADF);
  }

 private:
  int fd_ = -1;
};

}  // namespace common
