// What if it is no shell that starts a program? Its streams, its signals and its limits may then be
// other than those that a shell gives.

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "lab/conformance/conformance.hpp"
#include "lab/support/clients.hpp"
#include "lab/support/door.hpp"
#include "lab/support/protocol.hpp"
#include "lab/support/shell.hpp"
#include "lab/support/temporary_directory.hpp"

namespace lab {
namespace {

const std::vector<std::string> kAllClosed = with_streams("<&- >&- 2>&-");

/// Each of the chapter's servers, of any protocol.
template <class Test>
void with_each_server(Test test) {
  for (const std::string& program : chapter.programs()) {
    const std::string name = std::filesystem::path(program).filename();
    if (!kProtocols.contains(name)) continue;
    CAPTURE(name);
    test(name, program);
  }
}

/// Somebody asks, and is answered: the server lives.
void check_answers(const std::string& name, std::uint16_t port) {
  switch (kProtocols.at(name)) {
    case Protocol::start_end:
      CHECK(Peer(port).read_line().starts_with("start "));
      break;
    case Protocol::datagrams:
      CHECK(UdpPeer(port).exchange("hello\n") == "hello\n");
      break;
    default:
      CHECK(Peer(port).exchange("hello\n") == "hello\n");
  }
}

std::vector<std::string> flags_for(const std::string& name) {
  return name == "server" ? std::vector<std::string>{"--delay", "1ms"} : std::vector<std::string>{};
}

/// See proc(5), status: those that were sent to the process, and that none of its threads has
/// taken.
bool has_no_pending_signal(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line) && !line.starts_with("ShdPnd:")) {
  }
  return line == "ShdPnd:\t0000000000000000";
}

/// A start/end server with one client who waits for an end that is far away.
struct Waiting {
  Waiting() { CHECK(client.read_line() == "start 1"); }
  Server server{chapter.program("server"), {"--delay", "3600s"}};
  Peer client{server.port()};
};

TEST_SUITE("the door") {
  TEST_CASE("whichever of its standard streams are closed, a server serves, and ends well") {
    for (const std::string closed :
         {"<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
      CAPTURE(closed);
      with_each_server([&](const std::string& name, const std::string& program) {
        Server server = Server::silent(program, flags_for(name), with_streams(closed));
        check_answers(name, server.port());
        stop_well(server);
      });
    }
  }

  TEST_CASE("nor does a server whose standard streams are closed take CPU time, except in 03") {
    if (chapter.busy) return;
    with_each_server([](const std::string& name, const std::string& program) {
      Server server = Server::silent(program, flags_for(name), kAllClosed);
      CHECK(idle_load(server.pid()) < 0.05);
    });
  }

  TEST_CASE("what a client with closed standard streams receives goes nowhere, not to its server") {
    const common::Fd listener = common::listen_tcp("127.0.0.1", 0);
    const std::uint16_t port = common::local_address(listener.get()).port();
    std::vector<std::string> command = kAllClosed;
    const std::string program = chapter.program("client");
    command.insert(command.end(), {program, "--clients", "1", "--port", std::to_string(port)});
    Program client(command);
    {
      const common::Fd socket = common::accept(listener.get());
      common::write_all(socket.get(), std::string_view("start 1\nend 1\n"));
      common::check(::shutdown(socket.get(), SHUT_WR), "shutdown");
      std::array<char, 100> buffer;
      CHECK(common::read_some(socket.get(), buffer) == 0);
    }
    CHECK(client.wait().status == 0);
  }

  TEST_CASE("standard error that nobody reads holds no server up, and it ends when it is told to") {
    with_each_server([](const std::string& name, const std::string& program) {
      const FullPipe pipe;
      Server server = Server::silent(program, flags_for(name), with_streams("2>" + pipe.path()));
      if (kProtocols.at(name) != Protocol::datagrams) come_and_go(server.port());
      check_answers(name, server.port());
      stop_well(server);
    });
  }

  TEST_CASE("lines that were lost are counted, and the count comes with the next that is not") {
    with_each_server([](const std::string& name, const std::string& program) {
      FullPipe pipe;
      Server server = Server::silent(program, flags_for(name), with_streams("2>" + pipe.path()));
      check_answers(name, server.port());
      pipe.drain();
      stop_well(server);
      // The first of them said where it listens.
      const std::string lines = pipe.drain();
      CHECK_MESSAGE(lines.starts_with("lines lost: "), lines);
      CHECK_MESSAGE(count(lines, "served=") == 1, lines);
    });
  }

  TEST_CASE("a server whose standard error has lost its reader serves, and ends well") {
    with_each_server([](const std::string& name, const std::string& program) {
      auto pipe = std::make_unique<FullPipe>();
      Server server = Server::silent(program, flags_for(name), with_streams("2>" + pipe->path()));
      pipe.reset();
      if (kProtocols.at(name) != Protocol::datagrams) come_and_go(server.port());
      check_answers(name, server.port());
      stop_well(server);
    });
  }

  TEST_CASE("a log file that may not grow costs lines, and not the server") {
    if (kSanitized) return;  // ThreadSanitizer needs a file of its own to start
    const TemporaryDirectory directory;
    const std::string log = directory.write("log", "");
    with_each_server([&](const std::string& name, const std::string& program) {
      Server server =
          Server::silent(program, flags_for(name),
                         {"sh", "-c", "ulimit -f 0; exec \"$@\" 2>" + for_shell(log), "sh"});
      check_answers(name, server.port());
      stop_well(server);
    });
  }

  TEST_CASE("SIGINT and SIGTERM end a server that was started with both blocked") {
    for (const int signal : {SIGINT, SIGTERM}) {
      with_each_server([&](const std::string& name, const std::string& program) {
        Server server(program, flags_for(name), {},
                      {"env", "--block-signal=INT", "--block-signal=TERM"});
        stop_well(server, signal);
      });
    }
  }

  TEST_CASE("a signal that was ignored when a server was started stays ignored") {
    with_each_server([](const std::string& name, const std::string& program) {
      Server server(program, flags_for(name), {}, {"sh", "-c", "trap '' INT; exec \"$@\"", "sh"});
      server.program().signal(SIGINT);
      check_answers(name, server.port());
      stop_well(server, SIGTERM);
    });
  }

  TEST_CASE("a second signal ends a server that waits for its clients, and tells whom that cost") {
    for (const int signal : {SIGINT, SIGTERM}) {
      Waiting waiting;
      // Until it has an effect: at first it may be taken for the same signal, sent twice.
      wait_until(
          [&] {
            waiting.server.program().signal(signal);
            return has_ended(waiting.server.pid());
          },
          "the server has ended");
      const Result result = waiting.server.program().wait();
      CHECK(result.signal == signal);
      CHECK_MESSAGE(result.err.ends_with("\nstopped again; connections cut off: 1\n"), result.err);
    }
  }

  TEST_CASE("it does so also where standard error is not read") {
    FullPipe pipe;
    Server server = Server::silent(chapter.program("server"), {"--delay", "3600s"},
                                   with_streams("2>" + pipe.path()));
    Peer client(server.port());
    CHECK(client.read_line() == "start 1");
    wait_until(
        [&] {
          server.program().signal(SIGINT);
          return has_ended(server.pid());
        },
        "the server has ended");
    CHECK(server.program().wait().signal == SIGINT);
  }

  TEST_CASE("a signal that is sent twice at once, as timeout(1) does, is one") {
    // Nearly at once: where the machine was busy with something else in between, it is tried again.
    CHECK(with_some_delay(std::chrono::milliseconds(50), [](const std::string& delay) {
      Server server(chapter.program("server"), {"--delay", delay});
      Peer client(server.port());
      CHECK(client.read_line() == "start 1");
      server.program().signal(SIGTERM);
      wait_until([&] { return has_no_pending_signal(server.pid()); }, "the first is taken");
      server.program().signal(SIGTERM);
      return client.read_line() == "end 1" && server.program().wait().status == 0;
    }));
  }
}

}  // namespace
}  // namespace lab
