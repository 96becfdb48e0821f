// Which troubles are there? One row of the table each.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scene.hpp"

namespace matrix {

struct Trouble {
  std::string name;  // for --trouble
  std::string what;  // in the table
  /// Makes it for a column's server, and judges; std::nullopt where the chapter has none such.
  std::function<std::optional<Cell>(const Column&)> measure;
};

/// All rows, in the table's order.
std::vector<Trouble> all_troubles();

/// Trouble made to one program, started with `flags`.
Trouble trouble_with(const std::string& program, const Scene::Flags& flags, const std::string& name,
                     const std::string& what, const std::function<void(Scene&)>& make);

/// The servers of which a chapter has some or all, and flags with which they are quick.
inline const std::vector<std::pair<std::string, Scene::Flags>> kServers = {
    {"server", {"--delay", "1ms"}},
    {"echo_server", {}},
    {"udp_echo", {}},
    {"broadcast_server", {}}};

// Those of one kind each.
std::vector<Trouble> troubles_with_clients();
std::vector<Trouble> shortages();
std::vector<Trouble> troubles_at_the_end();
std::vector<Trouble> faults();
std::vector<Trouble> troubles_at_the_door();

}  // namespace matrix
