#include "samples.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bench {
namespace {

constexpr const char* kHeading =
    "server,active,idle,round,echoes_per_s,p50_us,p99_us,cpu_us_per_echo,bytes_per_connection,"
    "threads,foreign_cores,note";

/// In the order of the columns.
constexpr std::array kColumns = {&Figures::echoes, &Figures::p50,   &Figures::p99,
                                 &Figures::cpu,    &Figures::bytes, &Figures::threads,
                                 &Figures::foreign};
constexpr std::size_t kFirstFigure = 4;

/// A comma would begin another column.
std::string without_commas(std::string text) {
  std::replace(text.begin(), text.end(), ',', ';');
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream rest(line);
  for (std::string word; std::getline(rest, word, ',');) words.push_back(word);
  return words;
}

Sample parse(const std::string& line) {
  const std::vector<std::string> words = split(line);
  if (words.size() != kFirstFigure + kColumns.size() + 1) throw std::invalid_argument(line);
  Sample sample{words[0], std::stoull(words[1]), std::stoull(words[2]), std::stoull(words[3]),
                {},       words.back()};
  if (words[kFirstFigure].empty()) return sample;
  sample.figures.emplace();
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    (*sample.figures).*kColumns[i] = std::stod(words[kFirstFigure + i]);
  }
  return sample;
}

}  // namespace

void write_heading(std::ostream& out) {
  out << kHeading << '\n';
}

void write(std::ostream& out, const Sample& sample) {
  out << sample.server << ',' << sample.active << ',' << sample.idle << ',' << sample.round << ',';
  for (const auto column : kColumns) {
    if (sample.figures) out << (*sample.figures).*column;
    out << ',';
  }
  out << without_commas(sample.note) << std::endl;
}

std::vector<Sample> read_samples(const std::string& file) {
  std::ifstream lines(file);
  if (!lines) throw std::runtime_error("open " + file + ": it cannot be read");
  std::vector<Sample> samples;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("#") || line == kHeading) continue;
    try {
      samples.push_back(parse(line));
    } catch (const std::logic_error&) {
      throw std::runtime_error(file + ", line " + std::to_string(number) + ": not a sample");
    }
  }
  return samples;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

}  // namespace bench
