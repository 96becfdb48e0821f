// Does cores count what the text says of each way? And does its flag do what it says?

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "lab/support/build_tree.hpp"
#include "lab/support/program.hpp"

namespace {

/// One line of cores, with its four threads.
struct Row {
  std::vector<std::uint64_t> took = std::vector<std::uint64_t>(4);
  std::uint64_t wakes = 0;
  std::uint64_t left = 0;

  [[nodiscard]] std::uint64_t most() const { return *std::max_element(took.begin(), took.end()); }
  [[nodiscard]] std::uint64_t least() const { return *std::min_element(took.begin(), took.end()); }
};

Row row(const std::string& way, const std::vector<std::string>& flags = {}) {
  std::vector<std::string> command{std::string(BUILD_DIR) + "/lab/cores"};
  command.insert(command.end(), flags.begin(), flags.end());
  const lab::Result result = lab::run(command);
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  std::istringstream words(lab::row(result, way).substr(15));
  std::string word;
  Row row;
  words >> word;
  for (std::uint64_t& count : row.took) words >> count;
  words >> row.wakes >> word >> row.left;
  CHECK(word == "wakes");
  CHECK(row.took[0] + row.took[1] + row.took[2] + row.took[3] == 100);
  return row;
}

}  // namespace

TEST_CASE("with one listener in four epolls a connection wakes all four") {
  const Row shared = row("one listener");
  CHECK(shared.wakes >= 350);
  CHECK(shared.wakes <= 450);
  CHECK(shared.left == 0);
}

TEST_CASE("with EPOLLEXCLUSIVE a connection wakes one, and that one takes nearly all") {
  const Row exclusive = row("EPOLLEXCLUSIVE");
  CHECK(exclusive.wakes >= 100);
  CHECK(exclusive.wakes <= 130);
  CHECK(exclusive.most() >= 50);  // the others take some while it waits for a core
  CHECK(exclusive.left == 0);
}

TEST_CASE(
    "with SO_REUSEPORT a connection wakes one, each takes its part, and a busy one leaves its own "
    "waiting") {
  const Row reuseport = row("SO_REUSEPORT");
  CHECK(reuseport.wakes >= 100);
  CHECK(reuseport.wakes <= 130);
  CHECK(reuseport.least() >= 5);
  CHECK(reuseport.most() <= 55);
  CHECK(reuseport.left >= 5);
  CHECK(reuseport.left <= 55);
}

TEST_CASE("with the runtime's workers a connection wakes one, and nobody waits for a busy one") {
  const Row pool = row("07 --workers");
  CHECK(pool.wakes >= 90);
  CHECK(pool.wakes <= 220);
  CHECK(pool.left == 0);
}

TEST_CASE("with one place all wait for the one that has it, and with two nobody") {
  CHECK(row("07 --workers", {"--places", "1"}).left == 100);
  CHECK(row("07 --workers", {"--places", "2"}).left == 0);
}
