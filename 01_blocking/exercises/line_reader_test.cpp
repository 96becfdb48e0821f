#include <doctest/doctest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "lab/support/thread.hpp"
#include "lab/support/watchdog.hpp"
#include "line_reader.hpp"

namespace {

using Strings = std::vector<std::string>;

/// A connection: bytes are sent at one end and lines are read at the other.
class Connection {
 public:
  Connection() {
    int ends[2];
    common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    reads_ = common::Fd(ends[0]);
    sends_ = common::Fd(ends[1]);
  }

  [[nodiscard]] int socket() const { return reads_.get(); }
  void send(std::string_view bytes) const { common::write_all(sends_.get(), bytes); }
  void end() { sends_.reset(); }

  /// Sends each of the pieces once the one before has been read, or at once after a stop, and ends.
  void send_in_pieces(const Strings& pieces, const lab::Thread::Stop& stop) {
    for (const std::string& piece : pieces) {
      send(piece);
      for (int unread = 1; unread != 0 && !stop; std::this_thread::yield()) {
        common::check(::ioctl(socket(), FIONREAD, &unread), "ioctl");
      }
    }
    end();
  }

  /// From now on a read that has to wait is an error after a tenth of a second.
  void expect_no_wait() const {
    const timeval soon{0, 100'000};
    common::check(::setsockopt(socket(), SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon),
                  "setsockopt");
  }

 private:
  common::Fd reads_;
  common::Fd sends_;
};

/// All lines up to the end of file; at most twenty.
Strings all_lines(LineReader& reader) {
  Strings lines;
  while (lines.size() < 20) {
    const auto line = reader.next();
    if (!line) break;
    lines.push_back(*line);
  }
  return lines;
}

}  // namespace

TEST_CASE("several lines that come at once are several lines, and nobody waits for more") {
  const lab::Watchdog watchdog;
  Connection connection;
  LineReader reader(connection.socket());
  connection.send("start 1\n\nend 1\n");
  connection.expect_no_wait();
  CHECK(reader.next() == "start 1");
  CHECK(reader.next() == "");
  CHECK(reader.next() == "end 1");
  connection.end();
  CHECK(reader.next() == std::nullopt);
}

TEST_CASE("one line that comes in pieces is one line") {
  const lab::Watchdog watchdog;
  Connection connection;
  LineReader reader(connection.socket());
  lab::Thread sender([&](const lab::Thread::Stop& stop) {
    connection.send_in_pieces({"sta", "rt", " 1\nen", "d 1", "\n", "\n"}, stop);
  });
  CHECK((all_lines(reader) == Strings{"start 1", "end 1", ""}));
}

TEST_CASE("a line is there when its last byte is, and not only when the next one begins") {
  const lab::Watchdog watchdog;
  Connection connection;
  LineReader reader(connection.socket());
  connection.expect_no_wait();
  connection.send("start 1\nen");
  CHECK(reader.next() == "start 1");
  connection.send("d 1\n");
  CHECK(reader.next() == "end 1");
}

TEST_CASE(
    "what comes before the end of file without a line feed is a line, too, and the last one") {
  const lab::Watchdog watchdog;
  Connection connection;
  LineReader reader(connection.socket());
  connection.send("start 1\nen");
  connection.end();
  CHECK((all_lines(reader) == Strings{"start 1", "en"}));
  CHECK(reader.next() == std::nullopt);
}

TEST_CASE(
    "a long line is a line, and one that is too long is an error before it fills the memory") {
  const lab::Watchdog watchdog;
  Connection connection;
  LineReader reader(connection.socket());
  connection.expect_no_wait();
  const std::string longest(LineReader::kLongest, 'x');
  connection.send(longest + "\n" + longest + "x");  // and no line feed, ever
  CHECK((reader.next() == longest));
  CHECK_THROWS_AS(reader.next(), std::length_error);
}
