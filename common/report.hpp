// How does a program say what went wrong? One clear line on standard error.
#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace common {

class Address;

/// Prints `line` and a line feed to standard error, in one piece also with several threads.
///
/// Never waits. Standard error may be a pipe whose reader has fallen asleep, or a terminal that
/// Ctrl-S has stopped; a server that waited for them would serve nobody. What cannot be written now
/// is lost, and counted: the next line that can be written comes after "lines lost: 3".
void print_line(const std::string& line);

/// Writes `text` to standard error if that needs no waiting. True if all of it is written. Safe in
/// a signal handler.
bool write_error_now(std::string_view text) noexcept;

/// Prints "listening on 127.0.0.1:8000" to standard error, with the port that is really in use:
/// whoever started the server may connect now.
void announce(int listener);

/// What a line about a peer begins with: "connection 3", or "127.0.0.1:40000" where there are no
/// connections.
std::string name_of(std::uint64_t connection);
std::string name_of(const Address& peer);

/// Runs the work that is done for `whom`: the number of a connection, or a datagram's address. An
/// exception from it prints a line, such as "connection 3: read: Connection reset by peer", and
/// goes no further: it costs this connection, or this datagram, and no other. Returns what `work`
/// returns, or a value-initialised result after an error.
template <class Whom, class Work>
auto contain_errors(const Whom& whom, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& error) {
    print_line(name_of(whom) + ": " + error.what());
    return decltype(work())();
  }
}

/// The failures of several clients. Thread safety: any member may be called from any thread.
class Failures {
 public:
  /// Runs one client's work; an exception from it becomes a failure. Ten clients that fail for the
  /// same reason print one line.
  template <class Work>
  void collect(Work work) {
    try {
      work();
    } catch (const std::exception& error) {
      add(error.what());
    }
  }

  /// Adds one. The same line is printed once only.
  void add(const std::string& message);

  /// The exit status to return from main: 0 without failures, 1 with some.
  [[nodiscard]] int exit_status() const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> messages_;
};

}  // namespace common
