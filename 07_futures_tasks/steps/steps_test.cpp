// Does each step teach what it says, and is it small? Polls and changed lines are counted; times
// and CPU time are not judged.

#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/fd.hpp"
#include "common/socket.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/readable.hpp"
#include "lab/support/ring.hpp"
#include "lab/support/server.hpp"
#include "lab/support/text.hpp"

namespace lab {
namespace {

using namespace std::chrono_literals;

Result run_step(const std::string& name, std::vector<std::string> flags = {"--delay", "50ms"},
                const Limits& limits = {}) {
  flags.insert(flags.begin(), std::string(STEPS_DIR) + "/" + name);
  return run(std::move(flags), limits);
}

Result run_io_step(const std::string& name, const Limits& limits = {},
                   const std::string& delay = "50ms") {
  return run_step(name, {"--port", "0", "--delay", delay}, limits);
}

/// The server of step 12 on a free port.
Program io_server(std::vector<std::string> flags, const Limits& limits = {}) {
  flags.insert(flags.begin(), {std::string(STEPS_DIR) + "/12_io_busy", "--port", "0"});
  return Program(std::move(flags), limits);
}

/// The number behind "polls=" in the last line.
std::uint64_t polls(const Result& result) {
  const auto at = result.err.rfind("polls=");
  REQUIRE_MESSAGE(at != std::string::npos, result.err);
  return std::stoull(result.err.substr(at + 6));
}

/// All starts come before any end: they wait at the same time.
bool at_once(const std::string& out) {
  return out.rfind("start ") < out.find("end ");
}

TEST_CASE("01: foo starts and ends, asked many times") {
  const Result result = run_step("01_foo");
  CHECK(result.status == 0);
  CHECK(result.out == "start 1\nend 1\n");
  CHECK(polls(result) > 2);
}

TEST_CASE("02: ten futures wait at once") {
  const Result result = run_step("02_join_all");
  CHECK(sorted_lines(result.out) == sorted_lines_of(10));
  CHECK(at_once(result.out));
  CHECK(polls(result) > 20);
}

TEST_CASE("03: a future inside a future waits as well as one alone") {
  const Result result = run_step("03_sleep");
  CHECK(result.status == 0);
  CHECK(sorted_lines(result.out) == sorted_lines_of(10));
  CHECK(at_once(result.out));
  CHECK(polls(result) > 20);
}

TEST_CASE("04: that nothing can wake it is noticed, said, and an error") {
  const Result result = run_step("04_sleep_forever");
  CHECK(result.status == 1);
  CHECK(count(result.out, "start ") == 10);
  CHECK(count(result.out, "end ") == 0);
  CHECK(polls(result) == 10);
  CHECK(result.err.find("nothing is left that could wake them\n") != std::string::npos);
}

TEST_CASE("05: woken at once it is right, and polled more often than with a wake time") {
  const Result result = run_step("05_sleep_busy");
  CHECK(result.status == 0);
  CHECK(sorted_lines(result.out) == sorted_lines_of(10));
  CHECK(polls(result) > polls(run_step("06_wake_times")));
}

TEST_CASE("06: ten first polls, and at most one for all that are left at each wake time") {
  const Result result = run_step("06_wake_times");
  CHECK(result.status == 0);
  CHECK(sorted_lines(result.out) == sorted_lines_of(10));
  CHECK(at_once(result.out));
  CHECK(polls(result) >= 20);
  CHECK(polls(result) <= 10 + 10 * 11 / 2);
}

TEST_CASE("07: spawned tasks are picked up, all of them, and all are polled at each wake") {
  const Result result = run_step("07_spawn");
  CHECK(result.status == 0);
  CHECK(sorted_lines(result.out) == sorted_lines_of(10));
  CHECK(at_once(result.out));
  CHECK(polls(result) >= 1 + 20);
  CHECK(polls(result) <= 1 + 10 + 10 * 11 / 2);
}

TEST_CASE("08: the results come back, and everybody is polled at each wake") {
  const Result result = run_step("08_join_handle");
  CHECK(result.status == 0);
  CHECK(sorted_lines(result.out) == sorted_lines_of(10) + "sum 55\n");
  CHECK(polls(result) >= 2 + 20);
  // Each of the ten wakes twice: when its time has come, and when it ends. At most all are polled.
  CHECK(polls(result) <= (1 + 10) + 2 * (11 * 12 / 2));
}

TEST_CASE("09: a task is polled twice, once to start and once when its time has come") {
  const Result result = run_step("09_waker");
  CHECK(result.status == 0);
  CHECK(sorted_lines(result.out) == sorted_lines_of(10) + "sum 55\n");
  // Ten tasks, twice; the first task once, and at most once for each that ends.
  CHECK(polls(result) >= 20 + 2);
  CHECK(polls(result) <= 20 + 1 + 10);
}

TEST_CASE("10: the coroutine does what the handwritten future did, in as many polls") {
  const Result result = run_step("10_async");
  CHECK(result.status == 0);
  CHECK(sorted_lines(result.out) == sorted_lines_of(10) + "sum 55\n");
  CHECK(polls(result) >= 20 + 2);
  CHECK(polls(result) <= 20 + 1 + 10);
}

TEST_CASE("11: who has too little time is destroyed where it waits, and leaves no wake time") {
  // When both times have passed before anybody looks, nobody had too little.
  CHECK(with_some_delay(50ms, [](const std::string& delay) {
    const Result result = run_step("11_timeout", {"--delay", delay});
    CHECK(result.status == 0);
    CHECK(count(result.out, "start ") == 10);
    CHECK(count(result.out, "cancelled ") + count(result.out, "end ") == 10);
    bool odd_ones = true;
    for (const char* number : {"1", "3", "5", "7", "9"}) {
      odd_ones = odd_ones && count(result.out, std::string("cancelled ") + number + "\n") == 1;
    }
    return odd_ones && result.out.ends_with("sum 30, wake times left 0\n");
  }));
}

TEST_CASE("12: who has too little time is cut off, and the next one is not") {
  CHECK(with_some_delay(50ms, [](const std::string& delay) {
    Program server = io_server({"--delay", delay, "--connections", "2"});
    const std::uint16_t port = server.port();
    const std::string first = Peer(port).read_all();
    CHECK(Peer(port).read_all() == "start 2\nend 2\n");
    const Result result = server.wait();
    CHECK(result.status == 0);
    if (first != "start 1\n") return false;
    CHECK(result.out == "sum 2, wake times left 0\n");
    CHECK(polls(result) > 1 + 2 * 2);
    return true;
  }));
}

TEST_CASE("12: a peer that resets its connection costs the others nothing") {
  // An odd one would be cut off before it writes to nobody.
  Program server = io_server({"--delay", "500ms", "--connections", "4"});
  const std::uint16_t port = server.port();
  Peer first(port);
  Peer second(port);
  second.reset();
  Peer third(port);
  Peer fourth(port);
  CHECK(fourth.read_all() == "start 4\nend 4\n");
  const Result result = server.wait();
  CHECK(result.status == 0);
  CHECK(count(result.err, "connection 2: write: ") == 1);
}

TEST_CASE("12: out of descriptors while others wait, it says so and ends") {
  Limits limits;
  limits.open_files = 16;
  Program server = io_server({"--delay", "30s"}, limits);
  const std::uint16_t port = server.port();
  std::list<Peer> peers;
  try {
    for (int i = 0; i < 16; ++i) peers.emplace_back(port);
  } catch (const std::system_error&) {  // the last ones find that it has ended
  }
  const Result result = server.wait();
  CHECK(result.status == 1);
  CHECK(result.err.find("accept: Too many open files\n") != std::string::npos);
}

/// The first ends after the delay: ten are there at once if the last has come by then.
Result serve_ten_at_once(const std::string& name) {
  Result result;
  CHECK(with_some_delay(50ms, [&](const std::string& delay) {
    result = run_io_step(name, {}, delay);
    CHECK_MESSAGE(result.status == 0, result.err);
    CHECK(sorted_lines(result.out) == sorted_lines_of(10));
    return at_once(result.out);
  }));
  return result;
}

TEST_CASE("13, 14 and 15 serve ten clients at once in one thread, with fewer and fewer polls") {
  const Result busy = serve_ten_at_once("13_connect");
  const Result poll = serve_ten_at_once("14_io_poll");
  const Result epoll = serve_ten_at_once("15_io_epoll");
  CHECK(polls(poll) < polls(busy));
  CHECK(polls(epoll) < polls(poll));
  // A client is polled to start, when connected, and for two lines and the end; a response to start
  // and to end; the server for its connections; the first task for its clients.
  CHECK(polls(epoll) <= 10 * (5 + 2) + 11 + 11);
}

constexpr const char* kRingStep = STEPS_DIR "/16_io_uring";

TEST_CASE("16 serves ten clients at once in one thread, and nobody asks the kernel in vain") {
  if (!has_ring(kRingStep)) return;
  const Result result = serve_ten_at_once("16_io_uring");
  // A client is polled to start, when connected, for two lines and the end; a response to start,
  // for each of its three steps; the server for each connection; the first task for its clients.
  CHECK(polls(result) <= 10 * (5 + 4) + 11 + 11);
}

/// It has said what has failed, in one line, and ended by itself.
void check_ended_by(const Result& result, const std::string& error) {
  INFO(result.err);
  CHECK(result.status == 1);
  const bool listened = result.err.starts_with("listening on ");
  CHECK(count(result.err, "\n") == (listened ? 2 : 1));
  CHECK(result.err.ends_with(error + "\n"));
}

TEST_CASE("13, 14 and 15 out of descriptors say so and end, whoever it is that gets none") {
  for (const std::string name : {"13_connect", "14_io_poll", "15_io_epoll"}) {
    Limits limits;
    // Three streams, and what epoll and the listener need; with some more, the clients come.
    for (limits.open_files = 4; *limits.open_files < 24; ++*limits.open_files) {
      INFO(name << " with " << *limits.open_files << " descriptors");
      check_ended_by(run_io_step(name, limits), ": Too many open files");
    }
  }
}

TEST_CASE("16 out of descriptors says so and ends, and waits for what the kernel has of it") {
  if (!has_ring(kRingStep)) return;
  Limits limits;
  for (limits.open_files = 4; *limits.open_files < 24; ++*limits.open_files) {
    INFO(*limits.open_files << " descriptors");
    check_ended_by(run_io_step("16_io_uring", limits), ": Too many open files");
  }
}

// Under strace a program with a sanitizer does not run.
TEST_CASE("16 ends when a call fails, whichever and whenever, and says which" *
          doctest::skip(SANITIZED)) {
  if (!has_ring(kRingStep) || !has_strace()) return;
  const auto run_with = [](const std::string& inject) {
    return run({"strace", "-f", "-o", "/dev/null", "-e", "inject=" + inject, kRingStep, "--port",
                "0", "--delay", "10ms"});
  };
  for (const std::string when : {"1", "2", "5+"}) {
    check_ended_by(run_with("io_uring_enter:error=ENOMEM:when=" + when),
                   "io_uring_enter: Cannot allocate memory");
  }
  for (const auto& [error, says] : {std::pair{"EPERM", "Operation not permitted"},
                                    std::pair{"ENOSYS", "Function not implemented"},
                                    std::pair{"EINVAL", "Function not implemented"}}) {
    check_ended_by(run_with(std::string("io_uring_setup:error=") + error),
                   std::string("io_uring_setup (needs permission and Linux 6.0; without: "
                               "15_io_epoll): ") +
                       says);
  }
}

// Under strace a program with a sanitizer does not run.
TEST_CASE("16 makes half of the system calls that 15 makes" * doctest::skip(SANITIZED)) {
  if (!has_ring(kRingStep) || !has_strace()) return;
  const auto calls = [](const std::string& name) {
    const Result result =
        run({"strace", "-f", "-e", "trace=/epoll,/io_uring,%network,read,write",
             std::string(STEPS_DIR) + "/" + name, "--port", "0", "--delay", "1s"});
    const std::size_t ready = result.err.find("listening on ");
    REQUIRE(ready != std::string::npos);
    const std::string all = result.err.substr(ready);
    return count(all, " = ") - count(all, "write(1, ");
  };
  CHECK(2 * calls("16_io_uring") < calls("15_io_epoll"));
}

// Under strace a program with a sanitizer does not run.
TEST_CASE("13, 14 and 15 end when a call fails, whichever and whenever, and say which" *
          doctest::skip(SANITIZED)) {
  if (!has_strace()) return;
  const auto check_call = [](const std::string& name, const std::string& call,
                             const std::string& says,
                             const std::vector<std::string>& times = {"1", "2", "5+"}) {
    for (const std::string& when : times) {
      INFO(name << ", " << call << " number " << when);
      const std::string inject = "inject=" + call + ":error=ENOMEM:when=" + when;
      const Result result = run({"strace", "-o", "/dev/null", "-e", "trace=" + call, "-e", inject,
                                 std::string(STEPS_DIR) + "/" + name, "--port", "0"});
      check_ended_by(result, says + ": Cannot allocate memory");
    }
  };
  check_call("13_connect", "accept4", "accept");
  // The first poll looks whether "listening on" can be written.
  check_call("14_io_poll", lab::kPollCall, "poll", {"2", "3", "5+"});
  check_call("15_io_epoll", "epoll_ctl", "epoll_ctl ADD");
  check_call("15_io_epoll", lab::kEpollWaitCall, "epoll_wait");
}

TEST_CASE("a port that is taken is one clear line and exit status 1") {
  for (const char* name : {"12_io_busy", "13_connect", "14_io_poll", "15_io_epoll"}) {
    const common::Fd listener = common::listen_tcp("127.0.0.1", 0);
    const std::string port = std::to_string(common::local_address(listener.get()).port());
    const Result result = run_step(name, {"--port", port});
    CHECK(result.status == 1);
    CHECK(result.err.find("bind 127.0.0.1:" + port +
                          ": Address already in use (by an earlier server? ") != std::string::npos);
  }
}

/// How many lines `diff` takes away or adds between two files.
std::size_t changed_lines(const std::string& from, const std::string& to) {
  const Result result = run({"diff", from, to});
  REQUIRE(result.status == 1);
  std::istringstream lines(result.out);
  std::size_t changed = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("< ") || line.starts_with("> ") || line == "<" || line == ">") ++changed;
  return changed;
}

/// The programs of the climb, in order.
std::set<std::string> step_files() {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(STEPS_SOURCE_DIR)) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name.front())) != 0) files.insert(entry.path());
  }
  return files;
}

TEST_CASE("no step changes more than a hundred lines, but those to coroutines and to rings") {
  const std::set<std::string> files = step_files();
  REQUIRE(files.size() >= 15);
  std::string before;
  for (const std::string& file : files) {
    const bool is_large = file.ends_with("/10_async.cpp") || file.ends_with("/16_io_uring.cpp");
    if (!before.empty() && !is_large) {
      CHECK_MESSAGE(changed_lines(before, file) <= 100, before, " to ", file);
    }
    before = file;
  }
}

}  // namespace
}  // namespace lab
