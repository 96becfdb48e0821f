// Do the fuzz targets notice what they are for? Each server can be broken by a flag; the inputs
// that are kept must find it out.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <string>

#include "lab/support/program.hpp"

namespace {

using lab::Result;
using std::filesystem::path;

const path kTargets = path(BUILD_DIR) / "lab" / "fuzz";
const path kCorpus = path(SOURCE_DIR) / "lab" / "fuzz" / "corpus";

void check_notices(const std::string& target, const std::string& flag, const std::string& wrong) {
  const std::string corpus = kCorpus / target.substr(0, target.find('_'));
  const Result result =
      lab::run({"env", "FUZZ_FLAG=" + flag, kTargets / target, "--runs", "2000", corpus});
  INFO(result.out << result.err);
  CHECK(result.signal == SIGABRT);
  CHECK(result.err.find("wrong: " + wrong) != std::string::npos);
}

}  // namespace

TEST_CASE("a loop that waits to write when it has nothing to write is noticed") {
  check_notices("echo_04", "--always-pollout", "the server spins");
  check_notices("echo_05", "--keep-epollout", "the server spins");
}

TEST_CASE("an edge that is lost is noticed") {
  check_notices("echo_06", "--no-drain", "the server sleeps");
}

TEST_CASE("a connection that is not registered again is noticed") {
  check_notices("broadcast_06", "--no-rearm", "the server sleeps");
}
