// Does a command line say what is wrong with it, in the words that the user wrote?

#include "common/cli.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "support.hpp"

using namespace std::chrono_literals;

namespace {

const std::string kServer = std::string(BUILD_DIR) + "/01_blocking/server";

/// What the server says to these flags, without the part that is always there.
std::string complaint(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {kServer, "--port", "0"});
  const lab::Result result = lab::run(flags);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  const std::string begin = kServer + ": ";
  const std::string end = " (" + kServer + " --help lists the flags)\n";
  REQUIRE(result.err.starts_with(begin));
  REQUIRE(result.err.ends_with(end));
  return result.err.substr(begin.size(), result.err.size() - begin.size() - end.size());
}

/// What `--delay text` becomes.
common::Duration delay_of(std::string text) {
  common::Duration delay{};
  common::CommandLine cli("a test", "ctest");
  cli.add_delay(delay);
  std::string program = "program";
  std::string flag = "--delay";
  char* words[] = {program.data(), flag.data(), text.data(), nullptr};
  CHECK(cli.run(3, words, [] { return 0; }) == 0);
  return delay;
}

}  // namespace

TEST_SUITE("command line") {
  TEST_CASE("--delay takes microseconds, milliseconds and seconds, whole or not") {
    CHECK(delay_of("40us") == 40us);
    CHECK(delay_of("250ms") == 250ms);
    CHECK(delay_of("0s") == 0s);
    CHECK(delay_of("1.5s") == 1500ms);
    CHECK(delay_of("86400s") == 24h);
  }

  TEST_CASE("a wrong --delay is repeated, and the units are named where one is missing") {
    const std::string units = " is not a number with a unit, us, ms or s: 2s, 250ms, 40us";
    for (const std::string delay : {"5", "-5", "1h", "fast", "s", "5s5", "-5s", "+5s", " 5s", "5 s",
                                    "0x10ms", "1e3s", "nans", "infms", "1.5.5s", ".s", ""}) {
      CHECK(complaint({"--delay", delay}) == "--delay: " + delay + units);
    }
    for (const std::string& delay : {std::string("86401s"), std::string(400, '9') + "s"}) {
      CHECK(complaint({"--delay", delay}) == "--delay: " + delay + " is not between 0s and a day");
    }
  }

  TEST_CASE("--peer-timeout is none, or a second at least") {
    CHECK(complaint({"--peer-timeout", "999ms"}) ==
          "--peer-timeout: 999ms is less than a second; 0s is for ever");
    CHECK(complaint({"--peer-timeout", "60"}).starts_with("--peer-timeout: 60 is not a number"));
    for (const std::string time : {"0s", "1s", "86400s"}) {
      lab::Server server(kServer, {"--peer-timeout", time});
      CHECK(server.stop().status == 0);
    }
  }

  TEST_CASE("a number that a flag does not take is repeated") {
    CHECK(complaint({"--connections", "-3"}) == "--connections: -3 is not a number of 1 or more");
    CHECK(complaint({"--connections", "x"}) == "--connections: x is not a number of 1 or more");
  }

  TEST_CASE("a number is decimal, whatever it begins with, also in the environment") {
    common::Endpoint endpoint;
    std::uint64_t connections = 100;
    std::uint64_t count = 0;
    std::uint64_t by_environment = 0;
    ::setenv("A_TEST_COUNT", "010", 1);
    const auto bind = [&](common::CommandLine& cli) {
      cli.add_endpoint(endpoint);
      cli.add_connections(connections);
      cli.add_count("--count", "", count);
      cli.add_count("--by-environment", "", by_environment, 0, 100, "A_TEST_COUNT");
    };
    CHECK(common::parse({"--port", "08000", "--connections", "010", "--count", "0099"}, bind) == 0);
    CHECK(endpoint.port == 8000);
    CHECK(connections == 10);
    CHECK(count == 99);
    CHECK(by_environment == 10);
    for (const char* wrong : {"0x10", "+5", " 5", "1e1"}) {
      ::setenv("A_TEST_COUNT", wrong, 1);
      CHECK(common::parse({}, bind) == 2);
    }
    ::unsetenv("A_TEST_COUNT");
  }

  TEST_CASE("a number has nothing but digits") {
    for (const std::string number :
         {"+5", " 5", "5 ", "1e3", "0x10", "5.", "-0", "", "18446744073709551616"}) {
      CHECK(complaint({"--connections", number}) ==
            "--connections: " + number + " is not a number of 1 or more");
      CHECK(complaint({"--port", number}) == "--port: " + number + " is not between 0 and 65535");
    }
  }

  TEST_CASE("a flag that there is not is named as it was written, and a word too many, too") {
    CHECK(complaint({"--deley", "5s"}) == "there is no flag --deley");
    CHECK(complaint({"--deley=5s"}) == "there is no flag --deley=5s");
    CHECK(complaint({"-xyz"}) == "there is no flag -xyz");
    CHECK(complaint({"--delay", "5s", "6s"}) == "what is 6s?");
  }

  TEST_CASE("between the paragraphs of a program's help there is one blank line") {
    const lab::Result result = lab::run({kServer, "--help"});
    CHECK(result.status == 0);
    CHECK_MESSAGE(result.out.find("\n\nbreak it:\n") != std::string::npos, result.out);
    CHECK_MESSAGE(result.out.find("\n\n\n") == std::string::npos, result.out);
  }
}
