#include "lab/explore/explorer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "lab/explore/crew.hpp"

namespace explore {
namespace {

/// Threads that stand in the middle of something may still look at these.
void keep_for_ever(std::unique_ptr<Run> run, std::unique_ptr<Crew> crew) {
  static auto& kept = *new std::vector<std::pair<std::unique_ptr<Run>, std::unique_ptr<Crew>>>;
  kept.emplace_back(std::move(run), std::move(crew));
}

/// Without what it was instantiated with, which no two compilers write alike.
std::string plain(const char* name) {
  const std::string text = name == nullptr ? "" : name;
  return text.substr(0, text.find('<'));
}

std::string drawn(const std::pair<std::uint64_t, std::uint64_t>& values) {
  const auto [before, after] = values;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), before == after ? "%#llx" : "%#llx -> %#llx",
                static_cast<unsigned long long>(before), static_cast<unsigned long long>(after));
  return text.data();
}

std::string drawn(const Taken& taken) {
  const Place& where = taken.step.where;
  const auto file = std::filesystem::path(plain(where.file)).filename();
  const std::string values = taken.values ? drawn(*taken.values) : "";
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), "%-8s %-24s %-10s %-17s %s", taken.thread.c_str(),
                file.c_str(), plain(where.function).c_str(), taken.step.what, values.c_str());
  const std::string text = line.data();
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

Outcome explore(const Scenario& scenario, Orders orders, std::size_t most_departures) {
  Outcome outcome;
  Tree tree(orders, most_departures);
  auto crew = std::make_unique<Crew>();
  do {
    auto run = std::make_unique<Run>(tree, *crew);
    scenario(*run);
    const bool held = run->go();
    ++(tree.cut() ? outcome.cut : outcome.schedules);
    outcome.longest = std::max(outcome.longest, run->steps().size());
    if (!held) {
      outcome.failure = run->failure();
      outcome.steps = run->steps();
      keep_for_ever(std::move(run), std::move(crew));
      return outcome;
    }
    if (tree.changed()) throw std::logic_error("the scenario is not the same each time");
    if (tree.begins_again()) outcome = Outcome();
  } while (outcome.schedules == 0 || tree.next());
  return outcome;
}

std::string drawn(const Outcome& outcome) {
  std::string text;
  for (std::size_t i = 0; i < outcome.steps.size(); ++i) {
    std::array<char, 24> number{};
    std::snprintf(number.data(), number.size(), "%3zu  ", i + 1);
    text += number.data() + drawn(outcome.steps[i]) + "\n";
  }
  return text;
}

}  // namespace explore
