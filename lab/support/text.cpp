#include "lab/support/text.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <vector>

namespace lab {

std::string start_and_end(std::uint64_t number) {
  return "start " + std::to_string(number) + "\nend " + std::to_string(number) + "\n";
}

bool is_start_and_end(const std::string& text) {
  unsigned long long number = 0;
  return std::sscanf(text.c_str(), "start %llu", &number) == 1 && text == start_and_end(number);
}

std::string sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line + "\n");
  std::sort(lines.begin(), lines.end());
  std::string sorted;
  for (const std::string& line : lines) sorted += line;
  return sorted;
}

std::string sorted_lines_of(std::size_t clients) {
  std::string text;
  for (std::size_t n = 1; n <= clients; ++n) text += start_and_end(n);
  return sorted_lines(text);
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += word.size()) {
    ++times;
  }
  return times;
}

std::string about_flag(const std::string& help, const std::string& flag) {
  std::istringstream words(help);
  std::string word;
  while (words >> word && word != flag) continue;
  std::string said = flag;
  while (words >> word && !word.starts_with("-")) said += " " + word;
  return said;
}

}  // namespace lab
