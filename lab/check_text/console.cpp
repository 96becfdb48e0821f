#include "console.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <regex>

#include "normalise.hpp"

namespace check_text {
namespace {

using common::Clock;

// How often to look for the end of a background job, which does not show on the terminal.
constexpr common::Duration kTick = std::chrono::milliseconds(20);

bool is_command(const std::string& line) {
  return line == "$" || line.starts_with("$ ");
}

void check_words(const Block& block) {
  for (const std::string& word : block.words) {
    const bool known =
        word.starts_with("terminal=") || word.starts_with("needs=") || word == "unordered";
    if (!known) throw Wrong("unknown attribute " + word);
  }
}

std::string in_quotes(const std::string& command) {
  return "\"" + command + "\"";
}

/// What is less than a thousand may be 0, because nothing was found: ((0 < n && n < 1000)) is not.
void check_command(const std::string& command) {
  static const std::regex less(R"(\s-l[te]\s)");
  if (std::regex_search(command, less))
    throw Wrong(in_quotes(command) + " holds also for 0: say from where to where it may be");
}

std::string difference(const Lines& expected, const Lines& actual) {
  return "  expected:\n" + join(expected, "    ") + "  actual:\n" + join(actual, "    ");
}

}  // namespace

std::vector<Step> parse_steps(const Lines& lines) {
  std::vector<Step> steps;
  bool continued = false;
  for (const std::string& line : lines) {
    if (continued) {
      steps.back().command += "\n" + line;
    } else if (is_command(line)) {
      steps.push_back(
          {Step::Kind::command, line.substr(std::min<std::size_t>(2, line.size())), {}});
    } else if (line == "^C") {
      steps.push_back({Step::Kind::interrupt, {}, {}});
    } else {
      if (steps.empty()) steps.push_back({Step::Kind::output, {}, {}});
      steps.back().output.push_back(line);
    }
    continued = (continued || is_command(line)) && line.ends_with('\\');
  }
  return steps;
}

Section::Section(const Settings& settings)
    : settings_(settings),
      translation_(settings.build, settings.scratch, settings.delay, find_free_ports()) {}

void Section::run(const Block& block) {
  if (failed_) throw Wrong("not run, because a block above it, under the same heading, failed");
  failed_ = true;  // unless it comes to the end
  check_words(block);
  const auto steps = parse_steps(block.lines);
  if (steps.empty()) throw Wrong("an empty block shows nothing");
  const auto deadline = Clock::now() + settings_.limit;
  Screen& screen = screen_for(block);
  const bool unordered =
      std::find(block.words.begin(), block.words.end(), "unordered") != block.words.end();
  for (const Step& step : steps) {
    check_command(step.command);
    begin(screen, step, deadline);
    if (unordered) screen.expected.ignore_order();
    screen.expected.add(step.output);
    wait(screen, false, deadline);
  }
  if (screen.listens) wait_for_listener(screen, deadline);
  wait_for_rest(screen, deadline);
  failed_ = false;
}

Section::Screen& Section::screen_for(const Block& block) {
  const std::string name = block.attribute("terminal").value_or("1");
  Screen& screen = screens_.try_emplace(name, settings_.root).first->second;
  screen.line = block.line;
  return screen;
}

void Section::begin(Screen& screen, const Step& step, Clock::time_point deadline) {
  if (step.kind == Step::Kind::command) {
    wait(screen, true, deadline);
    screen.command = step.command;
    screen.expected = {};
    screen.actual.clear();
    screen.normalised.clear();
    const std::string run = translation_.to_run(step.command);
    screen.listens = Translation::has_twin(run);
    screen.terminal.type(run);
  } else if (step.kind == Step::Kind::interrupt) {
    screen.terminal.interrupt(deadline);
    take_output(screen);
  }
}

/// Waits until the output is what was expected; with `until_end`, until the command has ended too.
void Section::wait(Screen& screen, bool until_end, Clock::time_point deadline) {
  const Terminal& terminal = screen.terminal;
  const Expectation& expected = screen.expected;
  for (common::Duration patience{};; patience = kTick) {
    // Who is alone now has written all that will come; some of it may still have to be read.
    const bool all_written = terminal.at_prompt() && terminal.is_alone();
    read(screen, patience);
    if (terminal.at_prompt() ? expected.describes(screen.normalised)
                             : !until_end && expected.describes_beginning_of(screen.normalised)) {
      return;
    }
    if (all_written || !expected.allows(screen.normalised)) {
      throw Wrong(in_quotes(screen.command) + " prints something else\n" +
                  difference(expected.shown(), screen.actual));
    }
    if (Clock::now() > deadline) {
      throw Wrong(in_quotes(screen.command) + " has not come to this, or to its end, in time\n" +
                  difference(expected.shown(), screen.actual));
    }
  }
}

/// Readers are slower than a program's start: a client has connected when they read on.
void Section::wait_for_rest(Screen& screen, Clock::time_point deadline) {
  if (screen.terminal.at_prompt()) return;
  screen.terminal.wait_for_rest(deadline);
  take_output(screen);
}

/// Readers are slower than a server's start. We are not, and it does not say when it is ready.
void Section::wait_for_listener(Screen& screen, Clock::time_point deadline) {
  while (!screen.terminal.at_prompt() && !is_listening(translation_.tcp_port()) &&
         Clock::now() < deadline) {
    read(screen, kTick);
  }
}

/// Takes what the terminal has to read. Of a command that runs, only lines that are complete.
void Section::read(Screen& screen, common::Duration patience) {
  if (screen.terminal.read(patience)) take_output(screen);
}

void Section::take_output(Screen& screen) {
  std::string output = screen.terminal.output();
  if (!screen.terminal.at_prompt()) output.erase(output.rfind('\n') + 1);  // npos + 1 is 0
  screen.actual = split_lines(translation_.to_shown(without_colours(output)));
  screen.normalised = normalise(screen.actual);
}

std::vector<Failure> Section::finish() {
  std::vector<Failure> failures;
  if (failed_) return failures;
  const auto deadline = Clock::now() + settings_.settle;
  for (auto& [name, screen] : screens_) {
    try {
      finish(screen, deadline);
    } catch (const Wrong& wrong) {
      failures.push_back({screen.line, wrong.what()});
    }
  }
  return failures;
}

void Section::finish(Screen& screen, Clock::time_point deadline) {
  read(screen, {});
  while (!screen.terminal.at_prompt() && screen.expected.allows(screen.normalised) &&
         Clock::now() < deadline) {
    read(screen, kTick);
  }
  if (screen.expected.describes(screen.normalised)) return;
  throw Wrong(in_quotes(screen.command) + " has printed something else before the next heading\n" +
              difference(screen.expected.shown(), screen.actual));
}

}  // namespace check_text
