// What does a Markdown document consist of, for a checker? Fenced blocks, headings and prose.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lines.hpp"

namespace check_text {

/// A line of the document with its number, counted from 1.
struct NumberedLine {
  std::size_t line;
  std::string text;
};

/// A heading without its ##, and how many there were.
struct Heading : NumberedLine {
  std::size_t level;
};

/// Something wrong, and where.
using Failure = NumberedLine;

/// One fenced block: ```kind word word …, its lines, ```.
struct Block {
  std::size_t line = 0;     ///< of the opening fence
  std::size_t section = 0;  ///< the number of headings before it
  std::string kind;         ///< the first word after the fence, or nothing
  Lines words;              ///< the words after the kind
  Lines lines;              ///< without the indentation that the fence has

  /// The value of the attribute `name=value` among the words.
  [[nodiscard]] std::optional<std::string> attribute(const std::string& name) const;
};

struct Document {
  std::vector<Block> blocks;
  std::vector<Heading> headings;    ///< lines like "## Try it"
  std::vector<NumberedLine> prose;  ///< what is in no block, headings too
  std::vector<Failure> failures;    ///< fences that would hide a block from the checker
};

/// Parses Markdown as far as this is needed. Only fences of backticks that begin their line,
/// perhaps indented, make blocks; any other fence is among the failures.
Document parse(const Lines& lines);

}  // namespace check_text
