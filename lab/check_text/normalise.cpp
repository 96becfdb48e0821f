#include "normalise.hpp"

#include <regex>
#include <utility>
#include <vector>

namespace check_text {
namespace {

/// "data={u32=1, u64=1}", or "data=0x1" of a newer strace, becomes "data=1".
std::string with_plain_data(const std::string& line) {
  static const std::regex data(R"(\bdata=(?:\{u32=\d+, u64=(\d+)\}|(0x[0-9a-f]+)))");
  return replace_each(line, data, [](const std::smatch& match) {
    return "data=" + std::to_string(std::stoull(match.str(1) + match.str(2), nullptr, 0));
  });
}

/// A kernel without poll(2) has ppoll(2), which takes its time in two numbers, and a mask of
/// signals. And it cannot be restarted in the same way after a signal.
std::string as_poll(const std::string& line) {
  static const std::regex ppoll(
      R"(\bppoll\((.*), (?:NULL|\{tv_sec=(\d+), tv_nsec=(\d+)\}), NULL, \d+\))");
  static const std::regex rest(R"(, left \{[^}]*\}(?=\)$))");
  static const std::regex interrupted(R"(= \? ERESTARTNOHAND .*)");
  if (!std::regex_search(line, ppoll)) return line;
  const std::string poll = replace_each(line, ppoll, [](const std::smatch& match) {
    const long long milliseconds =
        match[2].matched ? std::stoll(match.str(2)) * 1000 + std::stoll(match.str(3)) / 1'000'000
                         : -1;
    return "poll(" + match.str(1) + ", " + std::to_string(milliseconds) + ")";
  });
  return std::regex_replace(std::regex_replace(poll, rest, ""), interrupted,
                            "= ? ERESTART_RESTARTBLOCK (Interrupted by signal)");
}

/// Some versions of nc say that -z has found somebody, and others only return it.
bool is_chatter(const std::string& line) {
  static const std::regex chatter(R"(Connection to .* port \[tcp/.*\] succeeded!)");
  return std::regex_match(line, chatter);
}

}  // namespace

std::string normalise(std::string line) {
  static const std::vector<std::pair<std::regex, std::string>> rules = [] {
    std::vector<std::pair<std::regex, std::string>> list;
    const auto add = [&](const char* pattern, const char* replacement) {
      list.emplace_back(std::regex(pattern), replacement);
    };
    add(R"([ \t]+)", " ");
    add(R"( $)", "");
    add(R"(^Aborted .*)", "Aborted");
    add(R"(\bepoll_pwait\((.*), NULL, \d+\))", "epoll_wait($1)");
    add(R"(\bepoll_pwait\b)", "epoll_wait");
    add(R"(\bppoll\b)", "poll");
    add(R"(\bpselect6\b)", "select");
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
    // Which thread takes a connection is the kernel's choice; there, too, the tests judge.
    add(R"(\btook( \d+)+ wakes \d+ left waiting\b)", "took # wakes # left waiting");
    return list;
  }();
  line = as_poll(with_plain_data(line));
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
  std::erase_if(lines, is_chatter);
  for (std::string& line : lines) line = normalise(std::move(line));
  return lines;
}

}  // namespace check_text
