// Does a soak let good servers pass, and notice each kind of bad one?

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lab/support/build_tree.hpp"
#include "lab/support/program.hpp"

namespace {

using lab::Result;
using std::filesystem::path;

const path kBuild = BUILD_DIR;

Result soak_faulty(const std::string& fault, const std::string& grace) {
  return lab::run({"env", "FAULT=" + fault, kBuild / "lab" / "soak", "--echo-server",
                   kBuild / "lab" / "faulty_server", "--seconds", "1", "--seed", "1", "--margin",
                   "1", "--grace", grace});
}

void check_noticed(const std::string& fault, const std::string& error,
                   const std::string& grace = "60s") {
  const Result result = soak_faulty(fault, grace);
  INFO(result.out << result.err);
  CHECK(result.status == 1);
  CHECK(lab::contains(lab::row(result, "lab/faulty_server"), "failed"));
  CHECK(lab::contains(result.err, "lab/faulty_server: " + error));
}

Result soak_all(const std::string& program) {
  return lab::run({kBuild / "lab" / "soak", "--seconds", "1", "--at-once", "8", "--program",
                   program, "--margin", "100000"});
}

}  // namespace

TEST_CASE("every chapter's echo server survives a second of all sorts of clients") {
  const Result result = soak_all("echo_server");
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK_FALSE(lab::row(result, "01_blocking/echo_server").empty());
  CHECK_FALSE(lab::row(result, "06_epoll_edge/echo_server").empty());
}

TEST_CASE("so does every broadcast server") {
  const Result result = soak_all("broadcast_server");
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK_FALSE(lab::row(result, "06_epoll_edge/broadcast_server").empty());
}

TEST_CASE("so does every server of datagrams") {
  const Result result = soak_all("udp_echo");
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK_FALSE(lab::row(result, "04_poll/udp_echo").empty());
}

// What these two forget they will not remember: no use to wait.
TEST_CASE("a descriptor that is never closed is noticed") {
  check_noticed("descriptor", "not closed when all clients had gone: ", "100ms");
}

TEST_CASE("a thread that never ends is noticed") {
  check_noticed("thread", "not closed when all clients had gone: ", "100ms");
}

TEST_CASE("memory that grows is noticed") {
  check_noticed("memory", "memory grew from ");
}

TEST_CASE("a byte that comes back changed is noticed") {
  check_noticed("byte", "");
}

TEST_CASE("a server that dies is noticed, and what it wrote is told") {
  const Result result = soak_faulty("death", "60s");
  INFO(result.out << result.err);
  CHECK(result.status == 1);
  CHECK(lab::contains(result.err, "lab/faulty_server: the server died: "));
  CHECK(lab::contains(result.err, "this is the end"));
}

TEST_CASE("a server that miscounts its clients is noticed") {
  check_noticed("count", "served=");
}

TEST_CASE("a server that is not there is an error") {
  const Result result =
      lab::run({kBuild / "lab" / "soak", "--chapter", "04_poll", "--program", "x"});
  CHECK(result.status == 1);
  CHECK(result.err == "no such server is built\n");
}
