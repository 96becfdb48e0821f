// What did the scaling command find? The middle of several samples, as parts of what one server
// needs.
//
//   build/lab/compare scaling.csv                     a table: chapter 07's server, and the
//   others build/lab/compare scaling.csv --to 06_epoll_edge  compared with another one
//   build/lab/compare scaling.csv --medians           the figures, as gnuplot likes them
//
// A ratio is that of two samples of the same round, which were made at about the same time; the
// table has the middle one of these. Samples with foreign load count only where there are no
// others.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/cli.hpp"
#include "common/report.hpp"
#include "samples.hpp"

namespace {

using bench::Figures;
using bench::Sample;

using Samples = std::vector<Sample>;
using Member = double Figures::*;

/// A column of the table: a figure under a load.
struct Column {
  const char* heading;
  Member member;
  std::uint64_t active;
  std::uint64_t idle;
};

constexpr std::array kColumns = {
    Column{"CPU, 1 client", &Figures::cpu, 1, 0},
    Column{"CPU, 100", &Figures::cpu, 100, 0},
    Column{"CPU, 1,000", &Figures::cpu, 1000, 0},
    Column{"CPU, 1 + 10,000 idle", &Figures::cpu, 1, 10'000},
    Column{"CPU, 100 + 10,000 idle", &Figures::cpu, 100, 10'000},
    Column{"echoes/s, 100", &Figures::echoes, 100, 0},
    Column{"p99, 100", &Figures::p99, 100, 0},
    Column{"bytes, 10,000 idle", &Figures::bytes, 1, 10'000},
};

std::vector<std::string> servers_in(const Samples& samples) {
  std::vector<std::string> servers;
  for (const Sample& sample : samples) {
    if (std::ranges::find(servers, sample.server) == servers.end())
      servers.push_back(sample.server);
  }
  return servers;
}

bool is_quiet(const Sample& sample) {
  return sample.figures && sample.figures->foreign <= bench::kForeignLoad;
}

/// The samples of a server under a load that have figures.
Samples samples_of(const Samples& all, const std::string& server, std::uint64_t active,
                   std::uint64_t idle) {
  Samples found;
  std::ranges::copy_if(all, std::back_inserter(found), [&](const Sample& sample) {
    return sample.server == server && sample.active == active && sample.idle == idle &&
           sample.figures;
  });
  return found;
}

/// A figure of each sample that counts.
std::vector<double> values(const Samples& samples, Member member) {
  const bool all = std::ranges::none_of(samples, is_quiet);
  std::vector<double> found;
  for (const Sample& sample : samples) {
    if (all || is_quiet(sample)) found.push_back((*sample.figures).*member);
  }
  return found;
}

std::optional<double> middle(const Samples& samples, Member member) {
  return bench::median(values(samples, member));
}

std::optional<double> middle_ratio(const Samples& samples, const Samples& base, Member member) {
  std::vector<double> quiet;
  std::vector<double> all;
  for (const Sample& sample : samples) {
    for (const Sample& other : base) {
      if (sample.round != other.round) continue;
      const double ratio = (*sample.figures).*member / (*other.figures).*member;
      all.push_back(ratio);
      if (is_quiet(sample) && is_quiet(other)) quiet.push_back(ratio);
    }
  }
  return bench::median(quiet.empty() ? all : quiet);
}

void print_row(const Samples& all, const std::string& server, const std::string& base) {
  std::printf("| %s |", server.c_str());
  for (const Column& column : kColumns) {
    const Samples ours = samples_of(all, base, column.active, column.idle);
    const Samples theirs = samples_of(all, server, column.active, column.idle);
    const bool is_base = server == base;
    const auto value =
        is_base ? middle(ours, column.member) : middle_ratio(theirs, ours, column.member);
    if (!value) {
      std::printf(" – |");
    } else if (is_base) {
      std::printf(*value < 100 ? " %.1f |" : " %.0f |", *value);
    } else {
      std::printf(*value < 10 ? " × %.2f |" : " × %.0f |", *value);
    }
  }
  std::printf("\n");
}

void print_table(const Samples& all, const std::string& base) {
  std::vector<std::string> servers = servers_in(all);
  if (std::ranges::find(servers, base) == servers.end()) {
    throw std::runtime_error("there are no samples of " + base);
  }
  std::printf("| |");
  for (const Column& column : kColumns) std::printf(" %s |", column.heading);
  std::printf("\n|---|");
  for ([[maybe_unused]] const Column& column : kColumns) std::printf("---|");
  std::printf("\n");
  print_row(all, base, base);
  for (const std::string& server : servers) {
    if (server != base) print_row(all, server, base);
  }
}

/// So that nobody trusts figures that other programs have spoilt.
void tell_of_foreign_load(const Samples& all) {
  std::size_t measured = 0;
  std::size_t marked = 0;
  for (const Sample& sample : all) {
    if (!sample.figures) continue;
    ++measured;
    if (!is_quiet(sample)) ++marked;
  }
  if (marked == 0) return;
  common::print_line(std::to_string(marked) + " of " + std::to_string(measured) +
                     " samples had foreign load: where there are others, they were left out");
}

/// A block for each server, which gnuplot finds by its name: `index "04_poll"`. Each figure is
/// three columns: the median, the least and the most.
void print_medians(const Samples& all) {
  constexpr std::array kMembers = {&Figures::echoes, &Figures::p50,   &Figures::p99,
                                   &Figures::cpu,    &Figures::bytes, &Figures::threads};
  for (const std::string& server : servers_in(all)) {
    std::printf("# %s\n", server.c_str());
    std::set<std::pair<std::uint64_t, std::uint64_t>> loads;
    for (const Sample& sample : all) {
      if (sample.server == server && sample.figures) loads.emplace(sample.active, sample.idle);
    }
    for (const auto& [active, idle] : loads) {
      const Samples samples = samples_of(all, server, active, idle);
      std::printf("%llu %llu", static_cast<unsigned long long>(active),
                  static_cast<unsigned long long>(idle));
      for (const Member member : kMembers) {
        const std::vector<double> found = values(samples, member);
        const auto [least, most] = std::ranges::minmax(found);
        std::printf("  %g %g %g", bench::median(found).value_or(0), least, most);
      }
      std::printf("\n");
    }
    std::printf("\n\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string file;
  std::string base = "07_futures_tasks";
  bool medians = false;
  common::CommandLine cli(
      "Sums up what build/lab/scale has measured. CPU: microseconds of the server's time for an\n"
      "echo. p99: microseconds from message to echo. Bytes: of its memory, for a connection.",
      "build/lab/compare lab/bench/results/scaling.csv --to 06_epoll_edge");
  cli.add_text("file", "what build/lab/scale has written", file);
  cli.add_text("--to", "the server to compare with", base);
  cli.add_flag("--medians", "the figures themselves, a block for each server: median, least, most",
               medians);
  return cli.run(argc, argv, [&] {
    const Samples all = bench::read_samples(file);
    medians ? print_medians(all) : print_table(all, base);
    tell_of_foreign_load(all);
    return 0;
  });
}
