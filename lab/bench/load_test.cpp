// Does the load generator count right, and does it see when an echo server lies?

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/thread.hpp"
#include "lab/support/watchdog.hpp"
#include "load_generator.hpp"

namespace {

using bench::Histogram;
using bench::Load;
using bench::LoadGenerator;
using lab::Server;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::filesystem::path kBuild = BUILD_DIR;

/// An echo server for one connection, on a thread, that does with the bytes what a test likes:
/// what is left of them goes back.
class OddServer {
 public:
  /// `change` gets the bytes of one read, and how many came before them.
  template <class Change>
  explicit OddServer(Change change)
      : listener_(common::listen_tcp("127.0.0.1", 0)),
        port_(common::local_address(listener_.get()).port()),
        thread_([this, change] { serve(change); }) {}

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  template <class Change>
  void serve(Change change) const {
    try {
      const common::Fd socket = common::accept(listener_.get());
      std::string bytes(100, '\0');
      for (std::uint64_t before = 0;; before += bytes.size()) {
        bytes.resize(100);
        bytes.resize(common::read_some(socket.get(), bytes));
        const std::size_t size = bytes.size();
        if (size == 0 || !change(bytes, before)) return;
        common::write_all(socket.get(), bytes);
        bytes.resize(size);
      }
    } catch (const std::system_error&) {
      // The generator has gone, as it should: it has found out.
    }
  }

  common::Fd listener_;
  std::uint16_t port_;
  lab::Thread thread_;  // ends when the generator has closed its connection
};

Load load_on(std::uint16_t port, Load load) {
  load.server.port = port;
  return load;
}

/// What the generator says of a server that a hundred messages of 64 bytes, one after the other,
/// are too many for.
template <class Change>
std::string complaint_about(Change change, common::Duration patience = seconds(60)) {
  const lab::Watchdog watchdog(seconds(100));
  const OddServer server(change);
  try {
    LoadGenerator generator(load_on(server.port(), {.active = 1, .patience = patience}));
    generator.run(seconds(60));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing";
}

TEST_CASE("a histogram without values has no percentiles") {
  const Histogram none;
  CHECK(none.percentile(50) == 0);
  CHECK(none.percentile(100) == 0);
  CHECK(none.max() == 0);
}

TEST_CASE("small values are counted as they are") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 30; ++value) histogram.add(value);
  CHECK(histogram.count() == 30);
  CHECK(histogram.percentile(0) == 1);
  CHECK(histogram.percentile(50) == 15);
  CHECK(histogram.percentile(90) == 27);
  CHECK(histogram.percentile(100) == 30);
}

TEST_CASE("a percentile is at most a thirty-second part above its value, and never below") {
  for (std::uint64_t value = 1; value < std::uint64_t{1} << 62; value += value / 3 + 1) {
    Histogram histogram;
    histogram.add(value);
    histogram.add(~std::uint64_t{0});
    const std::uint64_t found = histogram.percentile(50);
    CHECK(found >= value);
    CHECK(found - value <= value / 32);
  }
}

TEST_CASE("the largest value of all has a bucket, and the percentile knows the maximum") {
  Histogram histogram;
  histogram.add(1'000'000);
  CHECK(histogram.percentile(99.9) == 1'000'000);
  histogram.add(~std::uint64_t{0});
  CHECK(histogram.percentile(100) == ~std::uint64_t{0});
}

TEST_CASE("one value in a thousand shows in the last percentiles only") {
  Histogram histogram;
  for (int i = 0; i < 999; ++i) histogram.add(10);
  histogram.add(31);
  CHECK(histogram.percentile(99) == 10);
  CHECK(histogram.percentile(99.9) == 10);
  CHECK(histogram.percentile(99.95) == 31);
}

TEST_CASE("a real echo server is kept busy, and each latency is counted") {
  if (!lab::has_open_files(500)) return;
  Server server(kBuild / "06_epoll_edge" / "echo_server");
  LoadGenerator generator(load_on(server.port(), {.active = 10, .idle = 300}));
  const auto echoes = generator.run(milliseconds(50));
  CHECK(echoes.count >= 10);
  CHECK(echoes.latency.count() == echoes.count);
  CHECK(echoes.wall >= milliseconds(50));
  CHECK(generator.run(milliseconds(1)).count >= 10);  // nothing was left over
  CHECK(lab::open_files(server.pid()) >= 310);
}

TEST_CASE("messages larger than every buffer on the way, many at once, come back whole") {
  Server server(kBuild / "07_futures_tasks" / "echo_server");
  LoadGenerator generator(load_on(server.port(), {.active = 3, .pipeline = 8, .size = 1'000'000}));
  CHECK(generator.run(milliseconds(1)).count >= 24);
}

TEST_CASE("a server that changes one byte is found out, and the byte is named") {
  const auto change = [](std::string& bytes, std::uint64_t before) {
    if (before <= 5'000 && 5'000 < before + bytes.size()) bytes[5'000 - before] ^= 1;
    return true;
  };
  const std::string complaint = complaint_about(change);
  INFO(complaint);
  CHECK(complaint.starts_with("connection 1: byte 5001 was sent as 0x"));
}

TEST_CASE("a server that loses a byte is found out, though bytes as such come back") {
  const auto lose = [](std::string& bytes, std::uint64_t before) {
    if (before > 5'000) bytes.erase(0, 1);
    return true;
  };
  CHECK(complaint_about(lose).find(" and came back as 0x") != std::string::npos);
}

TEST_CASE("a server that sends more than it got is found out") {
  const auto add = [](std::string& bytes, std::uint64_t before) {
    if (before > 5'000) bytes += "more";
    return true;
  };
  CHECK(complaint_about(add) == "connection 1: more came back than was sent");
}

TEST_CASE("a server that stops to echo is reported, with how many wait") {
  const auto stop = [](std::string& bytes, std::uint64_t before) {
    if (before > 5'000) bytes.clear();
    return true;
  };
  CHECK(complaint_about(stop, milliseconds(300)) ==
        "nothing came back for 0.3 s; 1 of 1 connections wait for an echo");
}

TEST_CASE("a server that hangs up is reported") {
  const auto hang_up = [](const std::string&, std::uint64_t before) { return before < 5'000; };
  const std::string complaint = complaint_about(hang_up);
  INFO(complaint);
  const bool told = complaint == "connection 1: the server has ended it" ||
                    complaint == "read: Connection reset by peer" ||
                    complaint == "write: Broken pipe" ||
                    complaint == "write: Connection reset by peer";
  CHECK(told);
}

TEST_CASE("a server for one connection at a time does not serve a second one, which is said") {
  Server server(kBuild / "01_blocking" / "echo_server");
  CHECK_NOTHROW(LoadGenerator(load_on(server.port(), {.active = 1})));
  std::string complaint;
  try {
    LoadGenerator(load_on(server.port(), {.active = 2, .patience = milliseconds(300)}));
  } catch (const std::runtime_error& error) {
    complaint = error.what();
  }
  INFO(complaint);  // on a machine with much else to do, the first one may wait, too
  CHECK(complaint.starts_with("nothing came back for 0.3 s; "));
  CHECK(complaint.ends_with(" of 2 connections wait for an echo"));
}

TEST_CASE("load prints its figures, and what is wrong in one line") {
  Server server(kBuild / "05_epoll_level" / "echo_server");
  const auto load = [](const std::string& port) {
    return lab::run({kBuild / "lab" / "load", "--port", port, "--active", "2", "--idle", "3"});
  };
  const auto good = load(std::to_string(server.port()));
  INFO(good.out << good.err);
  CHECK(good.status == 0);
  CHECK(good.out.find("each byte came back as it was sent\np50=") != std::string::npos);
  CHECK(good.out.find("3 idle connections are still open\n") != std::string::npos);

  const lab::DeadPort dead;
  const auto bad = load(dead.port);
  CHECK(bad.status == 1);
  CHECK(bad.err == "connect 127.0.0.1:" + dead.port + ": Connection refused\n");
}

}  // namespace
