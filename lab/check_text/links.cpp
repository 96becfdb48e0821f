#include "links.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <regex>
#include <set>

namespace check_text {
namespace {

/// The length of a UTF-8 sequence that begins with `byte`.
std::size_t sequence_length(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value < 0x80 ? 1 : value < 0xe0 ? 2 : value < 0xf0 ? 3 : 4;
}

/// True for what a slug keeps of text that is not ASCII: letters, but no dashes, quotes or arrows.
/// Those are U+00A0 to U+00BF and U+00D7, and all of U+2000 to U+2FFF is taken for them.
bool is_letter(const std::string& sequence) {
  return !sequence.starts_with("\xc2") && !sequence.starts_with("\xe2") && sequence != "\xc3\x97";
}

std::set<std::string> anchors(const Document& document) {
  std::set<std::string> all;
  std::map<std::string, int> seen;
  for (const NumberedLine& heading : document.headings) {
    const std::string name = slug(heading.text);
    const int before = seen[name]++;
    all.insert(before == 0 ? name : name + "-" + std::to_string(before));
  }
  static const std::regex html("<a (?:id|name)=\"([^\"]+)\"");
  for (const NumberedLine& line : document.prose) {
    for (std::sregex_iterator tag(line.text.begin(), line.text.end(), html), end; tag != end; ++tag)
      all.insert((*tag)[1]);
  }
  return all;
}

/// The targets of the links in a line.
Lines targets(const std::string& line) {
  static const std::regex code("`[^`]*`");
  static const std::regex link(R"(\]\(<?([^)\s>]*)[^)]*\)|^\[[^\]]+\]:\s+(\S+))");
  const std::string text = std::regex_replace(line, code, "");
  Lines found;
  for (std::sregex_iterator match(text.begin(), text.end(), link), end; match != end; ++match) {
    found.push_back((*match)[1].matched ? (*match)[1] : (*match)[2]);
  }
  return found;
}

/// What is wrong with a link, or nothing.
std::string broken(const std::string& target, const Document& document,
                   const std::filesystem::path& path) {
  static const std::regex scheme("[a-z]+:.*");
  if (std::regex_match(target, scheme)) return {};
  const std::size_t hash = std::min(target.find('#'), target.size());
  const std::string file = target.substr(0, hash);
  const auto place = path.parent_path() / file;
  if (!file.empty() && !std::filesystem::exists(place)) return "there is no " + file;
  if (hash == target.size()) return {};
  if (!file.empty() && place.extension() != ".md") return "cannot check the anchor of " + target;
  const auto known = anchors(file.empty() ? document : parse(read_lines(place, file)));
  return known.contains(target.substr(hash + 1)) ? "" : "there is no heading for " + target;
}

}  // namespace

std::string slug(const std::string& heading) {
  static const std::regex link(R"(\[([^\]]*)\]\([^)]*\))");
  const std::string text = std::regex_replace(heading, link, "$1");
  std::string result;
  for (std::size_t i = 0, length; i < text.size(); i += length) {
    length = sequence_length(text[i]);
    const auto byte = static_cast<unsigned char>(text[i]);
    if (length > 1) {
      if (is_letter(text.substr(i, length))) result += text.substr(i, length);
    } else if (std::isalnum(byte) != 0 || text[i] == '-' || text[i] == '_') {
      result += static_cast<char>(std::tolower(byte));
    } else if (text[i] == ' ') {
      result += '-';
    }
  }
  return result;
}

std::vector<Failure> check_links(const Document& document, const std::filesystem::path& path) {
  std::vector<Failure> failures;
  for (const NumberedLine& line : document.prose) {
    for (const std::string& target : targets(line.text)) {
      const std::string what = broken(target, document, path);
      if (!what.empty()) failures.push_back({line.line, what});
    }
  }
  return failures;
}

}  // namespace check_text
