// When did what happen? Draws a trace of chapter 07's tasks, or the connections of any chapter in a
// real run, and what the server's threads did meanwhile: in the terminal, or as a picture.
//
//   build/07_futures_tasks/client_server --trace trace.json
//   build/lab/timeline trace.json                  in the terminal
//   build/lab/timeline trace.json -o trace.svg     a picture, for a browser
//   build/lab/timeline --lint trace.json           what looks wrong in it
//   build/lab/timeline --chapter 01_blocking       ten clients, one after another

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "draw_svg.hpp"
#include "draw_text.hpp"
#include "lint_trace.hpp"
#include "read_trace.hpp"
#include "run_chapter.hpp"

namespace {

void write_file(const std::string& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  if (!stream) common::throw_error(errno, "open " + file);
  stream << text << std::flush;
  if (!stream) common::throw_error(errno, "write " + file);
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::string trace;
  std::string chapter;
  std::string output;
  bool lint = false;
  common::Duration long_poll = std::chrono::milliseconds(200);
  lab::Workload workload;
  common::CommandLine cli(
      "Draws when what happened: in a trace of chapter 07's programs (--trace), or to the\n"
      "connections of a chapter's client, and to the threads of its server. It runs them.",
      "build/lab/timeline --chapter 01_blocking");
  cli.add_word("trace", "a file that a program of chapter 07 has written", trace);
  cli.add_text("--chapter", "run this chapter's client and server instead", chapter);
  cli.add_text("-o,--output", "draw a picture into this file (SVG); without it, text here", output);
  cli.add_flag("--lint", "do not draw the trace: say which tasks look wrong", lint);
  cli.add_delay(long_poll, "for --lint: a poll that takes so long blocks its thread",
                "--long-poll");
  cli.add_clients(workload.clients);
  cli.add_delay(workload.delay);
  return cli.run(argc, argv, [&] {
    if (trace.empty() == chapter.empty()) {
      throw common::WrongUsage("either a trace or a --chapter (--help lists the flags)");
    }
    if (lint) {
      if (trace.empty() || !chapter.empty() || !output.empty())
        throw common::WrongUsage("--lint takes a trace, and draws nothing");
      std::size_t found = 0;
      print(timeline::lint_trace(trace, long_poll, found));
      return found == 0 ? 0 : 1;
    }
    const timeline::Chart chart =
        chapter.empty() ? timeline::read_trace(trace) : timeline::run_chapter(chapter, workload);
    output.empty() ? print(timeline::draw_text(chart))
                   : write_file(output, timeline::draw_svg(chart));
    return 0;
  });
}
