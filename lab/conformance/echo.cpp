// What does every TCP echo server do, and what does it survive?

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/clients.hpp"

namespace lab {
namespace {

/// By how much a server's memory may grow. One with completions has in its hands, when it stops,
/// what the kernel has put into all of its buffers meanwhile, in strings that double.
std::size_t room() {
  return (kSanitized ? 64 : chapter.has_completions() ? 4 : 1) * kMiB;
}

Server start(const std::vector<std::string>& flags = {}, const Limits& limits = {}) {
  return Server(chapter.program(chapter.echo_server), flags, limits);
}

/// Connects once more and gets its bytes back: the server lives.
void check_echoes(const Server& server) {
  Peer peer(server.port());
  CHECK(peer.exchange("hello\n") == "hello\n");
}

TEST_SUITE("echo_server") {
  TEST_CASE("16 MiB of random bytes, written and read at the same time, come back identical") {
    Server server = start();
    const std::string bytes = random_bytes(16 * kMiB);
    Peer peer(server.port());
    CHECK((peer.exchange(bytes) == bytes));  // in parentheses: nobody wants to see them
    peer.half_close();
    CHECK(peer.read_all().empty());
    stop_well(server);
  }

  TEST_CASE("a client that fills every buffer, half-closes and only then reads gets all of it") {
    Server server = start();
    // That makes it a slow reader: the server still holds bytes at the end of file.
    Peer peer(server.port(), kSmallBuffer);
    const std::string sent = peer.flood();
    peer.half_close();
    CHECK((peer.read_all() == sent));
    stop_well(server);
  }

  TEST_CASE("a client that half-closes gets its bytes and then end of file") {
    Server server = start();
    Peer peer(server.port());
    CHECK(exchange_half_closed(peer, "hello") == "hello");
    stop_well(server);
  }

  TEST_CASE("a client that sends nothing and half-closes gets end of file") {
    Server server = start();
    Peer peer(server.port());
    peer.half_close();
    CHECK(peer.read_all().empty());
    stop_well(server);
  }

  TEST_CASE("a client that writes and never reads is not read from: memory stays where it was") {
    Server server = start();
    Peer peer(server.port());
    CHECK(peer.exchange("hello\n") == "hello\n");
    const std::size_t before = resident_bytes(server.pid());
    const std::string sent = peer.flood();
    CHECK(sent.size() > 16 * 1024);
    const std::size_t after = resident_bytes(server.pid());
    CHECK(after < before + room());
    if (!chapter.busy) CHECK(idle_load(server.pid()) < 0.05);
    peer.half_close();  // which a loop may be told of, but must not be told of again and again
    if (!chapter.busy) CHECK(idle_load(server.pid()) < 0.05);
    peer.reset();
    check_echoes(server);
    stop_well(server);
  }

  TEST_CASE("a client that stays silent, or does not read, holds nobody up, except in 01") {
    Server server = start();
    Peer silent(server.port());
    CHECK(silent.exchange("hello\n") == "hello\n");
    silent.flood();
    Peer other(server.port());
    other.send("me too\n");
    if (chapter.one_at_a_time) {
      CHECK(other.hears_nothing());
      silent.reset();
    }
    CHECK(other.read_line() == "me too");
    other.close();
    stop_well(server);
  }

  TEST_CASE("a client that resets in the middle of an echo costs only its own connection") {
    Server server = start();
    deaf_client(server.port()).reset();
    check_echoes(server);
    stop_well(server);
  }

  TEST_CASE("a client that vanishes without a word is let go, and one that is only silent is not") {
    Server server = start({"--peer-timeout", "1s"});
    std::optional<Peer> silent;
    if (!chapter.one_at_a_time) silent.emplace(server.port()).send("x");
    if (silent) CHECK(silent->read(1) == "x");
    const std::size_t before = open_files(server.pid());
    for (const std::string last_word : {"", "hello?\n"}) {  // one has an echo on its way
      Peer peer(server.port());
      CHECK(peer.exchange("hello\n") == "hello\n");
      peer.vanish();
      peer.send(last_word);
      wait_until_closed(server, before);
    }
    if (silent) CHECK(silent->exchange("still here\n") == "still here\n");
    const Result result = server.stop();
    CHECK(count(result.err, "Connection timed out") == 2);
    CHECK(statistic(result, "served") == (silent ? 3 : 2));
  }

  TEST_CASE("a client that has left before its echo is written costs only its own connection") {
    Server server = start();
    stop_for_now(server);
    {
      Peer peer(server.port());
      peer.send(random_bytes(48 * 1024));  // several buffers of the server, one of the kernel
    }
    server.program().signal(SIGCONT);
    check_echoes(server);
    stop_well(server);
  }

  TEST_CASE("a server with silent clients makes no system call in a second, except in 03") {
    Server server = start();
    Peer silent(server.port());
    CHECK(silent.exchange("hello\n") == "hello\n");
    const Peer new_one(server.port());
    check_sleeps(server.pid());
  }

  TEST_CASE("a client that sends byte by byte gets byte after byte") {
    Server server = start();
    Peer peer(server.port());
    CHECK(exchange_byte_by_byte(peer, "slowly\n") == "slowly\n");
    stop_well(server);
  }

  TEST_CASE("a byte that is sent as urgent is a byte like any other, and stalls nothing") {
    Server server = start();
    Peer peer(server.port());
    CHECK(peer.exchange("hello\n") == "hello\n");
    stop_for_now(server);  // so that all of it is there when the server reads
    peer.send("before");
    peer.send_urgent('!');
    peer.send("after\n");
    server.program().signal(SIGCONT);
    CHECK(peer.read_line() == "before!after");
    peer.send_urgent('?');
    CHECK(peer.read(1) == "?");
    CHECK(peer.exchange("hello\n") == "hello\n");
    if (!chapter.busy) CHECK(sleeps_through_a_second(server.pid()));
    stop_well(server);
  }

  TEST_CASE("with 16 descriptors allowed, 100 clients at once all get their bytes back") {
    Server server = start({}, {.open_files = 16, .address_space = {}});
    std::vector<Peer> peers;
    for (int i = 0; i < 100; ++i) peers.emplace_back(server.port());
    for (Peer& peer : peers) peer.send("hello\n");
    for (Peer& peer : peers) {
      CHECK(peer.read_line() == "hello");
      peer.close();
    }
    CHECK(statistic(stop_well(server), "served") == 100);
  }

  TEST_CASE("with no descriptor left it rests without spinning, and goes on when there is one") {
    // The limit that holds for an accept on a ring is that of the moment when it was begun.
    if (chapter.has_completions()) return;
    Server server = start();
    const std::size_t files = open_files(server.pid());
    set_file_limit(server.pid(), files);
    // A blocked accept has its descriptor already, so the first of these may yet be served.
    std::vector<Peer> peers;
    for (const char* bytes : {"1", "2"}) {
      peers.emplace_back(server.port()).send(bytes);
      peers.back().half_close();
    }
    server.program().wait_for_error("accept: Too many open files");
    if (!chapter.busy) CHECK(idle_load(server.pid()) < 0.05);
    set_file_limit(server.pid(), files + 10);
    CHECK(peers[0].read_all() == "1");
    CHECK(peers[1].read_all() == "2");
    stop_well(server);
  }

  TEST_CASE("a hundred clients that come at once all get their bytes back") {
    Server server = start();
    stop_for_now(server);
    std::vector<Peer> peers;
    for (int i = 0; i < 100; ++i) {
      peers.emplace_back(server.port()).send("hello\n");
      peers.back().half_close();
    }
    server.program().signal(SIGCONT);
    for (Peer& peer : peers) CHECK(peer.read_all() == "hello\n");
    stop_well(server);
  }

  TEST_CASE("SIGTERM drops connections that echo or are silent, at once, with exit status 0") {
    Server server = start();
    Peer flooding(server.port());
    CHECK(flooding.exchange("hello\n") == "hello\n");
    flooding.flood();
    const Peer silent(server.port());
    stop_well(server);
  }

  TEST_CASE("peak counts the most connections at once, also after they have left") {
    Server server = start();
    const std::size_t before = open_files(server.pid());
    {
      std::vector<Peer> peers;
      for (int i = 0; i < 5; ++i) {
        if (chapter.one_at_a_time) peers.clear();
        CHECK(peers.emplace_back(server.port()).exchange("x") == "x");
      }
    }
    wait_until_closed(server, before);
    check_echoes(server);
    const Result result = server.stop();
    CHECK(statistic(result, "served") == 6);
    CHECK(statistic(result, "peak") == (chapter.one_at_a_time ? 1 : 5));
  }

  TEST_CASE("--connections 1 ends the server when its client has left") {
    Server server = start({"--connections", "1"});
    Peer peer(server.port());
    // Twice: a server that has stopped accepting goes on with the one that it has.
    CHECK(peer.exchange("hello\n") == "hello\n");
    CHECK(peer.exchange("again\n") == "again\n");
    peer.close();
    end_well(server);
  }

  TEST_CASE("a thousand echoes in a row leave no descriptor open") {
    Server server = start();
    check_echoes(server);
    const std::size_t before = open_files(server.pid());
    for (int i = 0; i < 1000; ++i) {
      Peer peer(server.port());
      REQUIRE(exchange_half_closed(peer, "x") == "x");
    }
    wait_until_closed(server, before);
    stop_well(server);
  }
}

}  // namespace
}  // namespace lab
