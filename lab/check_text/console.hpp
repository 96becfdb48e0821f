// Does a terminal session still go as the text shows it? It is typed again, block by block.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "commands.hpp"
#include "common/clock.hpp"
#include "document.hpp"
#include "expectation.hpp"
#include "terminal.hpp"

namespace check_text {

/// Where and how long to run what a document shows.
struct Settings {
  std::filesystem::path root;              ///< what paths in blocks are relative to
  std::filesystem::path build;             ///< what `build/` stands for in commands
  std::filesystem::path scratch = "/tmp";  ///< what `/tmp` stands for
  /// A block that does not show what it should until then fails. It only turns a hang into a
  /// failure.
  common::Duration limit = std::chrono::seconds(60);
  /// How long the last command of a terminal may take to end or to print what the text does not
  /// show. One that still runs then, like a server, has passed.
  common::Duration settle = std::chrono::milliseconds(500);
  /// What a program that takes a `--delay` gets where the text gives it none.
  std::chrono::milliseconds delay = std::chrono::milliseconds(40);
};

/// A part of a console block, and the output that follows it there.
struct Step {
  enum class Kind {
    output,     ///< more output of the command before: of the last block in this terminal
    command,    ///< "$ command"
    interrupt,  ///< "^C"
  };
  Kind kind;
  std::string command;
  Lines output;
};

/// The steps of a console block.
std::vector<Step> parse_steps(const Lines& lines);

/// The terminals between two headings, which keep their shells, programs and ports that long.
class Section {
 public:
  explicit Section(const Settings& settings);

  /// Runs a block in its terminal and throws Wrong if the output is not what the block shows.
  void run(const Block& block);

  /// Looks at what is in the terminals at the end: anything that no block shows is a failure.
  std::vector<Failure> finish();

 private:
  /// A terminal and the command that was typed last.
  struct Screen {
    explicit Screen(const std::filesystem::path& directory) : terminal(directory) {}
    Terminal terminal;
    std::string command;
    Expectation expected;
    Lines actual;          ///< what the command has printed, as the text would show it
    Lines normalised;      ///< the same for comparing
    std::size_t line = 0;  ///< of the last block for this terminal
    bool listens = false;  ///< without a word: the next block must wait for it
  };

  Screen& screen_for(const Block& block);
  void begin(Screen& screen, const Step& step, common::Clock::time_point deadline);
  void wait(Screen& screen, bool until_end, common::Clock::time_point deadline);
  void wait_for_listener(Screen& screen, common::Clock::time_point deadline);
  void read(Screen& screen, common::Duration patience);
  void take_output(Screen& screen);
  void wait_for_rest(Screen& screen, common::Clock::time_point deadline);
  void finish(Screen& screen, common::Clock::time_point deadline);

  Settings settings_;
  Translation translation_;
  std::map<std::string, Screen> screens_;  // by the number in the text
  bool failed_ = false;
};

}  // namespace check_text
