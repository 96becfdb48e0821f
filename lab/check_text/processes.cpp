#include "processes.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace check_text {
namespace {

const std::filesystem::path kProc = "/proc";

/// The fields of /proc/PID/stat that follow the program's name. There are none if it has ended.
std::istringstream fields_of(const std::string& process) {
  std::ifstream file(kProc / process / "stat");
  std::string text;
  std::getline(file, text);
  // The name is in parentheses, and may itself hold blanks and parentheses.
  return std::istringstream(text.substr(text.rfind(')') + 1));  // npos + 1 is 0
}

/// The time in user and in kernel mode, from the fields that follow the session's.
long cpu_time(std::istringstream& fields) {
  std::string skipped;
  for (int i = 0; i < 7; ++i) fields >> skipped;  // tty_nr, tpgid, flags and four counts
  long user = 0;
  long kernel = 0;
  fields >> user >> kernel;
  return user + kernel;
}

}  // namespace

std::vector<Process> session_members(pid_t session) {
  std::vector<Process> members;
  for (const auto& entry : std::filesystem::directory_iterator(kProc)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    char state = 'X';
    pid_t parent = -1;
    pid_t group = -1;
    pid_t its_session = -1;
    std::istringstream fields = fields_of(name);
    fields >> state >> parent >> group >> its_session;
    const bool gone = state == 'Z' || state == 'X';
    if (its_session == session && !gone) {
      members.push_back({std::stoi(name), group, state == 'S', cpu_time(fields)});
    }
  }
  return members;
}

std::string command_line(pid_t process) {
  std::ifstream file(kProc / std::to_string(process) / "cmdline");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace check_text
