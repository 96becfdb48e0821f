// What is text made of, here? Lines; and what quotes text leaves some of them out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace check_text {

using Lines = std::vector<std::string>;

/// What is wrong with one block of a document, in words for its author.
class Wrong : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The lines of `text` without their line feeds. The last one may lack its line feed.
Lines split_lines(std::string_view text);

/// The lines of a file. Throws Wrong if it cannot be read; says `shown` for its name.
Lines read_lines(const std::filesystem::path& file, const std::string& shown);

/// The words of `text`, which blanks separate.
Lines split_words(const std::string& text);

/// The same lines one below the other, each after `indent`.
std::string join(const Lines& lines, const std::string& indent);

/// Replaces each match of `pattern` in `text` by what `replacement` makes of it.
std::string replace_each(const std::string& text, const std::regex& pattern,
                         const std::function<std::string(const std::smatch&)>& replacement);

/// What lies between the lines that are separators: one piece more than there are of these.
std::vector<Lines> split_pieces(const Lines& lines,
                                const std::function<bool(const std::string&)>& is_separator);

/// How far `find_in_order` came.
struct Found {
  std::size_t pieces;  ///< so many of them were found
  std::size_t end;     ///< the line after the last one found
};

/// Looks for `pieces` in `lines`, beginning at line `from`: each piece's lines one after the other,
/// the pieces in their order and apart. Takes the first place where each piece is.
Found find_in_order(const std::vector<Lines>& pieces, const Lines& lines, std::size_t from = 0);

/// True when `piece` is in `lines`, beginning exactly at line `at`.
bool stands_at(const Lines& piece, const Lines& lines, std::size_t at);

}  // namespace check_text
