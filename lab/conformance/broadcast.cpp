// What does every broadcast server do, and what does it survive? All clients hear the same,
// whatever the others do.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "common/fd.hpp"
#include "common/socket.hpp"
#include "lab/conformance/conformance.hpp"
#include "lab/support/clients.hpp"

namespace lab {
namespace {

constexpr std::size_t kLongestPiece = 16 * 1024;  // that a server reads at once
constexpr int kSmall = 16 * 1024;  // receive buffer: so it is soon noticed who does not read
const std::string kTooSlow = "dropped: more than 1 MiB behind";

// What one copy of all that the slowest has not got may take, and what an allocator adds to it: 3.1
// MiB with two workers on a busy machine. A copy for each would be ten and more.
constexpr std::size_t kOneCopy = (kSanitized ? 512 : 4) * kMiB;

/// A broadcast server that knows how many clients it has.
class Room {
 public:
  explicit Room(std::size_t clients = 0, const std::vector<std::string>& flags = {})
      : server(chapter.program("broadcast_server"), flags), empty_(open_files(server.pid())) {
    for (std::size_t i = 0; i < clients; ++i) join();
  }

  /// One more client, which hears all that is said from now on. The first is connection 1.
  /// REQUIRES: nobody leaves meanwhile.
  Peer& join(int receive_buffer = 0) {
    const std::size_t before = clients();
    Peer& peer = peers.emplace_back(server.port(), receive_buffer);
    wait_until([&] { return clients() > before && all_threads_sleep(server.pid()); },
               "the server has accepted it");
    return peer;
  }

  std::size_t clients() const { return open_files(server.pid()) - empty_; }
  std::size_t memory() const { return resident_bytes(server.pid()); }

  /// Has `count` clients left when those that were gone have been noticed, as `speaker` speaks.
  void talk_until_left(std::size_t count, Peer& speaker) {
    const auto left = [&] { return speaker.exchange("x") == "x" && clients() == count; };
    wait_until(left, "those who left are noticed");
  }

  Result check_stops(int signal = SIGTERM) { return stop_well(server, signal); }

  Server server;
  std::deque<Peer> peers;

 private:
  const std::size_t empty_;
};

/// Says `size` bytes in short pieces, and hears them: so no more than a piece is on the way.
std::string say(Peer& peer, std::size_t size) {
  std::string said;
  for (std::size_t left = size; left != 0;) {
    const std::string piece = random_bytes(std::min<std::size_t>(left, 4096));
    CHECK((peer.exchange(piece) == piece));
    said += piece;
    left -= piece.size();
  }
  return said;
}

/// A hundred clients: the first never reads, ten leave in the middle, the others speak and survive.
class Crowd {
 public:
  static constexpr std::size_t kMessages = 2'500;
  static constexpr std::size_t kLongest = 10'240'000 / kMessages;  // so 5 MB in all

  Crowd() {
    room_.join(kSmall);
    while (room_.clients() < 100) listeners_.push_back(&room_.join());
    for (std::size_t i = 0; i < kLeavers; ++i) leaves_.push_back(random_() % kMessages);
    memory_before_ = room_.memory();
  }

  Room& room() { return room_; }
  const std::string& heard() const { return heard_; }
  std::size_t memory_growth() const {
    return most_memory_ - std::min(most_memory_, memory_before_);
  }

  /// Fifty times, some speak and some leave, at once; then those that are left hear the same.
  void talk() {
    while (said_.size() < kMessages) {
      std::size_t size = 0;
      for (std::size_t i = 0; i < kMessages / 50; ++i) {
        while (std::erase(leaves_, said_.size()) != 0) leave();
        size += speak();
      }
      const std::string heard = listeners_.front()->read(size);
      for (Peer* peer : listeners_) {
        if (peer != listeners_.front()) REQUIRE((peer->read(size) == heard));
      }
      heard_ += heard;
      most_memory_ = std::max(most_memory_, room_.memory());
    }
  }

  /// All that was said was heard, once, each one's messages in their order.
  void check_complete() const {
    std::vector<std::size_t> next(kSurvivors);
    std::istringstream lines(heard_);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      const std::size_t number = std::stoul(line);
      REQUIRE((line + "\n" == said_.at(number).line));
      std::size_t& least = next[said_[number].speaker];
      REQUIRE(number >= least);
      least = number + 1;
    }
    CHECK(count == kMessages);
  }

 private:
  static constexpr std::size_t kLeavers = 10;
  static constexpr std::size_t kSurvivors = 89;

  struct Message {
    std::size_t speaker;
    std::string line;
  };

  /// Returns how many bytes that were.
  std::size_t speak() {
    const std::size_t speaker = random_() % kSurvivors;
    std::string line = std::to_string(said_.size()) + " ";
    line.append(random_() % (kLongest - 10), static_cast<char>('a' + said_.size() % 26));
    line += "\n";
    listeners_[speaker]->send(line);
    said_.push_back({speaker, line});
    return line.size();
  }

  void leave() {
    if (random_() % 2 == 0) {
      listeners_.back()->close();
    } else {
      listeners_.back()->reset();
    }
    listeners_.pop_back();
  }

  Room room_;
  std::mt19937 random_{1};
  std::vector<Peer*> listeners_;     // those that will leave come last
  std::vector<std::size_t> leaves_;  // before which message
  std::vector<Message> said_;
  std::string heard_;
  std::size_t memory_before_ = 0;
  std::size_t most_memory_ = 0;
};

TEST_SUITE("broadcast_server") {
  TEST_CASE("what one client says comes to all, itself included") {
    Room room(3);
    for (Peer& speaker : room.peers) {
      speaker.send("hello\n");
      for (Peer& peer : room.peers) CHECK(peer.read_line() == "hello");
    }
    for (Peer& peer : room.peers) CHECK(peer.hears_nothing());
    room.check_stops();
  }

  TEST_CASE("a newcomer hears only what is said after it joined") {
    Room room(1);
    CHECK(room.peers[0].exchange("before\n") == "before\n");
    CHECK(room.join().exchange("after\n") == "after\n");
    CHECK(room.peers[0].read_line() == "after");
    room.check_stops();
  }

  TEST_CASE("four speak at once: all hear the same, and what each said in its order") {
    constexpr std::size_t kEach = 128 * 1024;  // 512 KiB in all: nobody can be 1 MiB behind
    Room room(6);
    std::array<std::string, 4> said;
    std::vector<std::thread> threads;
    for (std::size_t speaker = 0; speaker < 4; ++speaker) {
      said[speaker] = random_bytes(kEach);
      // Whose byte it is, is in its two lowest bits.
      for (char& byte : said[speaker])
        byte = static_cast<char>((byte & ~3) | static_cast<int>(speaker));
      threads.emplace_back([&, speaker] {
        std::mt19937 random(static_cast<unsigned>(speaker));
        for (std::size_t at = 0, size = 0; at < kEach; at += size) {
          size = std::min<std::size_t>(1 + random() % 4096, kEach - at);
          room.peers[speaker].send(std::string_view(said[speaker]).substr(at, size));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const std::string heard = room.peers[0].read(4 * kEach);
    for (std::size_t i = 1; i < 6; ++i) CHECK((room.peers[i].read(4 * kEach) == heard));
    std::array<std::string, 4> heard_from;
    for (const char byte : heard) heard_from[static_cast<std::size_t>(byte & 3)] += byte;
    CHECK((heard_from == said));
    room.check_stops();
  }

  TEST_CASE("a hundred clients, 2,500 messages: one never reads, ten leave, the others hear all") {
    Crowd crowd;
    crowd.talk();
    crowd.check_complete();
    Room& room = crowd.room();
    // What it was sent before it was dropped is right, too.
    room.server.program().wait_for_error("connection 1: " + kTooSlow);
    CHECK(crowd.heard().starts_with(room.peers[0].read(kSmall)));
    CHECK(count(room.server.program().err(), kTooSlow) == 1);
    CHECK(crowd.memory_growth() < kOneCopy);
    room.talk_until_left(89, room.peers[1]);
    const Result result = room.check_stops();
    CHECK(statistic(result, "served") == 100);
    CHECK(statistic(result, "peak") == 100);
  }

  TEST_CASE("twenty clients half a MiB behind take the memory of one copy, and catch up") {
    constexpr int kRoom = 256 * 1024;  // a smaller receive buffer would be slow to empty
    Room room(1);
    Peer& speaker = room.peers[0];
    // How much it takes until one that does not read is dropped: what the kernel holds, and 1 MiB.
    Peer& dropped = room.join(kRoom);
    std::size_t too_much = 0;
    while (count(room.server.program().err(), kTooSlow) == 0) too_much += say(speaker, 4096).size();
    const std::size_t in_the_kernel = dropped.read_all().size();
    const std::size_t behind = too_much - in_the_kernel;
    CHECK(behind > kMiB);
    // Some more is said until the line has been seen; where each has a thread, any amount.
    if (!chapter.other_threads) CHECK(behind < kMiB + kMiB / 2);
    wait_until([&] { return room.clients() == 1; }, "it is gone, too: the line comes first");
    const std::size_t before = room.memory();
    std::vector<Peer*> slow;
    for (int i = 0; i < 20; ++i) slow.push_back(&room.join(kRoom));
    const std::string said = say(speaker, in_the_kernel + kMiB / 2);
    CHECK(room.memory() < before + kOneCopy);
    for (Peer* peer : slow) CHECK((peer->read(said.size()) == said));
    CHECK(count(room.server.program().err(), kTooSlow) == 1);
    CHECK(sleeps_through_a_second(room.server.pid()));
    room.check_stops();
  }

  TEST_CASE("one that speaks without end and never reads is dropped for its own words") {
    Room room;  // nobody else: who only listens would soon be as far behind
    Peer& peer = room.join(kSmall);
    // A flood ends where nobody takes more for a while, which a busy server may do, too.
    const auto flood_on = [&] {
      for (int i = 0; i < 100; ++i) peer.flood();
    };
    CHECK_THROWS_AS(flood_on(), std::system_error);
    room.server.program().wait_for_error("connection 1: " + kTooSlow);
    wait_until([&] { return room.clients() == 0; }, "it is gone, too: the line comes first");
    CHECK(room.join().exchange("hello\n") == "hello\n");
    room.check_stops();
  }

  TEST_CASE("clients that leave in the middle of a broadcast harm no other") {
    Room room(30);
    std::string said;
    stop_for_now(room.server);  // so that all of it is told to the server at once
    for (std::size_t i = 0; i < 30; ++i) {
      Peer& peer = room.peers[i];
      if (i % 3 == 0) {
        const std::string line = "from " + std::to_string(i) + "\n";
        peer.send(line);
        said += line;
      } else if (i % 3 == 1) {
        peer.reset();
      } else {
        peer.close();
      }
    }
    Peer newcomer(room.server.port());
    room.server.program().signal(SIGCONT);
    const std::string heard = room.peers[0].read(said.size());
    CHECK(sorted_lines(heard) == sorted_lines(said));
    for (std::size_t i = 3; i < 30; i += 3) CHECK(room.peers[i].read(said.size()) == heard);
    room.talk_until_left(11, room.peers[0]);
    room.check_stops();
  }

  TEST_CASE(
      "a client that has said its last hears the others, until it is gone, which is no news") {
    Room room(2);
    Peer& listener = room.peers[0];
    Peer& speaker = room.peers[1];
    listener.send("that was all\n");
    listener.half_close();
    CHECK(listener.read_line() == "that was all");
    CHECK(speaker.read_line() == "that was all");
    for (int i = 0; i < 3; ++i) {
      CHECK(speaker.exchange("hello\n") == "hello\n");
      CHECK(listener.read_line() == "hello");
    }
    CHECK(sleeps_through_a_second(room.server.pid()));
    listener.close();
    room.talk_until_left(1, speaker);
    const Result result = room.server.stop();
    CHECK(count(result.err, "connection ") == 0);
    CHECK(statistic(result, "served") == 2);
  }

  TEST_CASE("a client that has said its last, and vanishes without a word, is let go") {
    Room room(0, {"--peer-timeout", "1s"});
    Peer& listener = room.join();
    Peer& other = room.join();
    listener.half_close();
    listener.vanish();
    wait_until([&] { return room.clients() == 1; }, "it is let go");
    CHECK(other.exchange("hello\n") == "hello\n");
    CHECK(statistic(room.check_stops(), "served") == 2);
  }

  TEST_CASE("a client that resets costs one line, and the others nothing") {
    Room room(3);
    room.peers[0].reset();
    wait_until([&] { return room.clients() == 2; }, "it is gone");
    CHECK(room.peers[1].exchange("hello\n") == "hello\n");
    CHECK(room.peers[2].read_line() == "hello");
    const Result result = room.server.stop();
    CHECK(count(result.err, "connection 1: read: Connection reset by peer\n") == 1);
    CHECK(count(result.err, "connection ") == 1);
  }

  TEST_CASE("bytes are told, not lines: who leaves in the middle of one leaves half of it") {
    Room room(3);
    room.peers[0].send("half a mess");
    CHECK(room.peers[1].read(11) == "half a mess");
    room.peers[0].reset();
    wait_until([&] { return room.clients() == 2; }, "it is gone");
    room.peers[2].send("after\n");
    CHECK(room.peers[1].read_line() == "after");
    CHECK(room.peers[1].hears_nothing());
    room.check_stops();
  }

  TEST_CASE("a client that speaks byte by byte is heard byte by byte") {
    Room room(2);
    CHECK(exchange_byte_by_byte(room.peers[0], "slowly\n") == "slowly\n");
    CHECK(room.peers[1].read_line() == "slowly");
    room.check_stops();
  }

  TEST_CASE("one that speaks without end does not keep the others from being heard") {
    Room room(3);
    stop_for_now(room.server);
    const std::size_t sent = room.peers[0].flood(std::string(kMiB, 'f')).size();
    REQUIRE(sent > kMiB);
    const std::string quiet(kLongestPiece, 'q');
    room.peers[1].send(quiet);
    room.server.program().signal(SIGCONT);
    std::size_t before = 0;
    while (room.peers[2].read(kLongestPiece).find('q') == std::string::npos) {
      before += kLongestPiece;
    }
    // A turn is at most four reads, and both have something to say from the start. Where each has a
    // thread, it is the system that gives turns.
    if (!chapter.other_threads) CHECK(before <= 4 * kLongestPiece);
    room.check_stops();
  }

  TEST_CASE(
      "with no descriptor left it rests without spinning, and goes on when a client is gone") {
    Room room(2);
    set_file_limit(room.server.pid(), open_files(room.server.pid()));
    Peer waits(room.server.port());
    room.server.program().wait_for_error("accept: Too many open files");
    CHECK(idle_load(room.server.pid()) < 0.25);
    CHECK(room.peers[0].exchange("hello\n") == "hello\n");
    CHECK(room.peers[1].read_line() == "hello");
    room.peers[1].reset();
    CHECK(waits.exchange("at last\n") == "at last\n");
    CHECK(room.peers[0].read_line() == "at last");
    room.check_stops();
  }

  TEST_CASE("a server whose clients are silent makes no system call in a second") {
    Room room(10);
    room.peers[0].send("x");
    for (Peer& peer : room.peers) CHECK(peer.read(1) == "x");
    CHECK(sleeps_through_a_second(room.server.pid()));
  }

  TEST_CASE("SIGSTOP and SIGCONT lose nothing that is said") {
    Room room(2);
    stop_for_now(room.server);
    room.peers[0].send("hello\n");
    room.server.program().signal(SIGCONT);
    for (Peer& peer : room.peers) CHECK(peer.read_line() == "hello");
    stop_for_now(room.server);
    room.server.program().signal(SIGCONT);
    CHECK(sleeps_through_a_second(room.server.pid()));
    room.check_stops();
  }

  TEST_CASE("SIGINT and SIGTERM end it at once, with clients that speak, listen, and do not read") {
    for (const int signal : {SIGINT, SIGTERM}) {
      Room room(3);
      room.join(kSmall);
      CHECK(room.peers[0].exchange("hello\n") == "hello\n");
      room.peers[1].half_close();
      room.peers[2].send(random_bytes(kMiB - 100));  // nobody is dropped for that
      CHECK(statistic(room.check_stops(signal), "served") == 4);
    }
  }

  TEST_CASE("--connections 2 ends the server when both have left") {
    Server server(chapter.program("broadcast_server"), {"--connections", "2"});
    Peer first(server.port());
    CHECK(first.exchange("hello\n") == "hello\n");
    Peer second(server.port());
    CHECK(second.exchange("hello\n") == "hello\n");
    first.reset();
    second.reset();
    CHECK(statistic(server.program().wait(), "served") == 2);
  }

  TEST_CASE("a port in use is one clear line and exit status 1") {
    const common::Fd taken = common::listen_tcp("127.0.0.1", 0);
    check_port_in_use(chapter.program("broadcast_server"), taken);
  }

  TEST_CASE("a thousand connections in a row leave no descriptor open") {
    Room room(1);
    for (int i = 0; i < 1000; ++i) {
      Peer peer(room.server.port());
      REQUIRE(peer.exchange("x") == "x");
    }
    CHECK(room.peers[0].read(1000) == std::string(1000, 'x'));
    room.talk_until_left(1, room.peers[0]);
    CHECK(statistic(room.check_stops(), "served") == 1001);
  }
}

}  // namespace
}  // namespace lab
