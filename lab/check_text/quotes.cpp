#include "quotes.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "lab/support/program.hpp"

namespace check_text {
namespace {

constexpr std::size_t kDeepestIndent = 32;

bool is_ellipsis(const std::string& line) {
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  return line.substr(begin) == "// ..." || line.substr(begin) == "# ...";
}

std::vector<Lines> indented(std::vector<Lines> pieces, std::size_t blanks) {
  for (Lines& piece : pieces) {
    for (std::string& line : piece) {
      if (!line.empty()) line.insert(0, blanks, ' ');
    }
  }
  return pieces;
}

/// A place in a file, and how many lines of a piece are the same from there on.
struct Match {
  std::size_t place = 0;
  std::size_t length = 0;
};

Match best_match(const Lines& piece, const Lines& file) {
  Match best;
  for (std::size_t place = 0; place < file.size(); ++place) {
    const std::size_t most = std::min(piece.size(), file.size() - place);
    std::size_t length = 0;
    while (length < most && piece[length] == file[place + length]) ++length;
    if (length > best.length) best = {place, length};
  }
  return best;
}

/// What to tell the author: the piece that is not there, and where its first lines still are.
std::string explain(const Lines& piece, const Lines& file, const std::string& name) {
  const Match match = best_match(piece, file);
  if (match.length == 0) return "not in " + name + ":\n" + join(piece, "    ");
  if (match.length == piece.size()) {
    return "in " + name + ", but not after the piece before it:\n" + join(piece, "    ");
  }
  const std::size_t next = match.place + match.length;
  return name + ":" + std::to_string(next + 1) + " differs\n  expected: " + piece[match.length] +
         "\n  actual:   " + (next < file.size() ? file[next] : "(the end of the file)") + "\n";
}

/// The hunks of a diff, which lines that begin with @@ separate. A context line that is empty is
/// written as one blank, which editors like to remove.
std::vector<Lines> split_hunks(Lines lines) {
  for (std::string& line : lines) {
    if (line == " ") line.clear();
  }
  auto hunks = split_pieces(lines, [](const std::string& line) { return line.starts_with("@@"); });
  std::erase_if(hunks, [](const Lines& hunk) { return hunk.empty(); });
  return hunks;
}

std::vector<Lines> make_diff(const std::filesystem::path& root, const Block& block) {
  const auto result =
      lab::run({"env", "LC_ALL=C", "diff", "-U", block.attribute("context").value_or("1"),
                root / block.words[0], root / block.words[1]});
  if (result.status != 0 && result.status != 1)
    throw Wrong(result.err);  // 1: there are differences
  Lines lines = split_lines(result.out);
  if (!lines.empty()) lines.erase(lines.begin(), lines.begin() + 2);  // the two files' names
  return split_hunks(std::move(lines));
}

/// What to tell the author: the hunk that is not there, and the one that has most of its lines.
std::string explain(const Lines& hunk, const std::vector<Lines>& hunks) {
  const auto common_lines = [&](const Lines& other) {
    return std::count_if(hunk.begin(), hunk.end(), [&](const std::string& line) {
      return std::find(other.begin(), other.end(), line) != other.end();
    });
  };
  const auto nearest = std::max_element(
      hunks.begin(), hunks.end(),
      [&](const Lines& a, const Lines& b) { return common_lines(a) < common_lines(b); });
  const std::string text = "diff makes no such hunk here\n  expected:\n" + join(hunk, "    ");
  return nearest == hunks.end() ? text : text + "  actual:\n" + join(*nearest, "    ");
}

void check_diff_words(const Block& block) {
  const bool files = block.words.size() >= 2;
  if (!files) throw Wrong("a diff block names two files");
  for (std::size_t i = 2; i < block.words.size(); ++i) {
    const std::string& word = block.words[i];
    if (word != "whole" && !word.starts_with("context=")) throw Wrong("unknown attribute " + word);
  }
}

}  // namespace

void check_quotation(const Block& block, const std::filesystem::path& root) {
  if (block.words.size() != 1) throw Wrong("a " + block.kind + " block names one file");
  const std::string& name = block.words.front();
  const Lines file = read_lines(root / name, name);
  auto pieces = split_pieces(block.lines, is_ellipsis);
  std::erase_if(pieces, [](const Lines& piece) { return piece.empty(); });
  if (pieces.empty()) throw Wrong("an empty block quotes nothing");

  // Where it fails, the indentation under which most of it is found is the one that was meant.
  std::pair<std::size_t, std::size_t> best{0, 0};
  std::string explanation = explain(pieces.front(), file, name);
  for (std::size_t blanks = 0; blanks <= kDeepestIndent; ++blanks) {
    const auto shifted = indented(pieces, blanks);
    const Found found = find_in_order(shifted, file);
    if (found.pieces == pieces.size()) return;
    const std::pair here{found.pieces, best_match(shifted[found.pieces], file).length};
    if (here > best) explanation = explain(shifted[found.pieces], file, name);
    best = std::max(best, here);
  }
  throw Wrong(explanation);
}

void check_diff(const Block& block, const std::filesystem::path& root) {
  check_diff_words(block);
  const auto quoted = split_hunks(block.lines);
  const auto hunks = make_diff(root, block);
  if (quoted.empty() && !hunks.empty()) throw Wrong("an empty block quotes no difference");
  auto next = hunks.begin();
  for (const Lines& hunk : quoted) {
    next = std::find(next, hunks.end(), hunk);
    if (next == hunks.end()) throw Wrong(explain(hunk, hunks));
    ++next;
  }
  const bool whole =
      std::find(block.words.begin(), block.words.end(), "whole") != block.words.end();
  if (whole && quoted.size() != hunks.size()) {
    throw Wrong("the whole diff has " + std::to_string(hunks.size()) + " hunks, this block " +
                std::to_string(quoted.size()));
  }
}

}  // namespace check_text
