#include "terminal.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "lab/support/program.hpp"
#include "lines.hpp"

namespace check_text {
namespace {

using common::Clock;
using common::Duration;

constexpr Duration kTick = std::chrono::milliseconds(5);

// So long what was forked for a program may be the shell still. What is so for longer is a shell.
constexpr Duration kFork = std::chrono::milliseconds(500);

// What no program prints: the shell's prompt, and what it prints when it has read a command.
constexpr std::string_view kPrompt = "\x1eprompt\x1e";
constexpr std::string_view kBegins =
    "\x1e"
    "begins\x1e";
constexpr std::string_view kFirstCommand =
    "unset HISTFILE MAILCHECK; PS0=$'\\x1ebegins\\x1e' PS1=$'\\x1eprompt\\x1e' PS2=";

/// True if `text` had `mark` in it, which is taken away.
bool take(std::string& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return false;
  text.erase(at, mark.size());
  return true;
}

/// A terminal that neither echoes what is typed nor writes a line feed as two characters. ^C does
/// not throw output away: usually it does, and might hit what a program prints because of it.
struct Ends {
  common::Fd master;
  common::Fd slave;
};

Ends open_terminal() {
  int master = -1;
  int slave = -1;
  const winsize size{24, 80, 0, 0};
  common::check(::openpty(&master, &slave, nullptr, nullptr, &size), "openpty");
  Ends ends{common::Fd(master), common::Fd(slave)};
  common::check(::fcntl(master, F_SETFD, FD_CLOEXEC), "fcntl F_SETFD");
  common::set_nonblocking(master);
  termios mode{};
  common::check(::tcgetattr(slave, &mode), "tcgetattr");
  mode.c_lflag = (mode.c_lflag & ~static_cast<tcflag_t>(ECHO)) | NOFLSH;
  mode.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
  common::check(::tcsetattr(slave, TCSANOW, &mode), "tcsetattr");
  return ends;
}

/// The child's part, between fork and exec: only calls that are safe there. Returns if one fails.
void become_shell(int slave, const char* directory, char* const* environment) {
  if (::prctl(PR_SET_PDEATHSIG, SIGHUP) == -1) return;  // the shell passes it on to its jobs
  if (!lab::reset_signals()) return;
  if (::login_tty(slave) == -1 || ::chdir(directory) == -1) return;
  // Descriptors that the checker has open are not the shell's.
  if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == -1) return;
  const char* argv[] = {"bash", "--norc", "--noprofile", "--noediting", "-i", nullptr};
  ::execvpe(argv[0], const_cast<char* const*>(argv), environment);
}

/// This process's environment, with what makes output the same everywhere.
std::vector<std::string> make_environment() {
  std::vector<std::string> all = {"TERM=dumb", "LC_ALL=C"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with("TERM=") && !text.starts_with("LC_ALL=")) all.emplace_back(text);
  }
  return all;
}

}  // namespace

Terminal::Terminal(const std::filesystem::path& directory) {
  Ends ends = open_terminal();
  master_ = std::move(ends.master);
  std::vector<std::string> texts = make_environment();
  std::vector<char*> environment;
  for (std::string& text : texts) environment.push_back(text.data());
  environment.push_back(nullptr);

  shell_ = lab::fork_to_wait_for();
  if (shell_ == 0) {
    become_shell(ends.slave.get(), directory.c_str(), environment.data());
    ::_exit(127);
  }
  ends.slave.reset();
  at_prompt_ = true;  // nearly: the terminal keeps what is typed until the shell reads it
  type(std::string(kFirstCommand));
  while (!at_prompt_) read(std::chrono::seconds(1));
  output_.clear();
}

Terminal::~Terminal() {
  ::kill(shell_, SIGKILL);
  ::waitpid(shell_, nullptr, 0);
  // The session outlives its shell, and its programs may start others until the last one is dead.
  for (auto rest = session_members(shell_); !rest.empty(); rest = session_members(shell_)) {
    for (const Process& process : rest) ::kill(process.id, SIGKILL);
    std::this_thread::sleep_for(kTick);
  }
}

void Terminal::type(const std::string& command) {
  assert(at_prompt_);
  output_.clear();
  at_prompt_ = false;
  begun_ = false;
  interrupted_at_ = std::string::npos;
  common::write_all(master_.get(), command + "\n");
}

void Terminal::interrupt(Clock::time_point deadline) {
  wait_for_rest(deadline);
  for (const auto end = Clock::now() + kFork; runs_shell() && Clock::now() < end;) read(kTick);
  wait_for_rest(deadline);
  if (at_prompt_) throw Wrong("^C, but nothing runs in this terminal");
  interrupted_at_ = output_.size();
  common::write_all(master_.get(), std::string_view("\x03"));
}

void Terminal::wait_for_rest(Clock::time_point deadline) {
  constexpr long kSpins = 20;  // clock ticks
  const Process begin = foreground();
  for (Process last = begin; !at_prompt_ && Clock::now() < deadline;) {
    read(kTick);
    const Process now = foreground();
    const bool rests = begun_ && last.asleep && now.asleep && now.cpu == last.cpu;
    if (rests || now.cpu - begin.cpu >= kSpins) return;
    last = now;
  }
}

Process Terminal::foreground() const {
  Process all{0, ::tcgetpgrp(master_.get()), true, 0};
  for (const Process& process : session_members(shell_)) {
    if (process.group != all.group && process.id != shell_) continue;
    all.asleep = all.asleep && process.asleep;
    all.cpu += process.cpu;
  }
  return all;
}

bool Terminal::read(Duration patience) {
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  pollfd ready{master_.get(), POLLIN, 0};
  common::check(common::retry([&] { return ::poll(&ready, 1, static_cast<int>(wait)); }), "poll");
  if (ready.revents == 0) return false;
  std::array<char, 64 * 1024> buffer;
  try {
    output_.append(buffer.data(), common::try_read(master_.get(), buffer).value_or(0));
  } catch (const std::system_error&) {
    throw Wrong("the shell of this terminal has ended");  // EIO: nobody has the other end open
  }
  take_line_end();
  if (take(output_, kBegins)) begun_ = true;
  if (take(output_, kPrompt)) at_prompt_ = true;
  return true;
}

bool Terminal::runs_shell() const {
  const pid_t group = ::tcgetpgrp(master_.get());
  const std::string shell = command_line(shell_);
  const auto all = session_members(shell_);
  return std::any_of(all.begin(), all.end(), [&](const Process& process) {
    return process.group == group && process.id != shell_ && command_line(process.id) == shell;
  });
}

bool Terminal::is_alone() const {
  return session_members(shell_).size() <= 1;
}

void Terminal::take_line_end() {
  if (interrupted_at_ >= output_.size()) return;
  const bool line_begins = interrupted_at_ == 0 || output_[interrupted_at_ - 1] == '\n';
  if (line_begins && output_[interrupted_at_] == '\n') output_.erase(interrupted_at_, 1);
  interrupted_at_ = std::string::npos;
}

}  // namespace check_text
