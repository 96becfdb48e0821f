#include "lab/explore/positions.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/poller/poller.hpp"
#include "lab/explore/crew.hpp"
#include "lab/explore/game.hpp"

namespace explore {
namespace {

using Json = nlohmann::ordered_json;

/// The line in the source, and its file as the repository has it. A copy that has a line left out
/// has all other lines of the file that it is a copy of.
struct Source {
  std::string file;
  std::string text;
};

std::string line_of(const std::filesystem::path& file, unsigned number) {
  std::ifstream stream(file);
  std::string line;
  for (unsigned i = 0; i < number && std::getline(stream, line); ++i) continue;
  if (!stream)
    throw std::runtime_error("no line " + std::to_string(number) + " in " + file.string());
  line.erase(0, line.find_first_not_of(' '));
  return line;
}

Source source_of(const Place& where) {
  const std::string file = std::filesystem::path(where.file).lexically_normal();
  // Where it was compiled may be another place than this: what follows these is the same.
  for (const auto& [part, directory] : std::initializer_list<std::pair<const char*, const char*>>{
           {"broken/runtime/", BROKEN_DIR "/runtime/"},
           {"07_futures_tasks/runtime/", SOURCE_DIR "/07_futures_tasks/runtime/"},
           {"lab/explore/", SOURCE_DIR "/lab/explore/"}}) {
    const std::size_t at = file.rfind(part);
    if (at == std::string::npos) continue;
    const std::string rest = file.substr(at + std::string_view(part).size());
    const bool copy = part == std::string_view("broken/runtime/");
    return {(copy ? "07_futures_tasks/runtime/" : part) + rest,
            line_of(directory + rest, where.line)};
  }
  throw std::runtime_error("not in the repository: " + file);
}

/// "word_" in "… word_.load()". Nothing for what is no atomic.
std::string member_in(const std::string& line, const std::string& operation) {
  const std::size_t end = line.find("." + operation);
  if (end == std::string::npos) return {};
  const auto is_part = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c));
  };
  std::size_t begin = end;
  while (begin > 0 && is_part(line[begin - 1])) --begin;
  return line.substr(begin, end - begin);
}

std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// What is shared, and what that is in words.
std::string meaning(const std::string& member) {
  if (member == "bytes_") return "the socket";
  return member == "target_" ? "who waits" : "the readiness";
}

/// What a member's value says.
std::string value_text(const std::string& member, std::uint64_t value) {
  if (member == "bytes_") return counted(value, "byte");
  if (member == "target_") return value == 0 ? "empty" : "the task's waker";
  const bool readable = (value & common::ReadySet::readable().bits()) != 0;
  return "tick " + std::to_string(value >> 16) + ", " + (readable ? "readable" : "not ready");
}

/// What the step has seen, and left.
std::string saw(const Taken& taken, const std::string& member) {
  if (!taken.values) return {};
  const auto [before, after] = *taken.values;
  const std::string text = value_text(member, before);
  if (before != after) return text + " → " + value_text(member, after);
  const bool failed = std::string_view(taken.step.what) == "compare_exchange";
  return failed ? text + ": not what it expected" : text;
}

/// The threads' positions, as the runs show them, and what leads from one to the next.
class Graph {
 public:
  /// What is found between two steps of a run. True if it was found before.
  bool look(const std::vector<Taken>& taken, const std::vector<Ahead>& ahead) {
    if (taken.empty()) over_ = false;
    if (over_) return false;
    std::map<std::string, std::uint64_t> values;
    const std::string key = key_of(taken, values);
    const auto [found, is_new] = numbers_.try_emplace(key, all_.size());
    if (is_new) all_.push_back(position(ahead, values));
    if (!taken.empty()) {
      const Taken& last = taken.back();
      const std::string member = steps_[step(last.thread, last.step)]["shared"];
      all_[last_].to[thread(last.thread)] = {found->second, saw(last, member)};
    }
    last_ = found->second;
    over_ = std::none_of(ahead.begin(), ahead.end(), [](const Ahead& one) { return one.can; });
    return !is_new;
  }

  std::string json(const std::string& game) {
    merge(0);
    std::string text = "{\"kind\": \"positions\", \"game\": " + Json(game).dump() + ",\n";
    text += " \"threads\": " + Json(threads_).dump() + ",\n";
    text += " \"shared\": " + members().dump() + ",\n \"steps\": [";
    text += lines(steps_) + "],\n \"positions\": [" + lines(in_order()) + "]}\n";
    return text;
  }

 private:
  struct Position {
    std::vector<std::optional<std::size_t>> next;  // none: it has ended
    std::map<std::string, std::uint64_t> values;
    std::map<std::size_t, std::pair<std::size_t, std::string>> to{};  // by thread
    std::optional<std::size_t> merged{};
  };

  /// What each thread has seen says where in its code it is. Where there is no value to be seen, it
  /// is who was there, one after the other.
  std::string key_of(const std::vector<Taken>& taken,
                     std::map<std::string, std::uint64_t>& values) {
    std::map<std::string, std::string> seen;
    std::map<Name, std::string> touched;
    for (const Taken& one : taken) {
      const std::size_t number = step(one.thread, one.step);
      seen[one.thread] += std::to_string(number) + " ";
      if (one.values) {
        const std::string member = steps_[number]["shared"];
        const auto [before, after] = *one.values;
        seen[one.thread] += std::to_string(before) + ">" + std::to_string(after) + " ";
        initial_.try_emplace(member, before);
        values[member] = after;
      } else {
        touched[one.object] += one.thread + " ";
      }
    }
    std::string key;
    for (const auto& [thread, text] : seen) key += thread + " " + text + "\n";
    for (const auto& [object, text] : touched) key += text + "\n";
    for (const auto& [member, value] : values) key += member + " " + std::to_string(value) + "\n";
    return key;
  }

  Position position(const std::vector<Ahead>& ahead,
                    const std::map<std::string, std::uint64_t>& values) {
    Position position{{}, values};
    for (const Ahead& one : ahead) {
      position.next.emplace_back();
      const std::size_t number = thread(one.thread);
      if (!one.done) position.next[number] = step(one.thread, one.next);
    }
    return position;
  }

  std::size_t thread(const std::string& name) {
    const auto found = std::find(threads_.begin(), threads_.end(), name);
    if (found != threads_.end()) return static_cast<std::size_t>(found - threads_.begin());
    threads_.push_back(name);
    return threads_.size() - 1;
  }

  /// Its number among the steps.
  std::size_t step(const std::string& name, const Step& step) {
    const auto [line, is_new] = sources_.try_emplace({step.where.file, step.where.line}, Source());
    if (is_new) line->second = source_of(step.where);
    const auto& [file, text] = line->second;
    Json json = {
        {"thread", thread(name)}, {"file", file},      {"function", step.where.function},
        {"line", text},           {"what", step.what}, {"shared", member_in(text, step.what)}};
    const auto found = std::find(steps_.begin(), steps_.end(), json);
    const auto number = static_cast<std::size_t>(found - steps_.begin());
    if (found == steps_.end()) steps_.push_back(std::move(json));
    return number;
  }

  [[nodiscard]] Json members() const {
    Json members = Json::array();
    for (const auto& [member, value] : initial_)
      members.push_back({{"name", member}, {"is", meaning(member)}});
    return members;
  }

  /// Its number among those that differ.
  std::size_t merge(std::size_t number) {
    if (all_[number].merged) return *all_[number].merged;
    Json to = Json::array();
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      const auto found = all_[number].to.find(i);
      if (found == all_[number].to.end()) {
        to.push_back(nullptr);
      } else {
        to.push_back({merge(found->second.first), found->second.second});
      }
    }
    const Position& position = all_[number];
    Json json = {{"next", Json::array()}, {"to", to}, {"shared", Json::array()}};
    for (const auto& next : position.next) json["next"].push_back(next ? Json(*next) : Json());
    for (const auto& [member, first] : initial_) {
      const auto found = position.values.find(member);
      const std::uint64_t value = found == position.values.end() ? first : found->second;
      json["shared"].push_back(value_text(member, value));
    }
    const auto found = std::find(merged_.begin(), merged_.end(), json);
    const auto index = static_cast<std::size_t>(found - merged_.begin());
    if (found == merged_.end()) merged_.push_back(std::move(json));
    all_[number].merged = index;
    return index;
  }

  /// Those that differ, the beginning first, and then as they come.
  [[nodiscard]] std::vector<Json> in_order() const {
    std::vector<std::size_t> order = {*all_[0].merged};
    std::vector<std::size_t> place(merged_.size(), merged_.size());
    place[order[0]] = 0;
    std::vector<Json> result;
    for (std::size_t i = 0; i < order.size(); ++i) {
      Json json = merged_[order[i]];
      for (Json& to : json["to"]) {
        if (to.is_null()) continue;
        const std::size_t next = to[0];
        if (place[next] == merged_.size()) {
          place[next] = order.size();
          order.push_back(next);
        }
        to[0] = place[next];
      }
      result.push_back(std::move(json));
    }
    return result;
  }

  static std::string lines(const std::vector<Json>& all) {
    std::string text;
    for (const Json& one : all) text += (text.empty() ? "\n  " : ",\n  ") + one.dump();
    return text;
  }

  std::vector<std::string> threads_;
  std::vector<Json> steps_;
  std::map<std::pair<std::string, unsigned>, Source> sources_;
  std::map<std::string, std::uint64_t> initial_;  // of what is shared
  std::map<std::string, std::size_t> numbers_;
  std::vector<Position> all_;
  std::vector<Json> merged_;
  std::size_t last_ = 0;  // where the run was before
  bool over_ = false;     // nobody can go on: what comes now is no position
};

}  // namespace

std::string positions_of(const std::string& name) {
  const Scenario scenario = game(name);
  Graph graph;
  Tree tree(Orders::all);
  Crew crew;
  do {
    Run run(tree, crew);
    run.watch([&](const auto& ahead) { return graph.look(run.steps(), ahead); });
    scenario(run);
    if (!run.go()) throw std::runtime_error(run.failure());
  } while (tree.next());
  return graph.json(name);
}

}  // namespace explore
