#include "activity.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>

#include "lab/support/server.hpp"

namespace matrix {

namespace {

using namespace std::chrono_literals;

void add_thread(Activity& sum, pid_t thread) {
  try {
    if (lab::state(thread) != 'S') sum.asleep = false;
    sum.sleeps += lab::voluntary_switches(thread);
  } catch (const std::runtime_error&) {
    sum.asleep = false;  // it has just ended
  }
}

/// True if it slept from the one to the other.
bool slept(const Activity& before, const Activity& now) {
  return before.asleep && now.asleep && before.sleeps == now.sleeps;
}

Activity of_all_threads(pid_t pid) {
  Activity sum{true, 0, lab::cpu_time(pid)};
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    add_thread(sum, std::stoi(task.path().filename()));
  }
  return sum;
}

}  // namespace

Activity activity(pid_t pid) {
  if (lab::has_ended(pid)) throw std::runtime_error("the server has ended");
  return of_all_threads(pid);
}

bool ends_soon(pid_t pid) {
  const Activity begin = of_all_threads(pid);
  const auto deadline = common::Clock::now() + 300ms;
  // Whoever is about to end is busy with that.
  const auto known = [&] {
    if (lab::has_ended(pid)) return true;
    const Activity now = of_all_threads(pid);
    return common::Clock::now() > deadline && (now.asleep || now.cpu - begin.cpu > 300ms);
  };
  lab::wait_until(known, "the server ends, sleeps, or spins");
  return lab::has_ended(pid);
}

bool comes_to_rest(pid_t pid, common::Duration spin) {
  const Activity begin = activity(pid);
  Activity last = begin;
  bool rests = false;
  const auto known = [&] {
    std::this_thread::sleep_for(20ms);
    const Activity now = activity(pid);
    rests = slept(std::exchange(last, now), now);
    return rests || now.cpu - begin.cpu > spin;
  };
  lab::wait_until(known, "the server sleeps, or spins");
  return rests;
}

bool Silence::proves_stall() {
  const Activity now = activity(pid_);
  if (now.cpu - begin_.cpu > 500ms) return true;
  if (!slept(std::exchange(last_, now), now)) {
    since_ = common::Clock::now();
    return false;
  }
  return common::Clock::now() - since_ > 1s;
}

}  // namespace matrix
