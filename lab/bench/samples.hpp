// What does a line of the scaling command's file hold? One server under one load, once.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// What was measured, once.
struct Figures {
  double echoes = 0;  ///< in a second
  double p50 = 0;     ///< microseconds
  double p99 = 0;
  double cpu = 0;      ///< microseconds of the server's CPU time for an echo
  double bytes = 0;    ///< of the server's resident memory for a connection, idle or active
  double threads = 0;  ///< of the server
  double foreign = 0;  ///< cores that were busy with neither server nor client
};

/// Foreign load above this is marked, in cores.
inline constexpr double kForeignLoad = 0.1;

struct Sample {
  std::string server;
  std::uint64_t active = 0;
  std::uint64_t idle = 0;
  std::uint64_t round = 0;
  std::optional<Figures> figures = {};
  std::string note = "ok";  ///< or "foreign load", or why there are no figures
};

/// The file's first line, after the comments.
void write_heading(std::ostream& out);
void write(std::ostream& out, const Sample& sample);

/// All samples of a file. Throws std::runtime_error where it cannot be read, or is none of these.
std::vector<Sample> read_samples(const std::string& file);

/// The value in the middle, or that between the two there; nothing where there is none.
std::optional<double> median(std::vector<double> values);

}  // namespace bench
