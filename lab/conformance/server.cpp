// What does every start/end server do, and what does it survive?

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/socket.hpp"
#include "lab/conformance/conformance.hpp"
#include "lab/support/clients.hpp"

namespace lab {
namespace {

using namespace std::chrono_literals;

Server start(const std::vector<std::string>& flags = {"--delay", "1ms"},
             const Limits& limits = {}) {
  return Server(chapter.program("server"), flags, limits);
}

/// Connects once more and is served: the server lives.
void check_served(const Server& server, std::uint64_t number) {
  CHECK(Peer(server.port()).read_all() == start_and_end(number));
}

/// Makes the server's next write to its only client block, which reads nothing: while the server
/// stands still, fills every buffer on the way, until for a while not a byte more is taken. Returns
/// what is in them.
std::string fill_buffers(Server& server) {
  constexpr common::Duration kQuiet = std::chrono::milliseconds(200);
  stop_for_now(server);
  const common::Fd socket = share_last_socket(server);
  std::string bytes(64 * 1024, 'x');
  std::string sent;
  for (auto last = common::Clock::now(); common::Clock::now() < last + kQuiet;) {
    const ssize_t size =
        ::send(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size == -1 && errno != EAGAIN) common::throw_error(errno, "send");
    if (size == -1) {
      bytes = "x";  // where many find no room, few still may
    } else {
      sent += bytes.substr(0, static_cast<std::size_t>(size));
      last = common::Clock::now();
    }
  }
  server.program().signal(SIGCONT);
  return sent;
}

/// Stops it, and it ends well, having served so many.
void check_stops(Server& server, std::uint64_t served) {
  CHECK(statistic(stop_well(server), "served") == served);
}

/// Runs a client program against the server: it prints the lines of so many clients.
void check_serves(const Server& server, std::size_t clients, std::vector<std::string> command) {
  command.insert(command.end(), {"--port", std::to_string(server.port())});
  const Result result = run(command);
  CHECK_MESSAGE(result.status == 0, result.err);
  CHECK(sorted_lines(result.out) == sorted_lines_of(clients));
}

TEST_SUITE("server") {
  TEST_CASE("a client gets start and end, and then end of file, and N counts from 1") {
    Server server = start();
    for (std::uint64_t number = 1; number <= 3; ++number) check_served(server, number);
    check_stops(server, 3);
  }

  TEST_CASE("ten clients at once get their lines, and the statistics count them") {
    // The first one ends after the delay: ten are there at once if the last has come by then.
    CHECK(with_some_delay(20ms, [](const std::string& delay) {
      Server server = start({"--delay", delay});
      check_serves(server, 10, {chapter.program("client")});
      const Result result = server.stop();
      CHECK(statistic(result, "served") == 10);
      return statistic(result, "peak") == (chapter.one_at_a_time ? 1 : 10);
    }));
  }

  TEST_CASE("the end does not come before its time") {
    Server server = start({"--delay", "3600s"});
    Peer peer(server.port());
    CHECK(peer.read_line() == "start 1");
    CHECK(peer.hears_nothing());
  }

  TEST_CASE("nor is the time between start and end ever shorter than the delay") {
    constexpr common::Duration kDelay = std::chrono::milliseconds(50);
    Server server = start({"--delay", "50ms"});
    const auto before = common::Clock::now();
    check_served(server, 1);
    CHECK(common::Clock::now() - before >= kDelay);
  }

  TEST_CASE("a hundred clients that come at once are all served") {
    Server server = start();
    stop_for_now(server);
    std::vector<Peer> peers;
    for (int i = 0; i < 100; ++i) peers.emplace_back(server.port());
    server.program().signal(SIGCONT);
    std::string all;
    for (Peer& peer : peers) all += peer.read_all();
    CHECK(sorted_lines(all) == sorted_lines_of(100));
    check_stops(server, 100);
  }

  TEST_CASE("every chapter's client works with this chapter's server") {
    const std::filesystem::path all = std::filesystem::path(chapter.directory).parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(all)) {
      const std::filesystem::path client = entry.path() / "client";
      const std::string name = entry.path().filename();
      if (!std::isdigit(static_cast<unsigned char>(name.front()))) continue;
      if (!std::filesystem::exists(client)) continue;
      CAPTURE(name);
      Server server = start();
      check_serves(server, 3, {client, "--clients", "3"});
      check_stops(server, 3);
    }
  }

  TEST_CASE("--host takes IPv6 addresses and names, for server and client") {
    for (const std::string host : {"::1", "localhost"}) {
      CAPTURE(host);
      if (host == "::1" && !has_ipv6()) continue;
      Server server = start({"--host", host, "--delay", "1ms"});
      check_serves(server, 2, {chapter.program("client"), "--host", host, "--clients", "2"});
      check_stops(server, 2);
    }
  }

  TEST_CASE("--connections 3 ends the server when three have been served") {
    Server server = start({"--delay", "1ms", "--connections", "3"});
    for (std::uint64_t number = 1; number <= 3; ++number) check_served(server, number);
    CHECK(statistic(end_well(server), "served") == 3);
  }

  TEST_CASE("--connections 3 serves three also when five come at once") {
    Server server = start({"--delay", "1ms", "--connections", "3"});
    stop_for_now(server);
    std::vector<Peer> peers;
    for (int i = 0; i < 5; ++i) peers.emplace_back(server.port());
    server.program().signal(SIGCONT);
    std::string all;
    for (std::size_t i = 0; i < 3; ++i) all += peers[i].read_all();
    CHECK(sorted_lines(all) == sorted_lines_of(3));
    CHECK(statistic(end_well(server), "served") == 3);
  }

  TEST_CASE("a port in use is one clear line and exit status 1") {
    const common::Fd taken = common::listen_tcp("127.0.0.1", 0);
    check_port_in_use(chapter.program("server"), taken);
  }

  TEST_CASE("a client that resets while it waits costs only its own connection") {
    Server server = start();
    Peer peer(server.port());
    CHECK(peer.read_line() == "start 1");
    peer.reset();
    check_served(server, 2);
    check_stops(server, 2);
  }

  TEST_CASE("from 04 on, a client's reset is heard of while it waits") {
    if (!chapter.hears_resets) return;
    Server server = start({"--delay", "3600s"});
    Peer peer(server.port());
    CHECK(peer.read_line() == "start 1");
    peer.reset();
    server.program().wait_for_error("connection 1: hangup: Connection reset by peer");
    check_stops(server, 1);
  }

  TEST_CASE("a client that half-closes still gets its end") {
    Server server = start();
    Peer peer(server.port());
    peer.half_close();
    CHECK(peer.read_all() == "start 1\nend 1\n");
    check_stops(server, 1);
  }

  TEST_CASE("clients that are gone before the first write cost nobody anything") {
    Server server = start();
    come_and_go(server.port());
    // A connection that was reset in the queue may or may not be accepted, so N is not known.
    CHECK(Peer(server.port()).read_line().starts_with("start "));
    CHECK(server.stop().status == 0);
  }

  TEST_CASE("clients that send what nobody asked for, byte by byte or at once, get their answers") {
    Server server = start({"--delay", "300ms"});
    Peer slow(server.port());
    for (int i = 0; i < 10; ++i) slow.send("x");
    CHECK(slow.read_line() == "start 1");
    CHECK(slow.read_line() == "end 1");
    Peer flooding(server.port());
    flooding.send(random_bytes(32 * 1024));
    CHECK(flooding.read_line() == "start 2");
    CHECK(flooding.read_line() == "end 2");
    check_stops(server, 2);
  }

  TEST_CASE("from 07 on, a client that has sent something gets its end of file, and no reset") {
    if (!chapter.says_goodbye) return;
    Server server = start({"--delay", "50ms"});
    Peer peer(server.port());
    CHECK(peer.read_line() == "start 1");
    peer.send(random_bytes(32 * 1024));
    CHECK(peer.read_all() == "end 1\n");
    check_stops(server, 1);
  }

  TEST_CASE("nor does a server that says goodbye wait for ever, or read without end") {
    if (!chapter.says_goodbye) return;
    Server server = start();
    const std::size_t before = open_files(server.pid());
    Peer stays(server.port());
    CHECK(stays.read_all() == start_and_end(1));
    wait_until_closed(server, before);
    Peer talks(server.port());
    CHECK_THROWS_AS(talks.flood(), std::system_error);
    CHECK(statistic(stop_well(server), "served") == 2);
    CHECK(count(server.program().err(), "connection ") == 0);
  }

  TEST_CASE("a client that never reads holds nobody up") {
    Server server = start();
    const Peer silent(server.port(), kSmallBuffer);
    check_served(server, 2);
    check_stops(server, 2);
  }

  TEST_CASE(
      "an end that finds every buffer full comes when the client reads, and holds nobody up") {
    Server server = start({"--delay", "1s"});
    Peer slow(server.port(), kSmallBuffer);
    CHECK(slow.read_line() == "start 1");
    const std::string before = fill_buffers(server);
    if (!chapter.one_at_a_time) check_served(server, 2);
    check_sleeps(server.pid());
    CHECK((slow.read_all() == before + "end 1\n"));  // in parentheses: nobody wants to see it
    check_stops(server, chapter.one_at_a_time ? 1 : 2);
  }

  TEST_CASE("SIGTERM does not wait for a client whose end finds every buffer full") {
    if (chapter.one_at_a_time) return;  // it blocks; but only this test can fill the buffers
    Server server = start({"--delay", "1s"});
    Peer silent(server.port(), kSmallBuffer);
    CHECK(silent.read_line() == "start 1");
    fill_buffers(server);
    check_served(server, 2);
    check_stops(server, 2);
  }

  TEST_CASE("SIGSTOP and SIGCONT while clients wait change nothing") {
    Server server = start({"--delay", "50ms"});
    Peer peer(server.port());
    CHECK(peer.read_line() == "start 1");
    stop_for_now(server);
    server.program().signal(SIGCONT);
    CHECK(peer.read_line() == "end 1");
    check_stops(server, 1);
  }

  TEST_CASE("with 16 descriptors allowed, 100 clients at once are all served in the end") {
    Server server = start({"--delay", "1ms"}, {.open_files = 16, .address_space = {}});
    check_serves(server, 100, {chapter.program("client"), "--clients", "100"});
    check_stops(server, 100);
  }

  TEST_CASE("with no descriptor left it rests without spinning, and goes on when there is one") {
    Server server = start();
    const std::size_t files = open_files(server.pid());
    set_file_limit(server.pid(), files);
    // A blocked accept has its descriptor already, so the first of these may yet be served.
    Peer first(server.port());
    Peer second(server.port());
    server.program().wait_for_error("accept: Too many open files");
    if (!chapter.busy) CHECK(idle_load(server.pid()) < 0.05);
    set_file_limit(server.pid(), files + 10);
    CHECK(first.read_all() == "start 1\nend 1\n");
    CHECK(second.read_all() == "start 2\nend 2\n");
    // Once for a shortage, not once for a pause; and again for the next one.
    CHECK(count(server.program().err(), "accept: Too many open files") == 1);
    set_file_limit(server.pid(), files);
    const Peer third(server.port());
    const Peer fourth(server.port());
    wait_until([&] { return count(server.program().err(), "accept: Too many open files") == 2; },
               "the next shortage is told");
    set_file_limit(server.pid(), files + 10);
    check_served(server, 5);
    check_stops(server, 5);
  }

  TEST_CASE("SIGTERM while ten clients wait: those that were served get their end, exit status 0") {
    Server server = start({"--delay", "1s"});
    std::vector<Peer> peers;
    for (int i = 0; i < 10; ++i) peers.emplace_back(server.port());
    const std::size_t served = chapter.one_at_a_time ? 1 : peers.size();
    for (std::size_t i = 0; i < served; ++i) CHECK(peers[i].read_line().starts_with("start "));
    server.program().signal(SIGTERM);
    for (std::size_t i = 0; i < served; ++i) CHECK(peers[i].read_line().starts_with("end "));
    CHECK(statistic(end_well(server), "served") == served);
  }

  TEST_CASE("SIGINT and SIGTERM end an idle server at once with exit status 0") {
    for (const int signal : {SIGINT, SIGTERM}) {
      Server server = start();
      CHECK(statistic(stop_well(server, signal), "served") == 0);
    }
  }

  TEST_CASE("an idle server takes no CPU time, except in 03") {
    if (chapter.busy) return;
    Server server = start();
    CHECK(idle_load(server.pid()) < 0.05);
  }

  TEST_CASE("a server whose clients all wait makes no system call in a second, except in 03") {
    Server server = start({"--delay", "3600s"});
    Peer waits(server.port());
    CHECK(waits.read_line() == "start 1");
    Peer reset(server.port());
    if (!chapter.one_at_a_time) {
      CHECK(reset.read_line() == "start 2");
      reset.reset();  // which a loop that waits for it would be told again and again
    }
    waits.send("bytes that nobody reads");  // and so would one that waits to read
    waits.half_close();
    check_sleeps(server.pid());
  }

  TEST_CASE("nor does one that is to stop, waits for its clients, and is asked for by another") {
    Server server = start({"--delay", "3600s"});
    Peer waits(server.port());
    CHECK(waits.read_line() == "start 1");
    stop_for_now(server);
    const Peer too_late(server.port());
    server.program().signal(SIGTERM);
    server.program().signal(SIGCONT);
    check_sleeps(server.pid());
  }

  TEST_CASE("a thousand connections in a row leave no descriptor open") {
    Server server = start({"--delay", "0ms"});
    check_served(server, 1);
    const std::size_t before = open_files(server.pid());
    for (int i = 0; i < 1000; ++i) Peer(server.port()).read_all();
    wait_until_closed(server, before);
    check_stops(server, 1001);
  }
}

}  // namespace
}  // namespace lab
