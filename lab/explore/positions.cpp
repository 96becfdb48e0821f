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

#include "lab/explore/crew.hpp"
#include "lab/explore/game.hpp"

namespace explore {
namespace {

using Json = nlohmann::ordered_json;

/// The line in the source, the whole statement that it is a part of, and its file as the repository
/// has it. A copy that has a line left out has all other lines of the file that it is a copy of.
struct Source {
  std::string file;
  std::string line;
  std::string statement;
};

using Lines = std::vector<std::string>;

Lines lines_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  Lines lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Without what is left of it, and without its comment.
std::string code_of(const std::string& line) {
  const std::string code = line.substr(0, line.find("//"));
  const std::size_t begin = code.find_first_not_of(' ');
  return begin == std::string::npos ? ""
                                    : code.substr(begin, code.find_last_not_of(' ') + 1 - begin);
}

bool ends_statement(const std::string& line) {
  const std::string code = code_of(line);
  return code.empty() || std::string_view(";{}:").find(code.back()) != std::string_view::npos;
}

/// The lines of the statement around that one, as far to the left as they go.
std::string statement_at(const Lines& lines, std::size_t number) {
  std::size_t first = number;
  while (first > 0 && !ends_statement(lines[first - 1])) --first;
  const std::size_t indent = lines[first].find_first_not_of(' ');
  std::string text = lines[first].substr(indent);
  for (std::size_t last = first; !ends_statement(lines.at(last)); ++last)
    text += "\n" + lines.at(last + 1).substr(indent);
  return text;
}

/// Where `lines` have that line, if possible after as many others as it has before it elsewhere.
std::size_t find_near(const Lines& lines, const std::string& line, std::size_t number) {
  std::size_t found = lines.size();
  const auto far = [number](std::size_t i) { return i < number ? number - i : i - number; };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == line && (found == lines.size() || far(i) < far(found))) found = i;
  }
  if (found == lines.size()) throw std::runtime_error("not in the repository: " + line);
  return found;
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
    const std::string original = (copy ? "07_futures_tasks/runtime/" : part) + rest;
    const std::string line = lines_of(directory + rest).at(where.line - 1);
    const Lines lines = lines_of(SOURCE_DIR "/" + original);
    return {original, code_of(line), statement_at(lines, find_near(lines, line, where.line - 1))};
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

/// What is shared, and what that is in words.
std::string meaning(const std::string& member) {
  if (member == "bytes_") return "the socket";
  return member == "target_" ? "who waits" : "the readiness";
}

/// What a member's value says.
std::string value_text(const std::string& member, std::uint64_t value) {
  if (member == "bytes_") return counted(value, "byte");
  if (member == "target_") return value == 0 ? "empty" : "the task's waker";
  return readiness(value);
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
    if (is_new) all_.push_back(position(taken, ahead, values));
    if (!taken.empty()) {
      const Taken& last = taken.back();
      const std::size_t number = step(last.thread, last.step, last_function(taken, last.thread, 1));
      all_[last_].to[thread(last.thread)] = {found->second, saw(last, steps_[number]["shared"]),
                                             came(last, moves_[number])};
    }
    last_ = found->second;
    over_ = std::none_of(ahead.begin(), ahead.end(), [](const Ahead& one) { return one.can; });
    return !is_new;
  }

  std::string json(const std::string& game) {
    merge(0);
    const auto [begins, line] = introduction(game);
    std::string text = "{\"kind\": \"positions\", \"game\": " + Json(game).dump() + ",\n";
    text +=
        " \"begins\": " + Json(begins).dump() + ",\n \"good_for\": " + Json(line).dump() + ",\n";
    text += " \"threads\": " + Json(threads_).dump() + ",\n";
    text += " \"shared\": " + members().dump() + ",\n \"steps\": [";
    text += lines(steps_) + "],\n \"positions\": [" + lines(in_order()) + "]}\n";
    return text;
  }

 private:
  struct Way {
    std::size_t to;
    std::string saw;
    std::string came;
  };
  struct Position {
    std::vector<std::optional<std::size_t>> next;  // none: it has ended
    std::map<std::string, std::uint64_t> values;
    std::map<std::size_t, Way> to{};  // by thread
    std::optional<std::size_t> merged{};
  };

  /// What each thread has seen says where in its code it is. Where there is no value to be seen, it
  /// is who was there, one after the other.
  std::string key_of(const std::vector<Taken>& taken,
                     std::map<std::string, std::uint64_t>& values) {
    std::map<std::string, std::string> seen;
    std::map<Name, std::string> touched;
    std::map<std::string, std::string> last;
    for (const Taken& one : taken) {
      const std::size_t number = step(one.thread, one.step, last[one.thread]);
      last[one.thread] = one.step.where.function;
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

  Position position(const std::vector<Taken>& taken, const std::vector<Ahead>& ahead,
                    const std::map<std::string, std::uint64_t>& values) {
    Position position{{}, values};
    for (const Ahead& one : ahead) {
      position.next.emplace_back();
      const std::size_t number = thread(one.thread);
      if (!one.done)
        position.next[number] = step(one.thread, one.next, last_function(taken, one.thread));
    }
    return position;
  }

  std::size_t thread(const std::string& name) {
    const auto found = std::find(threads_.begin(), threads_.end(), name);
    if (found != threads_.end()) return static_cast<std::size_t>(found - threads_.begin());
    threads_.push_back(name);
    return threads_.size() - 1;
  }

  /// Where the thread was last, not counting the last steps of all.
  static std::string last_function(const std::vector<Taken>& taken, const std::string& thread,
                                   std::ptrdiff_t without = 0) {
    const auto is_its = [&](const Taken& one) { return one.thread == thread; };
    const auto found = std::find_if(taken.rbegin() + without, taken.rend(), is_its);
    return found == taken.rend() ? "" : found->step.where.function;
  }

  /// What came of it, in words.
  static std::string came(const Taken& taken, const Move& move) {
    const auto [before, after] = taken.values.value_or(std::pair<std::uint64_t, std::uint64_t>());
    return outcome(move, before, after);
  }

  /// Its number among the steps, after one in the function `last`.
  std::size_t step(const std::string& name, const Step& step, const std::string& last) {
    const auto [place, is_new] = sources_.try_emplace({step.where.file, step.where.line}, Source());
    if (is_new) place->second = source_of(step.where);
    const auto& [file, line, statement] = place->second;
    const std::string member = member_in(line, step.what);
    const Move move{name, step.where.function, step.what, member, last};
    Json json = {{"thread", thread(name)}, {"file", file},           {"function", move.function},
                 {"line", line},           {"statement", statement}, {"what", step.what},
                 {"shared", member},       {"means", means(move)}};
    const auto found = std::find(steps_.begin(), steps_.end(), json);
    const auto number = static_cast<std::size_t>(found - steps_.begin());
    if (found == steps_.end()) {
      steps_.push_back(std::move(json));
      moves_.push_back(move);
    }
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
        const auto& [next, saw, came] = found->second;
        to.push_back({merge(next), saw, came});
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
  std::vector<Move> moves_;  // the same
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
