#include "normalise.hpp"

#include <regex>
#include <utility>
#include <vector>

namespace check_text {

std::string normalise(std::string line) {
  static const std::vector<std::pair<std::regex, std::string>> rules = [] {
    std::vector<std::pair<std::regex, std::string>> list;
    const auto add = [&](const char* pattern, const char* replacement) {
      list.emplace_back(std::regex(pattern), replacement);
    };
    add(R"([ \t]+)", " ");
    add(R"( $)", "");
    add(R"(\b0x[0-9a-f]+)", "0x#");
    add(R"(\[pid \d+\])", "[pid #]");
    add(R"(\bProcess \d+\b)", "Process #");
    add(R"(^(\[\d+\][-+]?) \d+)", "$1 #");
    add(R"((127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|localhost):\d{5}\b)", "$1:#");
    add(R"(\bhtons\(\d{5}\))", "htons(#)");
    add(R"(\b\d\d:\d\d:\d\d(\.\d+)?\b)", "#");
    add(R"(\b(\d+m)?\d+(\.\d+)? ?(s|ms|us|ns)\b)", "#");
    add(R"(\b\d+\.\d{6}\b)", "#");
    // Two timers may fire at once, or two events come together; the tests judge counts.
    add(R"(\bpolls=\d+\b)", "polls=#");
    add(R"(\b\d+ polls\b)", "# polls");
    return list;
  }();
  for (const auto& [pattern, replacement] : rules) {
    line = std::regex_replace(line, pattern, replacement);
  }
  return line;
}

std::string without_colours(const std::string& output) {
  static const std::regex colour("\x1b\\[[0-9;]*m");
  return std::regex_replace(output, colour, "");
}

Lines normalise(Lines lines) {
  for (std::string& line : lines) line = normalise(std::move(line));
  return lines;
}

}  // namespace check_text
