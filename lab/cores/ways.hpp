// How do several threads share one port? In each of these ways a connection is answered with one
// byte, the number of the thread that took it, and closed.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace cores {

/// What a thread does with a connection; and how one of them can be kept busy meanwhile.
class Desk {
 public:
  /// Sends `thread` on `socket`. If somebody is to be kept busy, and nobody is yet, stays there.
  void answer(int socket, std::size_t thread);

  /// While this lives, whichever thread is the next to answer computes.
  class Busy {
   public:
    explicit Busy(Desk& desk);
    ~Busy();
    Busy(Busy&&) = delete;

   private:
    Desk& desk_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  bool wanted_ = false;  // the next one is to be kept
  bool busy_ = false;    // for as long as this holds
};

/// Threads that serve until this is destroyed.
class Servers {
 public:
  virtual ~Servers() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

/// One way to share.
struct Way {
  const char* name;
  std::function<std::unique_ptr<Servers>(std::size_t threads, Desk& desk)> start;
};

/// An epoll in each thread, and the same listener in each of them.
Way one_listener();
/// The same, but of those who sleep one is woken for a connection.
Way exclusive();
/// An epoll in each thread, and a listener of its own in each: the kernel deals the connections
/// out.
Way reuseport();
/// Chapter 07: one listener, one epoll, one queue of tasks, from which all threads take. At most
/// `places` connections are open at once.
Way pool(std::size_t places);

}  // namespace cores
