#include "lab/support/call_trace.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <system_error>

#include "lab/support/program.hpp"

namespace lab {

namespace {

/// False for the first of two lines of a call, and where a signal or an exit is told.
bool has_ended(const std::string& line) {
  return line.find(" = ") != std::string::npos && !line.ends_with("<unfinished ...>");
}

/// "read" in "12 read(7, …" and in "12 <... read resumed>…".
std::string name_of_call(const std::string& line) {
  const std::size_t after_pid = line.find_first_not_of("0123456789 ");
  const std::size_t begin = line.find_first_not_of("<. ", after_pid);
  return line.substr(begin, line.find_first_of("( ", begin) - begin);
}

}  // namespace

std::string why_no_strace() {
  try {
    const Result result = run({"strace", "-o", "/dev/null", "true"});
    if (result.status == 0) return {};
    return "strace may not trace here (a container needs the capability SYS_PTRACE): " +
           result.err.substr(0, result.err.find('\n'));
  } catch (const std::system_error& error) {
    return std::string(error.what()) + " (README.md says what to install)";
  }
}

void require_strace() {
  const std::string why_not = why_no_strace();
  if (!why_not.empty()) throw std::runtime_error(why_not);
}

namespace {

bool report_skipped(const std::string& why_not) {
  if (!why_not.empty()) std::printf("skipped: %s\n", why_not.c_str());
  return why_not.empty();
}

}  // namespace

bool has_strace() {
  return report_skipped(why_no_strace());
}

std::string why_no_gdb() {
  try {
    const Result result = run({"gdb", "-nx", "-q", "-batch", "-ex", "run", "--args", "true"});
    if (result.out.find("exited normally") != std::string::npos) return {};
    return "gdb may not trace here (a container needs the capability SYS_PTRACE)";
  } catch (const std::system_error& error) {
    return std::string(error.what()) + " (README.md names it)";
  }
}

bool has_gdb() {
  return report_skipped(why_no_gdb());
}

std::vector<std::string> CallTrace::command() const {
  // With -D the server is our child, and strace its.
  return {"strace", "-D", "-f", "-o", file_};
}

std::vector<std::string> CallTrace::attach(pid_t pid) const {
  return {"strace", "-f", "-o", file_, "-p", std::to_string(pid)};
}

std::vector<std::string> CallTrace::take() {
  std::vector<std::string> lines;
  std::ifstream stream(file_);
  stream.seekg(position_);
  for (std::string line; std::getline(stream, line) && !stream.eof();) {
    position_ += static_cast<std::streamoff>(line.size()) + 1;
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> between(const std::string& begin, const std::string& end,
                                 const std::vector<std::string>& lines) {
  const auto find = [&](auto from, const std::string& text) {
    const auto found = std::find_if(from, lines.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
    if (found == lines.end()) throw std::runtime_error("the trace has no line with " + text);
    return found + 1;
  };
  const auto first = find(lines.begin(), begin);
  return {first, find(first, end)};
}

Calls::Calls(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (!has_ended(line)) continue;
    ++counts_[name_of_call(line)];
    if (line.find(" = -1 EAGAIN ") != std::string::npos) ++would_block_;
  }
}

std::size_t Calls::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0},
                         [](std::size_t sum, const auto& entry) { return sum + entry.second; });
}

std::size_t Calls::count(const std::string& name) const {
  const auto found = counts_.find(name);
  return found == counts_.end() ? 0 : found->second;
}

std::set<std::string> Calls::all_names() const {
  std::set<std::string> names;
  for (const auto& [name, count] : counts_) names.insert(name);
  return names;
}

std::string Calls::names() const {
  std::string names;
  for (const auto& [name, count] : counts_) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace lab
