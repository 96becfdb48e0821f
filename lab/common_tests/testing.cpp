// Can the tests trust what they test with?

#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/poller/poller.hpp"
#include "common/socket.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/readable.hpp"
#include "lab/support/server.hpp"
#include "lab/support/shell.hpp"
#include "lab/support/text.hpp"
#include "lab/support/thread.hpp"

namespace lab {
namespace {

TEST_SUITE("readable") {
  using doctest::toString;
  using namespace std::chrono_literals;

  TEST_CASE("a value that may not be there is shown, or that it is not") {
    CHECK(toString(std::optional(3)) == "3");
    CHECK(toString(std::optional(std::optional<std::string>("three"))) == "three");
    CHECK(toString(std::optional<int>()) == "nothing");
    CHECK(toString(std::nullopt) == "nothing");
  }

  TEST_CASE("a time is shown in the largest unit in which it is a whole number") {
    CHECK(toString(2s) == "2s");
    CHECK(toString(1500ms) == "1500ms");
    CHECK(toString(-2ms) == "-2ms");
    CHECK(toString(1us) == "1us");
    CHECK(toString(1s + 1ns) == "1000000001ns");
    CHECK(toString(0h) == "0s");
    CHECK(toString(common::Clock::time_point(3min)) == "180s");
  }

  TEST_CASE("elements are shown, whatever they are in, and whatever they are") {
    CHECK(toString(std::vector<int>()) == "{}");
    CHECK(toString(std::vector{std::optional(1), {}}) == "{1, nothing}");
    CHECK(toString(std::map<std::string, std::vector<bool>>{{"a", {true, false}}}) ==
          "{{a, {true, false}}}");
    CHECK(toString(std::tuple(1, 2s, std::pair(true, std::string("x")))) == "{1, 2s, {true, x}}");
  }

  TEST_CASE("what is a number under another name is shown as one") {
    enum class Colour { red, green };
    CHECK(toString(Colour::green) == "1");
    CHECK(toString(std::optional(std::errc::timed_out)) == std::to_string(ETIMEDOUT).c_str());
    CHECK(toString(std::atomic<int>(4)) == "4");
    CHECK(toString(common::Token{5}) == "5");
    CHECK(toString(common::ReadySet::readable()) == "1");  // EPOLLIN
    const auto address = common::resolve("::1", 80, common::Transport::tcp, common::Lookup::none);
    CHECK(toString(address.front()) == "[::1]:80");
  }

  TEST_CASE("of what is equal to nothing else, or is always equal, the type is shown") {
    CHECK(toString(std::optional(common::Fd())) == "common::Fd");
    CHECK(toString(std::monostate()) == "std::monostate");
  }
}

TEST_SUITE("program") {
  TEST_CASE("both streams and the exit status are captured") {
    const Result result = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
    CHECK(result.status == 3);
    CHECK(result.signal == 0);
    CHECK(result.out == "out\n");
    CHECK(result.err == "err\n");
  }

  TEST_CASE("a word in quotes for a shell is what it was, whatever is in it") {
    const std::string word = "two  words, 'a' \"b\"; $HOME * ? `é` \\ \t &";
    CHECK(run({"sh", "-c", "printf %s " + for_shell(word)}).out == word);
  }

  TEST_CASE("what help says of a flag is found in each layout that CLI11 has had") {
    CHECK(about_flag("Options:\n  --port PORT=2000   a port\n  --host HOST=::1\n", "--port") ==
          "--port PORT=2000 a port");
    CHECK(about_flag("OPTIONS:\n          --port PORT [2000]  \n               a port \n"
                     "          --host HOST [::1] \n",
                     "--port") == "--port PORT [2000] a port");
    CHECK(about_flag("  --host HOST=::1\n", "--port") == "--port");
  }

  TEST_CASE("a thread is told to stop at the end of its life, and before it becomes another") {
    int stopped = 0;
    const auto runs_until_then = [&](const Thread::Stop& stop) {
      while (!stop) std::this_thread::yield();
      ++stopped;
    };
    {
      Thread thread(runs_until_then);
      thread = Thread(runs_until_then);
      CHECK(stopped == 1);
      const Thread other = std::move(thread);
    }
    CHECK(stopped == 2);
  }

  TEST_CASE("a program that cannot be run is an error that names it") {
    CHECK_THROWS_WITH(run({"/no/such/program"}), "run /no/such/program: No such file or directory");
  }

  TEST_CASE("a program that cannot have its limits is an error, and not a second test run") {
    CHECK_THROWS_WITH(run({"true"}, {.open_files = RLIM_INFINITY, .address_space = {}}),
                      "run true: Operation not permitted");
  }

  TEST_CASE("a line is found when it is complete, and only at its beginning") {
    Program program({"sh", "-c", "printf 'a ready\\nrea'; printf 'dy now\\n'; exec cat"});
    CHECK(program.wait_for_output("ready") == "ready now");
  }

  TEST_CASE("a program that ends without the line is reported, with what it wrote") {
    Program program({"sh", "-c", "echo something else >&2"});
    try {
      program.wait_for_error("listening on ");
      FAIL("no exception");
    } catch (const TimeLimit& error) {
      CHECK(std::string(error.what()).find("something else") != std::string::npos);
    }
  }

  TEST_CASE("a program that hangs is killed when its time is up") {
    Program program({"sleep", "3600"});
    const pid_t pid = program.pid();
    CHECK_THROWS_AS(program.wait(std::chrono::milliseconds(10)), TimeLimit);
    CHECK(::kill(pid, 0) == -1);
  }

  TEST_CASE("a program that still runs when its object is destroyed is killed and reaped") {
    pid_t pid = -1;
    {
      const Program program({"sleep", "3600"});
      pid = program.pid();
    }
    CHECK(::kill(pid, 0) == -1);
  }

  TEST_CASE("the end of a program is noticed although a child of it holds its streams open") {
    const Result result = run({"sh", "-c", "sleep 3600 & echo $!"});
    CHECK(result.status == 0);
    CHECK(::kill(std::stoi(result.out), SIGKILL) == 0);
  }

  TEST_CASE("a signal that ends a program is told apart from an exit") {
    Program program({"sleep", "3600"});
    program.signal(SIGTERM);
    CHECK(program.wait().signal == SIGTERM);
  }

  TEST_CASE("signals that we ignore are not ignored by a program, and its end is known") {
    for (const int signal : {SIGINT, SIGCHLD}) ::signal(signal, SIG_IGN);
    CHECK(run({"sh", "-c", "exit 3"}).status == 3);
    Program program({"sleep", "3600"});
    program.signal(SIGINT);
    CHECK(program.wait().signal == SIGINT);
    for (const int signal : {SIGINT, SIGCHLD}) ::signal(signal, SIG_DFL);
  }

  TEST_CASE("limits reach the program, and nothing but the three standard streams is open") {
    CHECK(run({"sh", "-c", "ulimit -n"}, {.open_files = 16, .address_space = {}}).out == "16\n");
    Program program({"sh", "-c", "echo ready; kill -STOP $$"});  // no exec, which opens libraries
    program.wait_for_output("ready");
    CHECK(open_files(program.pid()) == 3);
  }
}

TEST_SUITE("server") {
  TEST_CASE("a number is found in the last line of statistics, wherever it stands there") {
    Result result;
    result.err =
        "listening on 127.0.0.1:2000\nserved=1 peak=1\nreceived=30 served=20 peak=10\nend=4\n";
    CHECK(statistic(result, "received") == 30);
    CHECK(statistic(result, "served") == 20);
    CHECK(statistic(result, "peak") == 10);
    CHECK_THROWS_AS(statistic(result, "end"), std::runtime_error);
    result.err = "received=30\n";
    CHECK_THROWS_AS(statistic(result, "received"), std::runtime_error);
  }

  TEST_CASE("a command before it becomes the server") {
    const Server server("sh", {"-c", "x"}, {},
                        {"sh", "-c", "echo listening on x:$# >&2; exec cat"});
    CHECK(server.port() == 4);
  }
}

}  // namespace
}  // namespace lab
