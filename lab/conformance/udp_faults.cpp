// What does a UDP echo program make of errors that the loopback device never has, and how often
// does it wake up? strace(1) makes system calls fail, and writes them down.

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/call_trace.hpp"

namespace lab {
namespace {

/// Runs `test` with a server of each UDP echo program, under strace, which gets `flags` and writes
/// to standard error.
template <class Test>
void with_each_traced_server(const std::vector<std::string>& flags, Test test) {
  if (chapter.other_threads || chapter.programs("udp_echo").empty() || !has_strace()) return;
  // With -D the server is our child, and strace its: signals reach the server.
  std::vector<std::string> strace = {"strace", "-D"};
  strace.insert(strace.end(), flags.begin(), flags.end());
  for (const std::string& program : chapter.programs("udp_echo")) {
    CAPTURE(program);
    Server server(program, {}, {}, strace);
    test(server);
  }
}

/// The same, and `call` fails with `error`, for the first time, or the times "1..2". See strace(1),
/// "Tampering".
template <class Test>
void with_each_faulty_server(const std::string& call, const std::string& error,
                             const std::string& times, Test test) {
  const std::string fault = "inject=" + call + ":error=" + error + ":when=" + times;
  with_each_traced_server({"-e", "trace=" + call, "-e", fault}, test);
}

TEST_SUITE("udp_echo") {
  TEST_CASE("while the kernel takes nothing, 64 datagrams queue, the rest waits, none is lost") {
    with_each_faulty_server("sendto", "EAGAIN", "1..200", [](Server& server) {
      stop_for_now(server);
      UdpPeer peer(server.port());
      std::set<std::string> sent;
      for (int i = 0; i < 100; ++i) peer.send(*sent.insert(std::to_string(i)).first);
      server.program().signal(SIGCONT);
      std::set<std::string> received;
      for (int i = 0; i < 100; ++i) received.insert(peer.receive());
      CHECK(received == sent);
      const Result result = stop_well(server);
      CHECK(statistic(result, "received") == 100);
      CHECK(statistic(result, "served") == 100);
      CHECK(statistic(result, "peak") == 64);
    });
  }

  TEST_CASE("an earlier datagram's error does not keep the next one from being sent") {
    with_each_faulty_server("sendto", "ECONNREFUSED", "1", [](Server& server) {
      UdpPeer peer(server.port());
      CHECK(peer.exchange("hello\n") == "hello\n");
      CHECK(statistic(stop_well(server), "served") == 1);
    });
  }

  TEST_CASE("an earlier datagram's error does not keep the next one from being received") {
    with_each_faulty_server("recvfrom", "ECONNREFUSED", "1", [](Server& server) {
      UdpPeer peer(server.port());
      CHECK(peer.exchange("hello\n") == "hello\n");
      CHECK(statistic(stop_well(server), "served") == 1);
    });
  }

  TEST_CASE("a reply that cannot be sent is lost with a line, and costs nobody else anything") {
    with_each_faulty_server("sendto", "EPERM", "1..2", [](Server& server) {
      UdpPeer unlucky(server.port());
      unlucky.send("hello\n");
      server.program().wait_for_error(to_string(unlucky.address()) +
                                      ": sendto: Operation not permitted");
      CHECK(idle_load(server.pid()) < 0.05);
      CHECK(UdpPeer(server.port()).exchange("hello\n") == "hello\n");
      CHECK(unlucky.exchange("again\n") == "again\n");
      const Result result = stop_well(server);
      CHECK(statistic(result, "received") == 3);
      CHECK(statistic(result, "served") == 2);
    });
  }

  TEST_CASE("SIGTERM ends it also where there is always one more datagram") {
    // A flood that the program cannot outrun, on any machine: both calls always succeed.
    with_each_traced_server(
        {"-o", "/dev/null", "-e", "trace=recvfrom,sendto", "-e", "inject=recvfrom,sendto:retval=0"},
        [](Server& server) {
          UdpPeer(server.port()).send("x");
          wait_until([&] { return cpu_time(server.pid()) > std::chrono::milliseconds(20); },
                     "the server is busy");
          CHECK(statistic(stop_well(server), "served") >= 1);
        });
  }

  TEST_CASE("a datagram wakes it once, its reply never, and nothing is registered anew for it") {
    with_each_traced_server({"-e", "trace=/select|poll|io_uring_enter"}, [](Server& server) {
      UdpPeer peer(server.port());
      for (int i = 0; i < 100; ++i) {
        CHECK(peer.exchange("x") == "x");
        wait_until([&] { return state(server.pid()) == 'S'; }, "the server sleeps");
      }
      const std::string calls = stop_well(server).err;
      // Those that ask if standard error has room for a line do not wait.
      const std::size_t waits = count(calls, "select") + count(calls, "poll(") +
                                count(calls, "wait(") + count(calls, "io_uring_enter(") -
                                count(calls, "poll([{fd=2,");
      CHECK(waits >= 100);
      CHECK(waits <= 102);  // SIGTERM interrupts the last, and it is made again
      // Whoever has an epoll registers with it, and only at the beginning.
      const std::size_t registrations = count(calls, "epoll_ctl(");
      CHECK((registrations > 0) == (count(calls, "epoll_create1(") > 0));
      CHECK(registrations <= 10);
    });
  }
}

}  // namespace
}  // namespace lab
