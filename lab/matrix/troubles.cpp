#include "troubles.hpp"

#include <filesystem>

namespace matrix {

Trouble trouble_with(const std::string& program, const Scene::Flags& flags, const std::string& name,
                     const std::string& what, const std::function<void(Scene&)>& make) {
  return {name, program + ": " + what, [=](const Column& column) -> std::optional<Cell> {
            if (!exists(column.file(program))) return std::nullopt;
            return Scene(column, program, flags).judge(make);
          }};
}

std::vector<Trouble> all_troubles() {
  std::vector<Trouble> all;
  for (const auto& kind : {troubles_with_clients(), shortages(), faults(), troubles_at_the_end(),
                           troubles_at_the_door()}) {
    all.insert(all.end(), kind.begin(), kind.end());
  }
  return all;
}

}  // namespace matrix
