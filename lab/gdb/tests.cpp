// Does async.py say what a stuck program waits for? It is asked, in gdb, about real ones.

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lab/support/call_trace.hpp"
#include "lab/support/program.hpp"
#include "lab/support/temporary_directory.hpp"
#include "lab/support/text.hpp"

namespace {

using lab::count;
using Words = std::vector<std::string>;
using std::filesystem::path;

const path kBuild = BUILD_DIR;
const path kChapter = kBuild / "07_futures_tasks";
const std::string kScript = path(SOURCE_DIR) / "lab" / "gdb" / "async.py";

/// What gdb prints when it has run `commands` on `program`, both streams together.
std::string gdb(const Words& commands, const Words& program) {
  Words words = {"gdb", "-q", "-batch", "-nx", "-x", kScript};
  for (const std::string& command : commands) {
    words.push_back("-ex");
    words.push_back(command);
  }
  words.push_back("--args");
  words.insert(words.end(), program.begin(), program.end());
  const lab::Result result = lab::run(words);
  return result.out + result.err;
}

/// The same when the program has come to `function`.
std::string gdb_at(const std::string& function, const Words& commands, const Words& program) {
  Words all = {"tbreak " + function, "run"};
  all.insert(all.end(), commands.begin(), commands.end());
  all.push_back("kill");
  return gdb(all, program);
}

// Where the runtime has waited in vain for 100 ms, and looks for a deadlock.
const std::string kStandsStill = "runtime::may_be_woken";
// Where it waits for the kernel: all tasks have been polled once.
const std::string kWaits = "runtime::Reactor::wait";

const Words kSquares = {kChapter / "squares", "--ask-first"};

TEST_CASE(
    "each task is listed with its place and what it waits for, with one thread and with two") {
  if (!lab::has_gdb()) return;
  for (const char* workers : {"0", "2"}) {
    Words program = kSquares;
    program.insert(program.end(), {"--workers", workers});
    const std::string all = gdb_at(kStandsStill, {"info tasks"}, program);
    INFO(all);
    CHECK(count(all, "\n1     waits  run at squares.cpp:") == 1);
    CHECK(count(all, "room in channel 1, which holds 4\n") == 1);
    CHECK(count(all, "\n2     waits  compute at squares.cpp:") == 1);
    CHECK(count(all, "room in channel 2, which holds 4\n") == 1);
  }
}

TEST_CASE("a task's coroutines are listed, innermost first, each where it is suspended") {
  if (!lab::has_gdb()) return;
  const std::string all = gdb_at(kStandsStill, {"bt-async 1"}, kSquares);
  INFO(all);
  const std::size_t inner = all.find("\n#0  ask at squares.cpp:");
  const std::size_t outer = all.find("\n#1  run at squares.cpp:");
  CHECK(inner < outer);
  CHECK(count(all, "co_await questions.send(i);\n") == 1);
  CHECK(count(all, "co_await ask(std::move(questions.sender), numbers);\n") == 1);
}

TEST_CASE("parameters and local variables are shown, and no variable whose scope is not there") {
  if (!lab::has_gdb()) return;
  const std::string all = gdb_at(kStandsStill, {"bt-async 1", "bt-async 2"}, kSquares);
  INFO(all);
  CHECK(count(all, "\n      numbers = 10\n      i = 10\n") == 1);
  CHECK(count(all, "\n      questions = sends to channel 1\n") == 1);
  CHECK(count(all, "\n      answers = sends to channel 2\n") == 1);
  CHECK(count(all, "[contained value] = 5") == 1);
  CHECK(count(all, "\n      both = ") == 0);  // of the branch that was not taken
}

TEST_CASE("which variables are alive is read in the source, past comments and literals") {
  if (!lab::has_gdb()) return;
  const lab::TemporaryDirectory directory;
  const std::string file = directory.write("a.cpp",
                                           "f() {\n"
                                           "  int before = '{';  // }}\n"
                                           "  {\n    int inside;\n  }\n"
                                           "  co_await g(\"}\");\n"
                                           "  const int now = co_await h();\n"
                                           "  int after;\n}\n");
  const auto sees = [&](const std::string& name, int line, int number) {
    return "print(s.sees('" + name + "', " + std::to_string(line) + ", s.co_await(" +
           std::to_string(number) + ")))";
  };
  const std::string source = "python s = Source('" + file + "', 1); ";
  const auto ask = [&](const std::string& question) { return gdb({source + question}, {"true"}); };
  CHECK(ask("print(s.line_at(s.co_await(1)))") == "7\n");
  CHECK(ask(sees("before", 2, 0)) == "True\n");
  CHECK(ask(sees("inside", 4, 0)) == "False\n");
  CHECK(ask(sees("now", 7, 1)) == "False\n");
  CHECK(ask(sees("after", 8, 1)) == "False\n");
}

TEST_CASE("a core file tells as much as the program") {
  if (!lab::has_gdb()) return;
  const lab::TemporaryDirectory directory;
  const std::string core = directory / "core";
  gdb_at(kStandsStill, {"generate-core-file " + core}, kSquares);
  const std::string all = gdb({"core-file " + core, "info tasks", "bt-async 1"}, {kSquares[0]});
  INFO(all);
  CHECK(count(all, "room in channel 1, which holds 4\n") == 2);
  CHECK(count(all, "\n      i = 10\n") == 1);
}

TEST_CASE("of a task that waits for several things each is named") {
  if (!lab::has_gdb()) return;
  const std::string all =
      gdb_at(kWaits, {"info tasks"}, {kChapter / "udp_echo_mpsc", "--port", "0"});
  INFO(all);
  CHECK(count(all, "  Ctrl-C | the end of task 3 | the end of task 2\n") == 1);
  CHECK(count(all, " to be readable\n") == 1);
  CHECK(count(all, "  a value from channel 1\n") == 1);
}

TEST_CASE("coroutines inside of a join are shown, with the header that they are from") {
  if (!lab::has_gdb()) return;
  const std::string all =
      gdb_at(kWaits, {"bt-async 1"}, {kChapter / "multisocket_join", "--port", "0"});
  INFO(all);
  CHECK(count(all, "\n    #0  print_datagrams at multisocket.hpp:") == 10);
  CHECK(count(all, "\n#0  serve at multisocket_join.cpp:") == 1);
  // Each waits for a socket of its own.
  const std::size_t first = all.find("fd ", all.find("\ntask 1 waits for "));
  const std::string fd = all.substr(first, all.find(" | ", first) - first);
  CHECK(fd.ends_with(" to be readable"));
  CHECK(count(all.substr(0, all.find("\nin it:")), fd) == 1);
}

TEST_CASE("a future written by hand has its type's name") {
  if (!lab::has_gdb()) return;
  const std::string all =
      // From a thread that runs no tasks.
      gdb_at(kWaits, {"thread 2", "info tasks"}, {kChapter / "future_notify", "--delay", "60s"});
  INFO(all);
  CHECK(count(all, "  CountsPolls  something that has its waker\n") == 1);
}

TEST_CASE("what it cannot do is one line that says why") {
  if (!lab::has_gdb()) return;
  const std::string server = kBuild / "01_blocking" / "server";
  CHECK(gdb({"info tasks"}, kSquares) ==
        "The program does not run: `run` it, attach to one, or load a core file.\n");
  CHECK(count(gdb_at("main", {"info tasks"}, kSquares), "No thread is in a runtime now: ") == 1);
  CHECK(count(gdb_at("main", {"info tasks"}, {server, "--port", "0"}), "\nNo tasks: ") == 1);
  CHECK(count(gdb_at(kStandsStill, {"bt-async 3"}, kSquares),
              "\nbt-async N: a number from 1 to 2 ") == 1);
  CHECK(count(gdb_at(kStandsStill, {"bt-async"}, kSquares),
              "\nbt-async N: a number from 1 to 2 ") == 1);
}

TEST_CASE("without debug information it says so") {
  if (!lab::has_gdb()) return;
  const lab::TemporaryDirectory directory;
  const std::string stripped = directory / "squares";
  REQUIRE(lab::run({"objcopy", "--strip-debug", kSquares[0], stripped}).status == 0);
  const std::string all = gdb_at(kStandsStill, {"info tasks"}, {stripped, "--ask-first"});
  CHECK_MESSAGE(count(all, "\nNo tasks: ") == 1, all);
}

}  // namespace
