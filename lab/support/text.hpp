// How does a test judge what clients were told, and what they printed? Line by line, in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lab {

/// "start 7\nend 7\n": all that a start/end server says to its connection 7.
std::string start_and_end(std::uint64_t number);
/// True if `text` is that, for any number.
bool is_start_and_end(const std::string& text);
/// "start 1\nend 1\nstart 2\n…" for `clients` clients, sorted by line.
std::string sorted_lines_of(std::size_t clients);
/// The lines of `text`, sorted: for output whose order depends on who came first.
std::string sorted_lines(const std::string& text);
/// How often `word` occurs in `text`.
std::size_t count(const std::string& text, const std::string& word);
/// What a program's `--help` says of `flag`, in one line: "--port PORT=2000 TCP or …", or, as each
/// CLI11 has a layout of its own, "--port PORT [2000] TCP or …".
std::string about_flag(const std::string& help, const std::string& flag);

}  // namespace lab
