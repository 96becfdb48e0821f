// What does a reader sit in front of? A terminal with a shell; here a test types and reads.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "common/clock.hpp"
#include "common/fd.hpp"
#include "processes.hpp"

namespace check_text {

/// A pseudo-terminal (see pty(7)) with an interactive bash in it: it has state, jobs and ^C.
///
/// What is typed is not echoed, and the prompt is not among the output: it says that a command has
/// ended. The destructor kills everything that was started here and did not leave the session.
class Terminal {
 public:
  /// Starts the shell in `directory` and waits for its first prompt.
  explicit Terminal(const std::filesystem::path& directory);
  ~Terminal();
  Terminal(Terminal&&) = delete;

  /// Types a command. REQUIRES: at_prompt().
  void type(const std::string& command);

  /// Types ^C once what runs here waits for something, or spins, or at the deadline. Throws Wrong
  /// if the command has ended. (Earlier it would reach the shell, which throws the command away, or
  /// what the shell has forked for a program, and that ignores ^C.)
  void interrupt(common::Clock::time_point deadline);

  /// Waits until what runs here, and the shell, wait for something; or spin, or have ended.
  void wait_for_rest(common::Clock::time_point deadline);

  /// Waits at most so long for more output: true if some came. Throws Wrong if the shell has ended.
  bool read(common::Duration patience);

  /// True when the command that was typed last has ended.
  [[nodiscard]] bool at_prompt() const { return at_prompt_; }

  /// True when nothing runs here but the shell.
  [[nodiscard]] bool is_alone() const;

  /// What has come since the command was typed.
  [[nodiscard]] const std::string& output() const { return output_; }

 private:
  /// True if somebody in the foreground is the shell once more: forked for a program, or as one.
  [[nodiscard]] bool runs_shell() const;
  /// The shell and those that ^C would reach, as one.
  [[nodiscard]] Process foreground() const;
  void take_line_end();

  common::Fd master_;
  pid_t shell_ = -1;
  std::string output_;
  bool at_prompt_ = false;
  bool begun_ = false;  // the shell has read the command
  // After ^C: where the output was. A shell ends the line that ^C is echoed on.
  std::size_t interrupted_at_ = std::string::npos;
};

}  // namespace check_text
