// Is each cell of TUTORIAL.md's table still what it was? And would matrix see it, if it were not?

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "lab/support/build_tree.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/ring.hpp"
#include "lab/support/shell.hpp"

namespace {

using lab::Result;
using std::filesystem::path;

const path kBuild = BUILD_DIR;
const path kMatrix = kBuild / "lab" / "matrix";

constexpr rlim_t kManyFiles = 2100;  // for 2,000 that say nothing

using Row = std::vector<std::string>;

/// The cells of "| a | b |".
Row cells_of(const std::string& line) {
  Row cells;
  std::istringstream text(line);
  std::string cell;
  std::getline(text, cell, '|');
  while (std::getline(text, cell, '|')) cells.push_back(cell.substr(1, cell.size() - 2));
  return cells;
}

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// The rows of the first table whose head begins with "| trouble |". Troubles that share a line,
/// with <br/> between them, have a row each.
std::vector<Row> table_in(std::istream&& text) {
  std::vector<Row> rows;
  for (std::string line; std::getline(text, line);) {
    if (!rows.empty() && !line.starts_with("|")) break;
    if (rows.empty() && !line.starts_with("| trouble |")) continue;
    const Row cells = cells_of(line);
    std::string names = cells[0] + "<br/>";
    for (std::size_t end; (end = names.find("<br/>")) != std::string::npos;
         names.erase(0, end + 5)) {
      rows.push_back(cells);
      rows.back()[0] = names.substr(0, end);
    }
  }
  REQUIRE(rows.size() > 2);
  rows.erase(rows.begin() + 1);  // | --- |
  return rows;
}

/// The cell of this trouble in that column, or what it is that is not there.
std::string cell(const std::vector<Row>& table, const std::string& trouble,
                 const std::string& column) {
  const auto at = std::find(table[0].begin(), table[0].end(), column) - table[0].begin();
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const Row& each) { return each[0] == trouble; });
  if (at == static_cast<std::ptrdiff_t>(table[0].size())) return "no column " + column;
  return row == table.end() ? "no row " + trouble : (*row)[static_cast<std::size_t>(at)];
}

std::vector<Row> table_in_text() {
  return table_in(std::ifstream(path(SOURCE_DIR) / "TUTORIAL.md"));
}

/// Measures a chapter's column again: it must be the same.
void check_column(const std::string& name) {
  const Result result = lab::run({kMatrix, "--chapter", name, "--markdown", "--details"});
  CAPTURE(result.out);
  CHECK_MESSAGE(result.status == 0, result.err);
  const std::vector<Row> measured = table_in(std::istringstream(result.out));
  const std::vector<Row> told = table_in_text();
  CHECK(measured.size() == told.size());
  for (const Row& row : told) {
    CAPTURE(row[0]);
    CHECK(cell(measured, row[0], name) == cell(told, row[0], name));
  }
}

/// What matrix says of one trouble and one server, which has a flag that breaks it.
std::string broken(const std::string& chapter, const std::string& trouble,
                   const std::string& flag) {
  const Result result = lab::run(
      {kMatrix, "--chapter", chapter, "--trouble", trouble, "--details", "--with=" + flag});
  CHECK_MESSAGE(result.status == 0, result.err);
  return result.out;
}

}  // namespace

TEST_CASE(
    "the table in the text: others stall only in 01, only 03 spins, always, and no server dies but "
    "the first of all, of nearly everything") {
  const std::vector<Row> rows = table_in_text();
  const Row& head = rows[0];
  CHECK(head ==
        Row{"trouble", "four_calls", "01", "02", "03", "04", "05", "06", "07", "07w2", "07ring"});
  for (std::size_t row = 1; row < rows.size(); ++row) {
    for (std::size_t column = 1; column < head.size(); ++column) {
      const std::string& cell = rows[row][column];
      CAPTURE(rows[row][0]);
      CAPTURE(head[column]);
      if (cell == "-") continue;
      if (head[column] == "four_calls") {
        CHECK((cell == "survives") == (rows[row][0] == "server: SIGSTOP, then SIGCONT"));
        CHECK((cell == "survives" || cell == "dies"));
        continue;
      }
      CHECK((cell == "spins") == (head[column] == "03"));
      if (head[column] == "03") continue;
      CHECK((cell == "survives" || (cell == "**stalls others**" && head[column] == "01")));
    }
  }
}

TEST_CASE("four_calls dies of all but a pause") {
  if (!lab::has_strace()) return;
  check_column("four_calls");
}

TEST_CASE("01 stalls others while a client stays, and survives the rest") {
  if (!lab::has_strace() || !lab::has_open_files(kManyFiles)) return;
  check_column("01");
}

TEST_CASE("02 survives all") {
  if (!lab::has_strace() || !lab::has_open_files(kManyFiles)) return;
  check_column("02");
}

TEST_CASE("03 spins in all") {
  if (!lab::has_strace() || !lab::has_open_files(kManyFiles)) return;
  check_column("03");
}

TEST_CASE("04 survives all") {
  if (!lab::has_strace() || !lab::has_open_files(kManyFiles)) return;
  check_column("04");
}

TEST_CASE("05 survives all") {
  if (!lab::has_strace() || !lab::has_open_files(kManyFiles)) return;
  check_column("05");
}

TEST_CASE("06 survives all") {
  if (!lab::has_strace() || !lab::has_open_files(kManyFiles)) return;
  check_column("06");
}

TEST_CASE("07 survives all on one thread") {
  if (!lab::has_strace() || !lab::has_open_files(kManyFiles)) return;
  check_column("07");
}

TEST_CASE("07 survives all with two workers") {
  if (!lab::has_strace() || !lab::has_open_files(kManyFiles)) return;
  check_column("07w2");
}

TEST_CASE("07 survives all on a ring") {
  const path server = path(BUILD_DIR) / "07_futures_tasks" / "echo_server_uring";
  if (!lab::has_strace() || !lab::has_ring(server) || !lab::has_open_files(kManyFiles)) return;
  check_column("07ring");
}

TEST_CASE("a server that a signal kills dies") {
  if (!lab::has_strace()) return;
  const std::string out = broken("01", "gone", "--keep-sigpipe");
  CHECK(lab::contains(out, "gone before the write                   dies"));
  CHECK(lab::contains(out, "  01: server: signal 13\n"));
}

TEST_CASE("a server that does not end well when it is told to stop dies") {
  if (!lab::has_strace()) return;
  CHECK(
      lab::contains(broken("02", "sigterm-waiting", "--forget-join"), "told to stop: signal 6: "));
}

TEST_CASE("a server that asks to write with nothing to write, or for what it cannot take, spins") {
  if (!lab::has_strace()) return;
  CHECK(lab::contains(broken("04", "slow", "--always-pollout"), "then                spins"));
  CHECK(lab::contains(broken("05", "descriptors", "--keep-accepting"),
                      "descriptors                 spins"));
}

TEST_CASE("a server that answers with something else is wrong, and one that ends by itself dies") {
  if (!lab::has_strace()) return;
  const lab::BuildTree tree(kMatrix);
  for (const char* program : {"server", "echo_server"}) {
    create_symlink(kBuild / "04_poll" / "server", tree.place("04_poll", program));
  }
  CHECK(lab::contains(tree.run({"--trouble", "split"}).out, "anywhere                 wrong"));
  const path server =
      tree.script("ends", "exec " + lab::for_shell(kBuild / "05_epoll_level" / "server") +
                              " --connections 1 --delay 1ms \"$@\"");
  for (const char* program : {"server", "echo_server"}) {
    create_symlink(server, tree.place("05_epoll_level", program));
  }
  CHECK(lab::contains(tree.run({"--chapter", "05", "--trouble", "reset"}).out, "dies"));
}

TEST_CASE("trouble comes only when a server is ready, however long after its first line that is") {
  if (!lab::has_strace()) return;
  const lab::BuildTree tree(kMatrix);
  for (const char* program : {"server", "echo_server"}) {
    create_symlink(kBuild / "06_epoll_edge" / program, tree.place("06_epoll_edge", program));
  }
  create_symlink(kBuild / "lab" / "slow_start", tree.place("06_epoll_edge", "broadcast_server"));
  const std::string out = tree.run({"--trouble", "ENOBUFS", "--details"}).out;
  CHECK_MESSAGE(lab::contains(out, "broadcast_server: ENOBUFS in epoll_ctl: survives\n"), out);
}

TEST_CASE("--trouble '?' lists the names, each with its row") {
  const Result result = lab::run({kMatrix, "--trouble", "?"});
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(lab::contains(result.out, "ENOMEM                all: ENOMEM in each call\n"));
  CHECK(count_lines(result.out) == table_in_text().size() - 1);
}

TEST_CASE("an unknown chapter or trouble is one clear line and exit status 2") {
  for (const auto& [flag, line] : {std::pair{"--chapter", "no chapter is called x"},
                                   std::pair{"--trouble", "no trouble is called x; there are "}}) {
    const Result result = lab::run({kMatrix, flag, "x"});
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK(result.err.starts_with(line));
  }
}
