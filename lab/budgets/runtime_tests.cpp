// What may chapter 07's runtime cost? What build/lab/runtime_table counts has a limit there, and is
// held to it here.

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "lab/support/build_tree.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/program.hpp"
#include "lab/support/ring.hpp"

namespace {

const std::string kTable = std::filesystem::path(BUILD_DIR) / "lab" / "runtime_table";

/// Its figures with this text in their names are all within their limits.
void check_figures(const std::string& text) {
  const lab::Result result = lab::run({kTable, "--alone", "--only", text});
  INFO(result.out << result.err);
  if (lab::contains(result.err, "run valgrind: No such file")) {
    std::puts("skipped: valgrind is not installed");
    return;
  }
  CHECK(result.status == 0);
  CHECK(lab::contains(result.out, text));
}

}  // namespace

TEST_CASE("07: the instructions of an echo are within their limits, for one and for fifty") {
  check_figures("instructions of an echo");
}

TEST_CASE("07: an idle connection takes no more bytes than its limit") {
  if (!lab::has_open_files(4000)) return;
  check_figures("bytes of an idle connection");
}

TEST_CASE("07: an echo beside ten thousand tasks that one joins takes hardly more than alone") {
  check_figures("instructions beside 10,000 joined tasks");
}

TEST_CASE("07: two workers that have nothing to do are left asleep") {
  if (!lab::has_strace()) return;
  check_figures("futex calls of two workers");
}

TEST_CASE("completions: many echoes that are ready at once take two system calls together") {
  const std::string rings = std::filesystem::path(BUILD_DIR) / "lab" / "rings";
  const std::string server =
      std::filesystem::path(BUILD_DIR) / "07_futures_tasks" / "echo_server_uring";
  if (!lab::has_ring(server) || !lab::has_strace() || !lab::has_open_files(4000)) return;
  const lab::Result result = lab::run({rings, "--only", "io_uring"});
  INFO(result.out << result.err);
  if (lab::contains(result.err, "run valgrind: No such file")) {
    std::puts("skipped: valgrind is not installed");
    return;
  }
  CHECK(result.status == 0);
  CHECK(lab::contains(result.out, "\nio_uring  "));
}

TEST_CASE("where valgrind is missing, a line says so, and the exit status") {
  const lab::Result result =
      lab::run({"env", "PATH=/nowhere", kTable, "--alone", "--only", "instructions beside"});
  CHECK(result.status == 1);
  CHECK(lab::contains(result.out, "failed: the reason is below"));
  CHECK(result.err.ends_with(
      "run valgrind: No such file or directory (README.md says what to install)\n"));
}

TEST_CASE("figures of which there are none are an error before any work") {
  const lab::Result result = lab::run({kTable, "--only", "jokes"});
  CHECK(result.status == 1);
  CHECK(result.err == "no figure has \"jokes\" in its name\n");
}
