// How many system calls may each chapter's echo server make? One more, and a test here fails. And
// does budgets see it, when a server makes more?

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "lab/support/build_tree.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/shell.hpp"

namespace {

using lab::Result;
using std::filesystem::path;

const path kBuild = BUILD_DIR;

/// budgets' build directory, with the chapters that a test adds.
class BudgetsTree : public lab::BuildTree {
 public:
  BudgetsTree() : lab::BuildTree(kBuild / "lab" / "budgets") {}

  void add_chapter(const std::string& name, const path& server) const {
    create_symlink(server, place(name, "echo_server"));
  }
};

path server_of(const std::string& chapter) {
  return kBuild / chapter / "echo_server";
}

/// One chapter's line of the table.
struct Budget {
  std::string chapter;
  double wait = -1, read = -1, write = -1, other = -1, would_block = -1;  // for an echo
  double idle = -1;                                                       // calls in a second
  std::string calls;
};

Budget parse(const std::string& row) {
  Budget budget;
  std::istringstream words(row);
  words >> budget.chapter >> budget.wait >> budget.read >> budget.write >> budget.other >>
      budget.would_block >> budget.idle >> std::ws;
  std::getline(words, budget.calls);
  return budget;
}

/// What budgets finds when this chapter has this server.
Budget budget_of(const std::string& chapter, const path& server) {
  const BudgetsTree tree;
  tree.add_chapter(chapter, server);
  const Result result = tree.run({"--echoes", "20"});
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  return parse(lab::row(result, chapter));
}

Budget budget_of(const std::string& chapter) {
  return budget_of(chapter, server_of(chapter));
}

/// The chapter's server with a flag that breaks it.
Budget broken_budget(const std::string& chapter, const std::string& flag) {
  const BudgetsTree scripts;
  return budget_of(
      chapter, scripts.script("echo_server", "exec " + lab::for_shell(server_of(chapter)) + " " +
                                                 flag + " \"$@\""));
}

/// An echo is these calls, once each, and in an idle second there is none.
void check_budget(const std::string& chapter, int waits, const std::string& calls) {
  const Budget budget = budget_of(chapter);
  CHECK(budget.wait == waits);
  CHECK(budget.read == 1);
  CHECK(budget.write == 1);
  CHECK(budget.other == 0);
  CHECK(budget.would_block == 0);
  CHECK(budget.idle == 0);
  CHECK(budget.calls == calls);
}

}  // namespace

TEST_CASE("01: an echo is a read and a write, and nothing is done for those who are silent") {
  if (!lab::has_strace()) return;
  check_budget("01_blocking", 0, "read, write");
}

TEST_CASE("02: an echo is a read and a write, on whichever thread, and nothing for the silent") {
  if (!lab::has_strace()) return;
  check_budget("02_threads", 0, "read, write");
}

TEST_CASE("03: an echo is a read and a write and questions in vain, and the silent cost most") {
  if (!lab::has_strace()) return;
  const Budget budget = budget_of("03_nonblocking_busy");
  CHECK(budget.wait == 0);
  CHECK(budget.read >= 1);
  CHECK(budget.write == 1);
  CHECK(budget.would_block > 0);
  CHECK(budget.idle > 1000);
  CHECK(budget.calls == "accept4, read, write; at least: it spins");
}

TEST_CASE("04: an echo is a poll, a read and a write, and nothing for the silent") {
  if (!lab::has_strace()) return;
  check_budget("04_poll", 1, lab::kPollCall + ", read, write");
}

TEST_CASE("05: an echo is a wait, a read and a write, and nothing for the silent") {
  if (!lab::has_strace()) return;
  check_budget("05_epoll_level", 1, lab::kEpollWaitCall + ", read, write");
}

TEST_CASE("06: an echo is a wait, a read and a write, and nothing for the silent") {
  if (!lab::has_strace()) return;
  check_budget("06_epoll_edge", 1, lab::kEpollWaitCall + ", read, write");
}

TEST_CASE("07: an echo is a wait, a read and a write, and nothing for the silent") {
  if (!lab::has_strace()) return;
  check_budget("07_futures_tasks", 1, lab::kEpollWaitCall + ", read, write");
}

TEST_CASE("a server that asks to write while it has nothing to write spins, and is seen to") {
  if (!lab::has_strace()) return;
  for (const auto& [chapter, flag] :
       {std::pair{"04_poll", "--always-pollout"}, std::pair{"05_epoll_level", "--keep-epollout"}}) {
    const Budget budget = broken_budget(chapter, flag);
    CHECK(budget.wait >= 1);
    CHECK(budget.idle > 1000);
    CHECK(budget.calls.ends_with("; at least: it spins"));
  }
}

TEST_CASE("a call that other threads' calls interrupt in the trace is counted once") {
  const lab::Calls calls({
      "12    read(7,  <unfinished ...>",
      "13    accept4(5, NULL, NULL, SOCK_CLOEXEC|SOCK_NONBLOCK) = 8",
      "12    <... read resumed>\"x\", 16384)  = 1",
      "12    read(7, 0x7f00, 16384) = -1 EAGAIN (Resource temporarily unavailable)",
      "12    write(7, \"a = b\", 5 <unfinished ...>",
      "13    --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1, si_uid=0} ---",
      "12    +++ exited with 0 +++",
  });
  CHECK(calls.count() == 3);
  CHECK(calls.count("read") == 2);
  CHECK(calls.would_block() == 1);
  CHECK(calls.names() == "accept4, read");
}

TEST_CASE("the lines between two marks begin and end where a read has got one") {
  const std::vector<std::string> lines = {
      R"(12 read(7, "hello", 9) = 5)", R"(12 read(7, "a", 9) = 1)",  R"(12 write(7, "a", 1) = 1)",
      R"(12 read(7, "b", 9) = 1)",     R"(12 write(7, "b", 1) = 1)",
  };
  const auto found = lab::between("\"a\"", "\"b\"", lines);
  CHECK(found == std::vector<std::string>{lines[2], lines[3]});
  CHECK_THROWS_WITH(lab::between("\"a\"", "\"c\"", lines), "the trace has no line with \"c\"");
}

TEST_CASE("a chapter whose server does not echo is shown as failed, and the others still run") {
  if (!lab::has_strace()) return;
  const BudgetsTree tree;
  tree.add_chapter("01_blocking", kBuild / "01_blocking" / "server");
  tree.add_chapter("04_poll", server_of("04_poll"));
  const Result result = tree.run({"--echoes", "1"});
  CHECK(result.status == 1);
  CHECK(lab::contains(result.out, "in one of 1 echoes"));
  CHECK(lab::contains(lab::row(result, "01_blocking"), "failed"));
  CHECK(lab::contains(result.err, "\n01_blocking: an echo did not come back\n"));
  CHECK(parse(lab::row(result, "04_poll")).calls == lab::kPollCall + ", read, write");
}

TEST_CASE("where strace may not trace, one line says so, and what it needs") {
  const BudgetsTree tree;
  const path strace = tree.script("strace", "echo 'strace: not permitted' >&2; exit 1");
  const std::string first = "PATH=" + strace.parent_path().string() + ":" + std::getenv("PATH");
  const Result result = tree.run({}, {"env", first});
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK(result.err ==
        "strace may not trace here (a container needs the capability SYS_PTRACE): strace: not "
        "permitted\n");
}

TEST_CASE("where strace is missing, one line says so") {
  const Result result = BudgetsTree().run({}, {"env", "PATH=/nowhere"});
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK(result.err == "run strace: No such file or directory (README.md says what to install)\n");
}
