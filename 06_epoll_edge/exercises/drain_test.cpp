#include <doctest/doctest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../epoll.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "drain.hpp"
#include "lab/support/peer.hpp"

namespace {

/// One end of a socket pair, watched for edges, and the other end to send from.
class Watched {
 public:
  /// `type` is SOCK_STREAM, or SOCK_SEQPACKET, whose reads return one packet each.
  explicit Watched(int type) {
    int ends[2];
    common::check(::socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                  "socketpair");
    ours_ = common::Fd(ends[0]);
    theirs_ = common::Fd(ends[1]);
    Watch watch;
    epoll_.watch(watch, fd(), kAllEdges, 1);
    epoll_.wait(common::Clock::time_point::max());  // the first edge: it is writable
  }

  [[nodiscard]] int fd() const { return ours_.get(); }

  void send(std::string_view bytes) const {
    REQUIRE(common::try_write(theirs_.get(), bytes) == bytes.size());
  }
  void finish() const { common::check(::shutdown(theirs_.get(), SHUT_WR), "shutdown"); }

  /// What epoll says of the socket, without waiting; 0 if there was no new edge.
  std::uint32_t edge() {
    const auto events = epoll_.wait(common::Clock::time_point());
    return events.empty() ? 0 : events.front().events;
  }

  /// How many bytes nobody has read yet.
  [[nodiscard]] std::size_t unread() const {
    int size = 0;
    common::check(::ioctl(fd(), FIONREAD, &size), "ioctl");
    return static_cast<std::size_t>(size);
  }

 private:
  common::Fd ours_;
  common::Fd theirs_;
  Epoll epoll_;
};

const std::string much = lab::random_bytes(100'000);

}  // namespace

TEST_CASE("all that one edge told of is read, in turns, though no other edge comes") {
  Watched socket(SOCK_STREAM);
  Inbox inbox;
  socket.send(much);
  CHECK(inbox.drain(socket.fd(), socket.edge()));
  CHECK(socket.unread() == much.size() - Inbox::kTurn);
  CHECK(socket.edge() == 0);
  CHECK(!inbox.drain(socket.fd()));
  CHECK((inbox.bytes() == much));
  socket.send("more");
  CHECK(!inbox.drain(socket.fd(), socket.edge()));
  CHECK((inbox.bytes() == much + "more"));
  CHECK(!inbox.ended());
}

TEST_CASE("after reads that got all they asked for, a read that would block is not the end") {
  Watched socket(SOCK_STREAM);
  Inbox inbox;
  socket.send(std::string_view(much).substr(0, 2 * Inbox::kRead));
  CHECK(!inbox.drain(socket.fd(), socket.edge()));
  CHECK(socket.unread() == 0);
  CHECK(!inbox.ended());
}

TEST_CASE("a read that would block is believed, whatever epoll has said") {
  Watched socket(SOCK_STREAM);
  Inbox inbox;
  CHECK(!inbox.drain(socket.fd(), EPOLLIN | EPOLLRDHUP));
  CHECK(!inbox.ended());
}

TEST_CASE("an end of file that came with the bytes is not lost") {
  Watched socket(SOCK_STREAM);
  Inbox inbox;
  socket.send("the last words");
  socket.finish();
  CHECK(!inbox.drain(socket.fd(), socket.edge()));
  CHECK(inbox.bytes() == "the last words");
  CHECK(inbox.ended());
}

TEST_CASE("an end of file that came with more bytes than one turn takes is remembered") {
  Watched socket(SOCK_STREAM);
  Inbox inbox;
  socket.send(much);
  socket.finish();
  CHECK(inbox.drain(socket.fd(), socket.edge()));
  CHECK(!inbox.ended());
  CHECK(!inbox.drain(socket.fd()));
  CHECK((inbox.bytes() == much));
  CHECK(inbox.ended());
}

TEST_CASE("an end of file that comes alone, later, is an edge of its own") {
  Watched socket(SOCK_STREAM);
  Inbox inbox;
  socket.send("words");
  CHECK(!inbox.drain(socket.fd(), socket.edge()));
  CHECK(!inbox.ended());
  socket.finish();
  CHECK(!inbox.drain(socket.fd(), socket.edge()));
  CHECK(inbox.bytes() == "words");
  CHECK(inbox.ended());
}

TEST_CASE("after a read that got less than it asked for there is no other") {
  // Packets show it: the second read would get the second of them.
  Watched socket(SOCK_SEQPACKET);
  Inbox inbox;
  socket.send("first");
  socket.send("second");
  CHECK(!inbox.drain(socket.fd(), socket.edge()));
  CHECK(inbox.bytes() == "first");
  CHECK(socket.unread() == std::string_view("second").size());
}
