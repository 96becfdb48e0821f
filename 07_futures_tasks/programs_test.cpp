// Do the programs that only chapter 07 has show what they claim? Polls are counted, not timed.

#include <doctest/doctest.h>
#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/fd.hpp"
#include "common/socket.hpp"
#include "lab/conformance/conformance.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/ring.hpp"
#include "lab/support/server.hpp"
#include "lab/support/temporary_directory.hpp"
#include "lab/support/text.hpp"

namespace lab {
namespace {

/// A multisocket program on ten free ports, and a peer for each of them.
struct TenPorts {
  explicit TenPorts(const std::string& name, const std::vector<std::string>& flags = {})
      : server(chapter.program(name), flags) {
    for (int i = 0; i < 10; ++i) {
      peers.emplace_back(static_cast<std::uint16_t>(server.port() + i));
    }
  }

  /// Sends a datagram of so many bytes to one of the ports, and waits until the program has said
  /// so. Before that it waits until the program sleeps: so nobody is just about to look for more.
  void send(std::size_t port, std::size_t size) {
    wait_until([&] { return all_threads_sleep(server.pid()); }, "the program sleeps");
    peers[port].send(std::string(size, 'x'));
    server.program().wait_for_output("port " + std::to_string(server.port() + port) + ": " +
                                     std::to_string(size) + " bytes from " +
                                     to_string(peers[port].address()));
  }

  Server server;
  std::vector<UdpPeer> peers;
};

/// The number behind `name=` in the last line of a multisocket program.
std::uint64_t counted(const Result& result, const std::string& name) {
  CHECK_MESSAGE(result.status == 0, result.err);
  const std::size_t at = result.err.find(name + "=");
  REQUIRE_MESSAGE(at != std::string::npos, result.err);
  return std::stoull(result.err.substr(at + name.size() + 1));
}

/// How many polls of its children a program needs for a datagram: a thousand come to one of its
/// ports, each when the one before has been seen. Fewer, where a poll that had to wait for a core
/// finds the next one too.
double polls_per_datagram(const std::string& name) {
  constexpr std::size_t kDatagrams = 1000;
  TenPorts ten(name, {"--connections", std::to_string(kDatagrams)});
  for (std::size_t i = 1; i <= kDatagrams; ++i) ten.send(3, i);
  const Result result = ten.server.program().wait();
  CHECK(counted(result, "datagrams") == kDatagrams);
  return static_cast<double>(counted(result, "polls")) / kDatagrams;
}

TEST_CASE("joined, a datagram polls all ten sockets, and spawned, or unordered, it polls one") {
  const double joined = polls_per_datagram("multisocket_join");
  CHECK(joined > 5);
  CHECK(joined < 10.5);
  for (const std::string name : {"multisocket_spawn", "multisocket_unordered"}) {
    const double polls = polls_per_datagram(name);
    CHECK(polls > 0.5);
    CHECK(polls <= 1.01);  // and once each to begin with
  }
}

TEST_CASE("a multisocket program hears all its ports, and stops at SIGTERM with its counts") {
  for (const char* name : {"multisocket_join", "multisocket_spawn", "multisocket_unordered"}) {
    CAPTURE(name);
    TenPorts ten(name);
    for (std::size_t port = 0; port < 10; ++port) ten.send(port, port);
    CHECK(idle_load(ten.server.pid()) < 0.05);
    const Result result = ten.server.stop();
    CHECK(counted(result, "datagrams") == 10);
  }
}

TEST_CASE("of ten ports, one that is taken is one clear line and exit status 1") {
  for (const char* name : {"multisocket_join", "multisocket_spawn", "multisocket_unordered"}) {
    const common::Fd taken = common::bind_udp("127.0.0.1", 0);
    const std::string port = std::to_string(common::local_address(taken.get()).port());
    const Result result = run({chapter.program(name), "--port", port});
    CHECK(result.status == 1);
    CHECK(result.err == "bind 127.0.0.1:" + port +
                            ": Address already in use (by an earlier server? ss -ltunp 'sport = :" +
                            port + "' tells)\n");
  }
  const Result result = run({chapter.program("multisocket_join"), "--port", "65530"});
  CHECK(result.status == 1);
  CHECK(result.err == "ten ports from 65530 on: too high\n");
}

TEST_CASE("connect says where it is connected, or why it is not") {
  const std::string connect = chapter.program("connect");
  {
    const common::Fd listener = common::listen_tcp("127.0.0.1", 0);
    const std::string port = std::to_string(common::local_address(listener.get()).port());
    const Result success = run({connect, "--port", port});
    CHECK(success.status == 0);
    CHECK(success.out.starts_with("success: connected from 127.0.0.1:"));
  }
  const DeadPort dead;
  const Result failure = run({connect, "--port", dead.port});
  CHECK(failure.status == 1);
  CHECK(failure.out == "failure: connect 127.0.0.1:" + dead.port + ": Connection refused\n");
  const Result nowhere = run({connect, "--host", "nowhere.invalid"});
  CHECK(nowhere.status == 1);
  CHECK(nowhere.out.starts_with("failure: resolve nowhere.invalid: "));
}

TEST_CASE("future_notify polls once to begin with, and once for each wake") {
  const Result result = run({chapter.program("future_notify"), "--delay", "1ms"});
  CHECK(result.status == 0);
  CHECK(result.out ==
        "poll 1: pending\nwake 1\npoll 2: pending\nwake 2\npoll 3: pending\nwake 3\n"
        "poll 4: ready\n");
}

TEST_CASE("squares adds up whatever mistake it makes, but for the one that makes it stand still") {
  const std::string squares = chapter.program("squares");
  for (const char* mistake : {"--spin", "--block"}) {
    CHECK(run({squares, mistake}).out == "385\n");
  }
  CHECK(run({squares}).out == "385\n");
  CHECK(run({squares, "--numbers", "1000"}).out == "333833500\n");
  CHECK(run({squares, "--ask-first", "--numbers", "9"}).out == "285\n");
  const TemporaryDirectory directory;
  const std::string trace = directory / "trace.json";
  Program stands({squares, "--ask-first", "--trace", trace});
  // In its first park it has waited in vain.
  wait_until([&] { return count(read_file(trace), R"("name":"park")") >= 2; }, "it stands still");
  stands.signal(SIGTERM);
  const Result result = stands.wait();
  CHECK(result.signal == SIGTERM);
  CHECK(result.out.empty());
}

TEST_CASE("a read that a select keeps loses nothing, and one that is made anew loses what it had") {
  const Result kept = run({chapter.program("select_progress")});
  CHECK(kept.status == 0);
  CHECK(kept.out == "still waiting\nstill waiting\n36 of 36 bytes\n");
  const Result anew = run({chapter.program("select_progress"), "--read-anew"});
  CHECK(anew.status == 0);
  CHECK(anew.out == "still waiting\nstill waiting\n6 of 36 bytes\n");
}

TEST_CASE("pitfalls is right four times, and of its mistakes the sanitizer finds three") {
  const std::string pitfalls = chapter.program("pitfalls");
  if (!std::filesystem::exists(pitfalls)) {
    MESSAGE("skipped: no address sanitizer here, or another one");
    return;
  }
  const std::string lambda = "lambda: Ada Lovelace\n";
  const std::string reference = "reference: Ada Lovelace\n";
  const std::string temporary = "temporary: Ada Lovelace\n";
  const Result right = run({pitfalls});
  CHECK_MESSAGE(right.status == 0, right.err);
  CHECK(right.out == lambda + reference + temporary + "catch: aborted\n");
  const auto finds = [&](const std::string& flag, const std::string& what) {
    const Result wrong = run({pitfalls, flag});
    CHECK(wrong.status != 0);
    CHECK_MESSAGE(wrong.err.find("AddressSanitizer: " + what) != std::string::npos, wrong.err);
  };
  finds("--lambda", "stack-use-after-return");
  finds("--reference", "stack-use-after-return");
  finds("--temporary", "heap-use-after-free");
  const Result swallows = run({pitfalls, "--catch"});
  CHECK_MESSAGE(swallows.status == 0, swallows.err);
  CHECK(swallows.out == lambda + reference + temporary +
                            "catch: the task was aborted: once more\n"
                            "catch: the work is done, although it was aborted\n");
}

// The programs on rings. They are there only if liburing was.

bool has_uring(const std::string& program = "echo_server_uring") {
  return has_ring(chapter.program(program));
}

TEST_CASE(
    "a read that is given up writes to where its future was, unless its buffer is not there") {
  if (!has_uring("orphan")) return;
  const std::string orphan = chapter.program("orphan");
  CHECK(run({orphan, "--buffer-in-future"}).out ==
        "the read: 6 bytes have come\n"
        "the note: KERNEL writes here but me\n"
        "the next read: nothing\n");
  CHECK(run({orphan}).out ==
        "the read: Operation canceled\n"
        "the note: nobody writes here but me\n"
        "the next read: KERNEL\n");
  CHECK(run({orphan, "--too-late"}).out ==
        "the read: 6 bytes have come\n"
        "the note: nobody writes here but me\n"
        "the next read: nothing\n");
}

TEST_CASE("one operation that does nothing completes") {
  if (!has_uring("one_no_op")) return;
  CHECK(run({chapter.program("one_no_op")}).out == "1 completion: operation 42 returned 0\n");
}

TEST_CASE("where rings are forbidden, each program that needs one says so in a line and ends") {
  if (kSanitized || !has_uring() || !has_strace()) return;  // no sanitizer runs under strace
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"echo_server_uring", "--port", "0"},
                                             {"orphan"},
                                             {"one_no_op"},
                                             {"server", "--port", "0", "--driver", "io_uring"},
                                             {"client", "--driver", "io_uring"},
                                             {"udp_echo", "--port", "0", "--driver", "io_uring"}}) {
    std::vector<std::string> words = {"strace",    "-f", "-o",
                                      "/dev/null", "-e", "inject=io_uring_setup:error=EPERM"};
    words.push_back(chapter.program(command.front()));
    words.insert(words.end(), command.begin() + 1, command.end());
    const Result result = run(words);
    INFO(command.front() << ": " << result.err);
    CHECK(result.status == 1);
    CHECK(result.out.empty());
    const std::string line = result.err.substr(result.err.rfind('\n', result.err.size() - 2) + 1);
    CHECK(line.starts_with("io_uring_setup (needs permission and Linux 6.0; without: "));
    CHECK(line.ends_with("): Operation not permitted\n"));
  }
}

TEST_CASE("where too little memory may be locked for a ring, that is the line") {
  if (kSanitized || !has_uring() || !has_strace()) return;
  const Result result =
      run({"strace", "-f", "-o", "/dev/null", "-e", "inject=io_uring_setup:error=ENOMEM",
           chapter.program("server"), "--port", "0", "--driver", "io_uring"});
  CHECK(result.status == 1);
  CHECK(
      result.err.ends_with("io_uring_setup (needs locked memory: ulimit -l; without: --driver "
                           "epoll): Cannot allocate memory\n"));
}

TEST_CASE("a driver that is none is a wrong flag") {
  CHECK(run({chapter.program("server"), "--driver", "kqueue"}).status == 2);
}

#if !defined(WITH_ADDRESS_SANITIZER) && !defined(WITH_THREAD_SANITIZER)
// The sanitizers reserve terabytes of addresses, so no limit of them can be low.
TEST_CASE("workers that cannot be had are one line that names the call, and exit status 1") {
  constexpr rlim_t kMiB = 1024 * 1024;
  const Result result = run({chapter.program("echo_server"), "--port", "0", "--workers", "1000"},
                            {.open_files = {}, .address_space = 128 * kMiB});
  CHECK(result.status == 1);
  CHECK(result.err == "thread: Resource temporarily unavailable\n");
}
#endif

}  // namespace
}  // namespace lab
