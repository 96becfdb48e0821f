// What does every client do, and what does every program's command line?

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"
#include "lab/conformance/conformance.hpp"
#include "lab/support/door.hpp"
#include "lab/support/thread.hpp"

namespace lab {
namespace {

/// A listener that plays the server, and a client program on its way to it.
struct FakeServer {
  explicit FakeServer(const std::string& clients)
      : listener(common::listen_tcp("127.0.0.1", 0)),
        address(to_string(common::local_address(listener.get()))),
        client({chapter.program("client"), "--port",
                std::to_string(common::local_address(listener.get()).port()), "--clients",
                clients}) {}

  common::Fd listener;
  std::string address;
  Program client;
};

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_SUITE("client") {
  TEST_CASE("lines that arrive in pieces are printed whole, each as soon as it is complete") {
    FakeServer server("1");
    const common::Fd socket = common::accept(server.listener.get());
    common::write_all(socket.get(), std::string_view("sta"));
    common::write_all(socket.get(), std::string_view("rt 1\nen"));
    server.client.wait_for_output("start 1");
    CHECK(server.client.out() == "start 1\n");
    common::write_all(socket.get(), std::string_view("d 1\n"));
    server.client.wait_for_output("end 1");
    CHECK(server.client.out() == "start 1\nend 1\n");
  }

  TEST_CASE("a last line that lacks its line feed is printed and counts") {
    FakeServer server("1");
    common::write_all(common::accept(server.listener.get()).get(),
                      std::string_view("start 1\nend 1"));
    const Result result = server.client.wait();
    CHECK_MESSAGE(result.status == 0, result.err);
    CHECK(result.out == "start 1\nend 1\n");
  }

  TEST_CASE("the last of many lines that arrive at once is the one that counts") {
    FakeServer server("1");
    common::write_all(common::accept(server.listener.get()).get(),
                      std::string_view("start 1\nfirst\nend 1\nmore\n"));
    const Result result = server.client.wait();
    CHECK(result.status == 1);
    CHECK(result.out == "start 1\nfirst\nend 1\nmore\n");
    CHECK(result.err.find("it sent \"more\" last") != std::string::npos);
  }

  TEST_CASE("a client whose connections all wait makes no system call in a second, except in 03") {
    FakeServer server("2");
    const common::Fd silent = common::accept(server.listener.get());
    const common::Fd started = common::accept(server.listener.get());
    common::write_all(started.get(), std::string_view("start 1\n"));
    server.client.wait_for_output("start 1");
    check_sleeps(server.client.pid());
  }

  TEST_CASE("of a line that does not end, 64 KiB are printed, not kept for ever") {
    FakeServer server("1");
    const common::Fd socket = common::accept(server.listener.get());
    common::write_all(socket.get(), std::string(64 * 1024, 'x'));
    CHECK(server.client.wait_for_output("x").size() == 64 * 1024);
  }

  TEST_CASE("clients that have no descriptor fail, and the others are served") {
    const common::Fd listener = common::listen_tcp("127.0.0.1", 0);
    const std::string port = std::to_string(common::local_address(listener.get()).port());
    // Nobody is served yet, so that most of the hundred find no descriptor.
    Program client({chapter.program("client"), "--port", port, "--clients", "100"},
                   {.open_files = 16, .address_space = {}});
    client.wait_for_error("socket: Too many open files");
    const Thread serves([&] {
      try {
        for (;;)
          common::write_all(common::accept(listener.get()).get(),
                            std::string_view("start\nend 1\n"));
      } catch (const std::system_error&) {
        // the end of the test
      }
    });
    const Result result = client.wait();
    common::stop_socket(listener.get());
    CHECK(result.status == 1);
    CHECK(result.out.starts_with("start\nend 1\n"));
    CHECK(result.err == "socket: Too many open files\n");
  }

  TEST_CASE("the soft limit of open files does not limit the clients") {
    Server server(chapter.program("server"), {"--delay", "1ms"});
    const Result result =
        run({"sh", "-c", "ulimit -S -n 16; exec \"$0\" --clients 100 --port \"$1\"",
             chapter.program("client"), std::to_string(server.port())});
    CHECK_MESSAGE(result.status == 0, result.err);
    CHECK(sorted_lines(result.out) == sorted_lines_of(100));
  }

  TEST_CASE("a connection that ends too early is told, after the others have finished") {
    FakeServer server("2");
    common::write_all(common::accept(server.listener.get()).get(), std::string_view("start 1\n"));
    server.client.wait_for_error("the connection to " + server.address +
                                 " ended before its end line; it sent \"start 1\" last");
    common::write_all(common::accept(server.listener.get()).get(),
                      std::string_view("start 2\nend 2\n"));
    const Result result = server.client.wait();
    CHECK(result.status == 1);
    CHECK(sorted_lines(result.out) == "end 2\nstart 1\nstart 2\n");
  }

  TEST_CASE("a refused connection is one clear line and exit status 1, for ten clients too") {
    const DeadPort dead;
    const Result result = run({chapter.program("client"), "--port", dead.port});
    CHECK(result.status == 1);
    CHECK(result.err == "connect 127.0.0.1:" + dead.port + ": Connection refused\n");
  }

  TEST_CASE("a host that does not exist is one clear line and exit status 1") {
    const Result result = run({chapter.program("client"), "--host", "nowhere.invalid"});
    CHECK(result.status == 1);
    CHECK(result.err.starts_with("resolve nowhere.invalid: "));
    CHECK(count_lines(result.err) == 1);
  }
}

TEST_SUITE("command line") {
  TEST_CASE("--help says what the program shows and what to try next") {
    for (const std::string& program : chapter.programs()) {
      CAPTURE(program);
      const Result result = run({program, "--help"});
      CHECK(result.status == 0);
      CHECK(result.out.find("Try next:\n  ") != std::string::npos);
      CHECK(result.err.empty());
    }
  }

  TEST_CASE("what cannot be printed is one clear line and exit status 1") {
    for (const std::string& program : chapter.programs()) {
      CAPTURE(program);
      std::vector<std::string> command = with_streams("> /dev/full");
      command.insert(command.end(), {program, "--help"});
      const Result result = run(command);
      CHECK(result.status == 1);
      CHECK(result.err == "write standard output: No space left on device\n");
    }
  }

  TEST_CASE("a bad flag is one line on standard error that names it, and exit status 2") {
    for (const std::string& program : chapter.programs()) {
      for (const std::vector<std::string>& flags : std::vector<std::vector<std::string>>{
               {"--port", "65536"}, {"--port", "http"}, {"--no-such-flag"}, {"left-over"}}) {
        CAPTURE(program);
        CAPTURE(flags.front());
        std::vector<std::string> command = flags;
        command.insert(command.begin(), program);
        const Result result = run(command);
        CHECK(result.status == 2);
        CHECK(count_lines(result.err) == 1);
        CHECK_MESSAGE(result.err.find(flags.front()) != std::string::npos, result.err);
        CHECK(result.out.empty());
      }
    }
  }

  TEST_CASE("--delay wants a unit and refuses what is not a length of time") {
    for (const std::string delay : {"1", "-1s", "1h", "fast", "1e30s"}) {
      CAPTURE(delay);
      const Result result = run({chapter.program("server"), "--port", "0", "--delay", delay});
      CHECK(result.status == 2);
      CHECK(count_lines(result.err) == 1);
      CHECK_MESSAGE(result.err.find("--delay: " + delay + " is not ") != std::string::npos,
                    result.err);
    }
  }

  TEST_CASE("--clients refuses 0 and numbers below it") {
    for (const std::string clients : {"0", "-3", "2.5", "+5", " 5", "0x10"}) {
      CAPTURE(clients);
      CHECK(run({chapter.program("client"), "--clients", clients}).status > 0);
    }
  }

  TEST_CASE("--connections refuses 0 and numbers below it") {
    for (const std::string connections : {"0", "-3", "2.5", "+5", " 5", "0x10"}) {
      CAPTURE(connections);
      const Result result =
          run({chapter.program("server"), "--port", "0", "--connections", connections});
      CHECK(result.status > 0);
    }
  }
}

}  // namespace
}  // namespace lab
