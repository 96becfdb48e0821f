// Is nothing wrong with the runtime, in any order of what its threads do? And is each line needed?

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "lab/explore/scenarios.hpp"
#include "lab/support/program.hpp"
#include "lab/support/readable.hpp"

namespace explore {
namespace {

using lab::Result;

bool says(const Result& result, const std::string& text) {
  return result.out.find(text) != std::string::npos;
}

void check(const std::vector<Named>& list) {
  for (const Named& named : list) {
    const auto outcome = explore(named);
    INFO(named.name << ":\n" << drawn(outcome));
    CHECK(outcome.failure == "");
    CHECK(outcome.schedules > 1);  // they do meet
  }
}

TEST_CASE("in every order of a few threads' steps no readiness is lost") {
  check(io_scenarios());
}

TEST_CASE("in every order of a few threads' steps no wake is lost, and a task ends once") {
  check(task_scenarios());
}

TEST_CASE("in every order of a few threads' steps a timer fires once, or never") {
  check(time_scenarios());
}

TEST_CASE("in every order of a few threads' steps no child of a set is forgotten") {
  check(many_scenarios());
}

TEST_CASE("in every order of a few threads' steps no value, permit or notification is lost") {
  check(channel_scenarios());
}

TEST_CASE("in every order of a few threads' steps block_on is woken, and leaves nothing behind") {
  check(thread_scenarios());
}

TEST_CASE("in few orders of a pool's steps no wake is lost, and no event") {
  check(pool_scenarios());
}

Result run_without(const std::string& flag) {
  return lab::run({std::string(BUILD_DIR) + "/lab/explore_broken", flag});
}

TEST_CASE("without the second look an event is lost, and the order in which it is is printed") {
  const Result result = run_without("--no-second-look");
  INFO(result.out << result.err);
  CHECK(result.status == 1);
  const auto looks = result.out.find("look       load              0\n");
  const auto comes = result.out.find("set_ready  compare_exchange  0 -> 0x10001\n");
  const auto stores = result.out.find("store      exchange          0 -> 0x1\n");
  CHECK(looks < comes);
  CHECK(comes < stores);
  CHECK(stores < result.out.size());
  CHECK(says(result, "\nfailed: nobody can go on: task stands before \"next task\"\n"));
}

TEST_CASE("without the tick an event is wiped out by who clears the one before") {
  const Result result = run_without("--no-tick");
  INFO(result.out << result.err);
  CHECK(result.status == 1);
  CHECK(says(result, "clear      compare_exchange  0x20001 -> 0x20000\n"));
  CHECK(says(result, "\nfailed: nobody can go on: task stands before \"next task\"\n"));
}

TEST_CASE("each other line that is left out is missed in some order") {
  const std::string hangs = "nobody can go on: ";
  const std::string is_gone = "used after its end";
  const std::vector<std::pair<std::string, std::string>> failures = {
      {"--recycle-in-turn", "an event of the registration before"},
      {"--sleep-anyway", hangs + "block_on stands before \"epoll_wait\""},
      {"--swallow-wake", hangs + "block_on stands before \"epoll_wait\""},
      {"--forget-elders", is_gone},
      {"--no-reference", is_gone},
      {"--joiner-too-late", hangs + "joiner stands before \"sleep\""},
      {"--keep-nothing", is_gone},
      {"--never-closed", "something was never destroyed"},
      {"--keep-no-other", is_gone},
      {"--leave-driver", hangs + "pool 1 stands before \"epoll_wait\""},
      {"--leave-watch", hangs + "pool 1 stands before \"hold\""},
      {"--look-once", hangs + "pool 1 stands before \"epoll_wait\""}};
  for (const auto& [flag, failure] : failures) {
    const Result result = run_without(flag);
    INFO(flag << result.out << result.err);
    CHECK(result.status == 1);
    CHECK(says(result, "\nfailed: " + failure));
  }
}

}  // namespace
}  // namespace explore
