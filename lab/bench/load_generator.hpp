// How is an echo server kept busy, by many at once, and found out when it lies? By one thread that
// sends, waits for what comes back, compares every byte, and sends the next.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/poller/poller.hpp"
#include "histogram.hpp"

namespace bench {

/// What is asked of a server.
struct Load {
  common::Endpoint server = {};
  std::uint64_t active = 10;   ///< connections that send, and send again when an echo is there
  std::uint64_t idle = 0;      ///< connections that are open and say nothing
  std::uint64_t pipeline = 1;  ///< messages that each active connection has under way
  std::uint64_t size = 64;     ///< bytes of a message
  /// When for so long nothing at all comes back, the server is not believed to serve any more.
  common::Duration patience = std::chrono::seconds(10);
};

/// What came of it. A closed loop measures what the server can do, and is polite: it sends less to
/// a server that stalls, so a stall shows in few of the latencies, though in the longest.
struct Echoes {
  std::uint64_t count = 0;
  common::Duration wall{};  ///< from the first message to the last echo
  Histogram latency;        ///< of each message, in nanoseconds

  [[nodiscard]] double per_second() const {
    return static_cast<double>(count) / std::chrono::duration<double>(wall).count();
  }
};

/// One connection: what it has sent, and what it has got back of that. Both are the same endless
/// bytes, other ones on each connection, so that a byte lost, changed, or sent to somebody else is
/// noticed.
class Stream {
 public:
  Stream(common::Fd socket, std::uint64_t number, const Load& load);

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] int fd() const { return socket_.get(); }
  /// True while not all that was sent, or is to be sent, has come back.
  [[nodiscard]] bool waits() const { return received_ < goal_; }
  [[nodiscard]] bool has_unsent() const { return sent_ < goal_; }
  /// What the poller was told: that this waits for room to write, too.
  bool watches_writing = false;

  /// From now on `messages` more are to be sent.
  void begin(std::uint64_t messages, common::Clock::time_point now);
  /// Sends what the kernel takes now.
  void flush();
  /// Reads what has come, into `buffer`, and compares it. The latency of each message that is then
  /// complete goes to `latency`. Returns how many these are. Throws std::runtime_error when a byte
  /// is not the one that was sent, or the connection has ended.
  std::uint64_t receive(std::vector<char>& buffer, Histogram& latency);

 private:
  void compare(std::span<const char> bytes) const;

  common::Fd socket_;
  std::uint64_t number_;
  std::uint64_t message_size_;
  // Positions in the endless bytes: received_ <= sent_ <= goal_.
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t goal_ = 0;
  std::deque<common::Clock::time_point> begun_;  // when each message that is under way was
};

/// The connections to one server, idle and active. Everything throws std::system_error, or
/// std::runtime_error where the server does not do its part. Has the process ignore SIGPIPE.
class LoadGenerator {
 public:
  /// Opens all connections, the active ones first, and waits until each has got one message back:
  /// that a connection is open does not say that the server has accepted it.
  explicit LoadGenerator(const Load& load);

  /// Keeps the active connections busy for `time`, then waits for what is still under way.
  Echoes run(common::Duration time);

 private:
  void open(std::uint64_t connections);
  void begin(Stream& stream, std::uint64_t messages);
  void finish(Echoes& echoes, common::Clock::time_point until);
  void handle(const common::Event& event, Echoes& echoes, common::Clock::time_point until);
  void flush(Stream& stream);
  [[noreturn]] void give_up() const;

  const Load load_;
  common::Poller poller_;
  common::Events events_{1024};
  std::vector<Stream> streams_;  // a stream's number, and its token, is its place here
  std::uint64_t waiting_ = 0;    // streams with something under way
  std::vector<char> buffer_;
};

}  // namespace bench
