// What does every UDP echo program do, and what does it survive?

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "lab/conformance/conformance.hpp"
#include "lab/support/thread.hpp"

namespace lab {
namespace {

/// Runs `test` with the path of each UDP echo program. The first chapters have none.
template <class Test>
void with_each_program(Test test) {
  for (const std::string& program : chapter.programs("udp_echo")) {
    CAPTURE(program);
    test(program);
  }
}

/// Sends once more and gets it back: the server lives.
void check_echoes(const Server& server) {
  CHECK(UdpPeer(server.port()).exchange("hello\n") == "hello\n");
}

/// Stops it, and it ends well, having received and sent back so many.
void check_stops(Server& server, std::uint64_t datagrams) {
  const Result result = stop_well(server);
  CHECK(statistic(result, "received") == datagrams);
  CHECK(statistic(result, "served") == datagrams);
}

/// A datagram that tells from whom it is, and which of theirs. All differ, in size too.
std::string tagged(std::size_t sender, std::size_t number) {
  static const std::string noise = random_bytes(1400);
  const std::string tag = std::to_string(sender) + ":" + std::to_string(number) + ":";
  return tag + noise.substr((number * 7919 + sender * 31) % noise.size());
}

/// Makes a UDP socket hear `address` alone, and of what happens to the datagrams sent there.
void connect_to(const common::Fd& socket, const common::Address& address) {
  common::check(::connect(socket.get(), address.data(), address.size()), "connect");
}

/// Sends to `receiver`, without a pause and without reading, while it lives.
class Flood {
 public:
  explicit Flood(std::uint16_t port)
      : receiver_(common::resolve("127.0.0.1", port, common::Transport::udp)[0]) {
    thread_ = Thread([this](const Thread::Stop& stop) {
      while (!stop) common::try_send_to(socket_.get(), std::string_view("x"), receiver_);
    });
  }

 private:
  const common::Address receiver_;
  const common::Fd socket_ = common::bind_udp("127.0.0.1", 0);
  Thread thread_;
};

TEST_SUITE("udp_echo") {
  TEST_CASE("a datagram comes back, and so do an empty one and the largest") {
    with_each_program([](const std::string& program) {
      Server server(program);
      UdpPeer peer(server.port());
      CHECK(peer.exchange("hello\n") == "hello\n");
      CHECK(peer.exchange("").empty());
      const std::string largest = random_bytes(65'507);
      CHECK((peer.exchange(largest) == largest));  // in parentheses: nobody wants to see them
      CHECK(peer.exchange("hello\n") == "hello\n");
      check_stops(server, 4);
    });
  }

  TEST_CASE("its port is 2000 unless a flag says otherwise") {
    with_each_program([](const std::string& program) {
      const Result result = run({program, "--help"});
      CHECK(result.status == 0);
      CHECK_MESSAGE(count(about_flag(result.out, "--port"), "2000") == 1, result.out);
    });
  }

  TEST_CASE("--host takes IPv6 addresses") {
    if (!has_ipv6()) return;
    with_each_program([](const std::string& program) {
      Server server(program, {"--host", "::1"});
      CHECK(UdpPeer(server.port(), "::1").exchange("hello\n") == "hello\n");
      check_stops(server, 1);
    });
  }

  TEST_CASE("a hundred senders each get back their own and nothing else") {
    with_each_program([](const std::string& program) {
      Server server(program);
      std::vector<UdpPeer> peers;
      for (int i = 0; i < 100; ++i) peers.emplace_back(server.port());
      for (std::size_t i = 0; i < peers.size(); ++i) peers[i].send(std::to_string(i));
      for (std::size_t i = 0; i < peers.size(); ++i) CHECK(peers[i].receive() == std::to_string(i));
      for (UdpPeer& peer : peers) CHECK(peer.exchange("x") == "x");
      check_stops(server, 200);
    });
  }

  TEST_CASE("20,000 datagrams of many sizes, in bursts from eight senders, come back unaltered") {
    // The bursts of all together are less than the server's socket holds: so none may be missing.
    constexpr std::size_t kSenders = 8;
    constexpr std::size_t kBurst = 10;
    constexpr std::size_t kEach = 2'500;
    with_each_program([](const std::string& program) {
      Server server(program);
      std::vector<UdpPeer> peers;
      for (std::size_t i = 0; i < kSenders; ++i) peers.emplace_back(server.port());
      std::array<std::unordered_set<std::string>, kSenders> on_the_way;
      std::size_t wrong = 0;
      for (std::size_t first = 0; first < kEach; first += kBurst) {
        for (std::size_t i = 0; i < kSenders; ++i) {
          for (std::size_t number = first; number < first + kBurst; ++number) {
            peers[i].send(*on_the_way[i].insert(tagged(i, number)).first);
          }
        }
        for (std::size_t i = 0; i < kSenders; ++i) {
          for (std::size_t n = 0; n < kBurst; ++n)
            wrong += 1 - on_the_way[i].erase(peers[i].receive());
        }
      }
      CHECK(wrong == 0);
      check_stops(server, kSenders * kEach);
    });
  }

  TEST_CASE("what comes while the program is stopped by SIGSTOP comes back after SIGCONT") {
    with_each_program([](const std::string& program) {
      Server server(program);
      stop_for_now(server);
      UdpPeer peer(server.port());
      for (std::size_t i = 0; i < 50; ++i) peer.send(tagged(0, i));
      server.program().signal(SIGCONT);
      for (std::size_t i = 0; i < 50; ++i) CHECK(peer.receive() == tagged(0, i));
      check_stops(server, 50);
    });
  }

  TEST_CASE("a sender that is gone before its reply costs nobody else anything") {
    with_each_program([](const std::string& program) {
      Server server(program);
      stop_for_now(server);
      UdpPeer(server.port()).send("I am gone");
      UdpPeer other(server.port());
      other.send("hello\n");
      server.program().signal(SIGCONT);
      CHECK(other.receive() == "hello\n");
      CHECK(idle_load(server.pid()) < 0.05);
      check_echoes(server);
      check_stops(server, 3);
    });
  }

  TEST_CASE(
      "the kernel's word that a reply found nobody is passed over, and does not keep it busy") {
    with_each_program([](const std::string& program) {
      Server server(program);
      stop_for_now(server);
      // Linux tells a UDP socket such things only while it is connected, so here it is.
      const common::Fd socket = share_last_socket(server);
      {
        UdpPeer gone(server.port());
        gone.send("I am gone");
        connect_to(socket, gone.address());
      }
      server.program().signal(SIGCONT);
      CHECK(idle_load(server.pid()) < 0.05);
      UdpPeer other(server.port());
      connect_to(socket, other.address());
      CHECK(other.exchange("hello\n") == "hello\n");
      check_stops(server, 2);
    });
  }

  TEST_CASE("--connections 3 sends back three datagrams, no more, and ends") {
    with_each_program([](const std::string& program) {
      Server server(program, {"--connections", "3"});
      stop_for_now(server);
      UdpPeer peer(server.port());
      for (const char* bytes : {"1", "2", "3", "4", "5"}) peer.send(bytes);
      server.program().signal(SIGCONT);
      CHECK(statistic(end_well(server), "served") == 3);
      for (const char* bytes : {"1", "2", "3"}) CHECK(peer.receive() == bytes);
    });
  }

  TEST_CASE("a port in use is one clear line and exit status 1") {
    const common::Fd taken = common::bind_udp("127.0.0.1", 0);
    with_each_program([&](const std::string& program) { check_port_in_use(program, taken); });
  }

  TEST_CASE("SIGINT and SIGTERM end an idle program at once with exit status 0") {
    with_each_program([](const std::string& program) {
      for (const int signal : {SIGINT, SIGTERM}) {
        Server server(program);
        const Result result = stop_well(server, signal);
        CHECK(statistic(result, "received") == 0);
        CHECK(statistic(result, "peak") == 0);
      }
    });
  }

  TEST_CASE("SIGTERM ends it also while senders never pause") {
    with_each_program([](const std::string& program) {
      Server server(program);
      const Flood one(server.port());
      const Flood another(server.port());
      wait_until([&] { return cpu_time(server.pid()) > std::chrono::milliseconds(50); },
                 "the server is busy with the flood");
      stop_well(server);
    });
  }

  TEST_CASE("an idle program takes no CPU time, before and after a datagram") {
    with_each_program([](const std::string& program) {
      Server server(program);
      CHECK(idle_load(server.pid()) < 0.05);
      check_echoes(server);
      CHECK(idle_load(server.pid()) < 0.05);
    });
  }
}

}  // namespace
}  // namespace lab
