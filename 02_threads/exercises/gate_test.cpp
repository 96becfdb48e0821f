#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <vector>

#include "gate.hpp"
#include "lab/support/watchdog.hpp"

TEST_CASE("the third waits outside while two are inside, and comes in when one leaves") {
  const lab::Watchdog watchdog;
  Gate gate(2);
  gate.enter();
  gate.enter();
  std::promise<void> comes;
  auto third = std::async(std::launch::async, [&] {
    comes.set_value();
    gate.enter();
  });
  comes.get_future().wait();  // on a busy machine a thread may take its time to begin
  // Whether somebody waits is seen only by looking for a while.
  CHECK(third.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
  gate.leave();
  third.get();
}

TEST_CASE("ten take turns at one place, and none is left outside") {
  const lab::Watchdog watchdog;
  Gate gate(1);
  int inside = 0;  // not atomic: the gate is what keeps it right, and tsan looks
  int most = 0;
  const auto visit = [&] {
    gate.enter();
    most = std::max(most, ++inside);
    --inside;
    gate.leave();
  };
  std::vector<std::future<void>> visitors;
  for (int i = 0; i < 10; ++i) visitors.push_back(std::async(std::launch::async, visit));
  for (auto& visitor : visitors) visitor.get();
  CHECK(most == 1);
}
