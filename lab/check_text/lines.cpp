#include "lines.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace check_text {

Lines split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t feed = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, feed));
    text.remove_prefix(std::min(feed + 1, text.size()));
  }
  return lines;
}

Lines read_lines(const std::filesystem::path& file, const std::string& shown) {
  std::ifstream stream(file);
  if (!std::filesystem::is_regular_file(file) || !stream) throw Wrong("there is no file " + shown);
  return split_lines(std::string(std::istreambuf_iterator<char>(stream), {}));
}

Lines split_words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

std::string join(const Lines& lines, const std::string& indent) {
  std::string text;
  for (const std::string& line : lines) text += indent + line + "\n";
  return text;
}

std::string replace_each(const std::string& text, const std::regex& pattern,
                         const std::function<std::string(const std::smatch&)>& replacement) {
  std::string result;
  auto rest = text.begin();
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    result.append(rest, match->prefix().second).append(replacement(*match));
    rest = (*match)[0].second;
  }
  return result.append(rest, text.end());
}

std::vector<Lines> split_pieces(const Lines& lines,
                                const std::function<bool(const std::string&)>& is_separator) {
  std::vector<Lines> pieces(1);
  for (const std::string& line : lines) {
    if (is_separator(line)) {
      pieces.emplace_back();
    } else {
      pieces.back().push_back(line);
    }
  }
  return pieces;
}

Found find_in_order(const std::vector<Lines>& pieces, const Lines& lines, std::size_t from) {
  Found found{0, from};
  for (const Lines& piece : pieces) {
    const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(found.end);
    const auto place = std::search(begin, lines.end(), piece.begin(), piece.end());
    if (place == lines.end() && !piece.empty()) break;
    ++found.pieces;
    found.end = static_cast<std::size_t>(place - lines.begin()) + piece.size();
  }
  return found;
}

bool stands_at(const Lines& piece, const Lines& lines, std::size_t at) {
  return at <= lines.size() && piece.size() <= lines.size() - at &&
         std::equal(piece.begin(), piece.end(), lines.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace check_text
