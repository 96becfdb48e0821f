// Does demo show each chapter that is built, and say so when one fails?

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "lab/support/build_tree.hpp"
#include "lab/support/program.hpp"
#include "lab/support/shell.hpp"
#include "lab/support/text.hpp"

namespace {

using lab::Result;
using std::filesystem::path;

const path kBuild = BUILD_DIR;
const path kServer = kBuild / "01_blocking" / "server";
const path kClient = kBuild / "01_blocking" / "client";

/// demo's build directory, with the chapters that a test adds.
class DemoTree : public lab::BuildTree {
 public:
  DemoTree() : lab::BuildTree(kBuild / "lab" / "demo") {}

  void add_chapter(const std::string& name, const path& server = kServer,
                   const path& client = kClient) const {
    create_symlink(server, place(name, "server"));
    create_symlink(client, place(name, "client"));
  }

  Result demo() const { return run({"--clients", "2", "--delay", "20ms"}); }
};

/// A row with a figure in every column, none of them 0 that cannot be, and then `note`.
bool has_figures(const std::string& row, const std::string& note) {
  std::istringstream words(row);
  std::string chapter, rest;
  double wall = 0, cpu = -1;
  int threads = 0, switches = 0;
  char s = ' ';
  words >> chapter >> wall >> s >> cpu >> s >> threads >> switches;
  std::getline(words >> std::ws, rest);
  return wall > 0 && cpu >= 0 && threads > 0 && switches > 0 && rest == note;
}

/// demo has failed, with `error`, for 02_threads, and has still shown 99_later.
void check_only_02_failed(const Result& result, const std::string& error) {
  CHECK(result.status == 1);
  CHECK(lab::contains(lab::row(result, "02_threads"), "failed"));
  INFO(result.err);
  CHECK(lab::contains(result.err, "\n02_threads: "));
  CHECK(lab::contains(result.err, error));
  CHECK(has_figures(lab::row(result, "99_later"), ""));
}

}  // namespace

TEST_CASE("every chapter of this build takes part and succeeds") {
  const Result result = lab::run({kBuild / "lab" / "demo", "--delay", "20ms"});
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(lab::contains(result.out, "10 clients at once, 0.02s from start to end"));
  CHECK(has_figures(lab::row(result, "01_blocking"), "one at a time: the delays add up"));
}

TEST_CASE("the table has a row for each built chapter, in their order, with or without a note") {
  const DemoTree tree;
  tree.add_chapter("99_later");
  tree.add_chapter("01_blocking");
  tree.add_chapter("scratch");
  create_symlink(kServer, tree.place("02_threads", "server"));
  const Result result = tree.demo();
  CHECK(result.status == 0);
  CHECK(has_figures(lab::row(result, "01_blocking"), "one at a time: the delays add up"));
  CHECK(has_figures(lab::row(result, "99_later"), ""));
  CHECK(result.out.find("01_blocking") < result.out.find("99_later"));
  CHECK_FALSE(lab::contains(result.out, "scratch"));
  CHECK_FALSE(lab::contains(result.out, "02_threads"));
}

TEST_CASE("where standard error is no terminal, the progress is one line for each chapter") {
  const DemoTree tree;
  tree.add_chapter("01_blocking");
  tree.add_chapter("99_later");
  CHECK(tree.demo().err == "01_blocking ...\n99_later ...\n");
}

TEST_CASE("the wall time of the blocking chapter holds one delay for each client") {
  const DemoTree tree;
  tree.add_chapter("01_blocking");
  const std::string figures = lab::row(tree.demo(), "01_blocking").substr(sizeof "01_blocking");
  CHECK(std::stod(figures) >= 0.04);
}

TEST_CASE("a chapter whose server does not start is shown as failed, and the others still run") {
  const DemoTree tree;
  const path server = tree.script("server", "echo \"no start with $*\" >&2; exit 1");
  tree.add_chapter("02_threads", server);
  tree.add_chapter("99_later");
  check_only_02_failed(tree.demo(), "no start with --port 0 --connections 2 --delay 20000us");
}

TEST_CASE("a chapter without a program to run is shown as failed") {
  const DemoTree tree;
  const path server = tree.place("scripts", "server");
  std::ofstream(server) << "not a program\n";
  tree.add_chapter("02_threads", server);
  tree.add_chapter("99_later");
  check_only_02_failed(tree.demo(), "Permission denied");
}

TEST_CASE("a chapter whose server exits with another status than 0 is shown as failed") {
  const DemoTree tree;
  tree.add_chapter("02_threads",
                   tree.script("server", lab::for_shell(kServer) + " \"$@\"; exit 3"));
  tree.add_chapter("99_later");
  check_only_02_failed(tree.demo(), "the server exited with 3; it wrote:\nlistening on ");
}

TEST_CASE("a chapter whose client fails is shown as failed, and nothing waits for its server") {
  const DemoTree tree;
  const path client = tree.script("client", "echo 'connect: refused' >&2; exit 1");
  tree.add_chapter("02_threads", kServer, client);
  tree.add_chapter("99_later");
  check_only_02_failed(tree.demo(), "the client exited with 1; it wrote:\nconnect: refused");
}

TEST_CASE("a chapter whose client dies of a signal is shown as failed") {
  const DemoTree tree;
  tree.add_chapter("02_threads", kServer, tree.script("client", "kill -KILL $$"));
  tree.add_chapter("99_later");
  check_only_02_failed(tree.demo(), "the client died of signal 9");
}

TEST_CASE("a server that died under its client is told with the client's failure") {
  const DemoTree tree;
  const std::string pid = lab::for_shell(tree.place("scripts", "pid"));
  tree.add_chapter(
      "02_threads",
      tree.script("server", "echo $$ >" + pid + "; echo 'listening on :1' >&2; kill $$"),
      tree.script("client", "until grep -q zombie /proc/$(cat " + pid +
                                ")/status; do :; done; echo 'reset' >&2; exit 1"));
  tree.add_chapter("99_later");
  check_only_02_failed(tree.demo(), "it wrote:\nreset\nthe server died of signal 15");
}

TEST_CASE("a chapter whose client leaves a line out is shown as failed") {
  const DemoTree tree;
  const path client = tree.script("client", lab::for_shell(kClient) + " \"$@\" | grep -v 'end 2'");
  tree.add_chapter("02_threads", kServer, client);
  tree.add_chapter("99_later");
  check_only_02_failed(tree.demo(), "the client did not print start and end 1 to 2 but:\nstart 1");
}

TEST_CASE("a build directory without a chapter is an error") {
  const Result result = DemoTree().demo();
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK(lab::contains(result.err,
                      "no chapter is built in " + std::filesystem::temp_directory_path().string()));
}

TEST_CASE("help shows the delay that is used without --delay") {
  const Result result = lab::run({kBuild / "lab" / "demo", "--help"});
  CHECK(result.status == 0);
  CHECK(lab::contains(lab::about_flag(result.out, "--delay"), "0.3s"));
}
