// Do the command line, the printed lines and the failures come out as they should?

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "common/cli.hpp"
#include "common/lines.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/run_on_threads.hpp"
#include "common/socket.hpp"
#include "lab/support/door.hpp"
#include "lab/support/peer.hpp"
#include "support.hpp"

namespace common {
namespace {

TEST_SUITE("report") {
  TEST_CASE("--delay knows its units, and --host and --port say where") {
    const auto delay_of = [](const std::string& text) {
      Duration delay{};
      CHECK(parse({"--delay", text}, [&](CommandLine& cli) { cli.add_delay(delay); }) == 0);
      return delay;
    };
    CHECK(delay_of("2s") == std::chrono::seconds(2));
    CHECK(delay_of("250ms") == std::chrono::milliseconds(250));
    CHECK(delay_of("40us") == std::chrono::microseconds(40));
    CHECK(delay_of("1.5s") == std::chrono::milliseconds(1500));
    Endpoint endpoint;
    const auto bind = [&](CommandLine& cli) { cli.add_endpoint(endpoint); };
    CHECK(parse({}, bind) == 0);
    CHECK(endpoint.host == "127.0.0.1");
    CHECK(endpoint.port == 8000);
    CHECK(parse({"--host", "::1", "--port", "65535"}, bind) == 0);
    CHECK(endpoint.host == "::1");
    CHECK(endpoint.port == 65535);
  }

  TEST_CASE("prepare_server raises the soft limit of files to the hard one, and ignores SIGPIPE") {
    rlimit before{};
    check(::getrlimit(RLIMIT_NOFILE, &before), "getrlimit");
    lab::set_file_limit(::getpid(), before.rlim_max - 1);
    prepare_server();
    CHECK((::signal(SIGPIPE, SIG_DFL) == SIG_IGN));
    rlimit after{};
    check(::getrlimit(RLIMIT_NOFILE, &after), "getrlimit");
    CHECK(after.rlim_cur == before.rlim_max);
    CHECK(after.rlim_max == before.rlim_max);
    lab::set_file_limit(::getpid(), before.rlim_cur);
  }

  TEST_CASE("an error in one connection's work ends that work and nothing else") {
    CHECK(contain_errors(std::uint64_t{1}, [] { return true; }));
    CHECK(!contain_errors(std::uint64_t{2}, []() -> bool { throw_error(ECONNRESET, "read"); }));
    const Address peer = resolve("127.0.0.1", 40'000, Transport::udp).front();
    CHECK(!contain_errors(peer, []() -> bool { throw_error(EPERM, "sendto"); }));
    CHECK(name_of(2) == "connection 2");
    CHECK(name_of(peer) == "127.0.0.1:40000");
  }

  TEST_CASE(
      "lines are lost while nobody reads, none of them waits, and the next one tells of them") {
    const Fd before(check(::dup(STDERR_FILENO), "dup"));
    lab::FullPipe pipe;
    const Fd full(check(::open(pipe.path().c_str(), O_WRONLY | O_CLOEXEC), "open"));
    check(::dup2(full.get(), STDERR_FILENO), "dup2");
    for (int i = 0; i < 3; ++i) print_line("nobody reads this");
    pipe.drain();
    print_line("and this they do");
    const std::string heard = pipe.drain();
    print_line(std::string(10'000, 'x'));
    const std::string longest = pipe.drain();
    check(::dup2(before.get(), STDERR_FILENO), "dup2");
    CHECK(heard == "lines lost: 3\nand this they do\n");
    CHECK(longest == std::string(4095, 'x') + "\n");
  }

  TEST_CASE("a thread that cannot be had is an error that says so") {
#if !defined(WITH_ADDRESS_SANITIZER) && !defined(WITH_THREAD_SANITIZER)  // they need the room
    constexpr rlim_t kRoomForSome = 300 * 1024 * 1024;
    const lab::DeadPort dead;
    const lab::Result result =
        lab::run({BUILD_DIR "/01_blocking/client", "--clients", "1000", "--port", dead.port},
                 {.open_files = {}, .address_space = kRoomForSome});
    CHECK(result.status == 1);
    CHECK_MESSAGE(
        result.err.find("thread: Resource temporarily unavailable\n") != std::string::npos,
        result.err);
#endif
  }

  TEST_CASE("one failing client among many makes the exit status 1, and the others run") {
    Failures failures;
    std::atomic<int> runs = 0;
    run_on_threads(10, failures, [&] {
      if (++runs == 3) throw_error(ECONNREFUSED, "connect");
    });
    CHECK(runs == 10);
    CHECK(failures.exit_status() == 1);
    run_on_threads(10, failures, [&] { ++runs; });
    CHECK(runs == 20);
    CHECK(Failures().exit_status() == 0);
  }
}

}  // namespace
}  // namespace common
