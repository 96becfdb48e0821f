// What was measured, and where? The machine, its cores, and how busy all of it was.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"

namespace bench {

/// Lines like "processor: …": what figures depend on.
std::vector<std::string> describe_machine();

/// CPU time that the whole machine has been busy so far, on all cores, in steps of 10 ms; what a
/// hypervisor gave to others included. See proc(5), stat.
common::Duration busy_time();

/// CPU time that this process has used so far.
common::Duration own_time();

/// Keeps the calling thread, and the programs that it starts from now on, on one core.
void stay_on_core(std::size_t core);

/// Two cores that this process may use: one for a server and one for who asks it. Nothing where
/// there is only one.
struct Cores {
  std::size_t server;
  std::size_t client;
};
std::optional<Cores> two_cores();

}  // namespace bench
