// What do the tests of I/O and timers share? Descriptors to wait for, and a look at what the kernel
// watches.
#pragma once

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/poller/poller.hpp"
#include "support.hpp"

namespace runtime {

using common::Fd;
using common::ReadySet;
using Wait = Driver::Wait;

/// The reactors of this run ask a ring, and epoll's list is empty: see on_ring.cpp.
inline const bool kOnRing =
    std::getenv("DRIVER") != nullptr && std::string_view(std::getenv("DRIVER")) == "io_uring";

inline constexpr ReadySet kReadable = ReadySet::readable();
inline constexpr ReadySet kWritable = ReadySet::writable();

/// A nonblocking pipe.
struct Pipe {
  Pipe() {
    int ends[2];
    common::check(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), "pipe2");
    reading = Fd(ends[0]);
    writing = Fd(ends[1]);
  }
  Fd reading;
  Fd writing;
};

/// Two connected nonblocking sockets.
struct SocketPair {
  explicit SocketPair(int type = SOCK_STREAM) {
    int ends[2];
    const int flags = type | SOCK_NONBLOCK | SOCK_CLOEXEC;
    common::check(::socketpair(AF_UNIX, flags, 0, ends), "socketpair");
    ours = Fd(ends[0]);
    theirs = Fd(ends[1]);
  }
  Fd ours;
  Fd theirs;
};

inline Fd new_eventfd(unsigned count = 0) {
  return Fd(common::check(::eventfd(count, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd"));
}

/// Writes all of a few bytes.
inline void send_to(const Fd& fd, std::string_view bytes) {
  if (common::try_write(fd.get(), bytes) != bytes.size()) throw std::runtime_error("no room");
}

/// Reads what there is, one read's worth; "would block" is the text for nothing.
inline std::string receive_from(const Fd& fd) {
  std::string buffer(64 * 1024, '\0');
  const auto size = common::try_read(fd.get(), buffer);
  if (!size) return "would block";
  buffer.resize(*size);
  return buffer;
}

/// Writes until the descriptor takes no more. Returns how many bytes that were.
inline std::size_t fill(const Fd& fd) {
  const std::string block(64 * 1024, 'x');
  std::size_t total = 0;
  while (const auto size = common::try_write(fd.get(), block)) total += *size;
  while (common::try_write(fd.get(), std::string_view("x"))) ++total;
  return total;
}

/// Reads until there is nothing. Returns how many bytes that were.
inline std::size_t empty_out(const Fd& fd) {
  std::string block(64 * 1024, '\0');
  std::size_t total = 0;
  for (;;) {
    const auto size = common::try_read(fd.get(), block);
    if (!size || *size == 0) return total;
    total += *size;
  }
}

inline int open_descriptors() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

/// In how many epoll instances of this process is `fd`? As proc(5) tells it. With `events`, only
/// those that watch it for all of these.
inline int registrations_of(int fd, ReadySet events = {}) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(entry.path());
    for (std::string line; std::getline(info, line);) {
      int target = 0;
      unsigned bits = 0;
      if (std::sscanf(line.c_str(), "tfd: %d events: %x", &target, &bits) != 2) continue;
      if (target == fd && ReadySet(bits).contains(events)) ++count;
    }
  }
  return count;
}

inline std::uint64_t turns() {
  return Handle::current().reactor()->turns();
}

inline Options virtual_clock() {
  Options options;
  options.virtual_clock = true;
  return options;
}

/// Those of `executors` that have worker threads.
inline std::vector<Options> pools() {
  std::vector<Options> result;
  for (const Options& options : executors()) {
    if (options.workers > 0) result.push_back(options);
  }
  return result;
}

/// A function that reads what there is, for `PollEvented::io`. An empty text is end of file.
inline Tried<std::string> try_read_text(int fd) {
  std::string buffer(4096, '\0');
  const auto size = common::try_read(fd, buffer);
  if (!size) return {};
  buffer.resize(*size);
  return {buffer, !buffer.empty() && buffer.size() < 4096};
}

/// Polls `future` when asked to: by a task that is one poll long.
template <class Poll>
auto in_runtime(Poll poll, const Options& options = {}) {
  return block_on(poll_fn(poll), options);
}

}  // namespace runtime
