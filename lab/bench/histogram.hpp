// How long did most of a million echoes take, and how long the slowest? A histogram tells, in 15
// KiB.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

/// Counts values by size, after the idea of HdrHistogram: in each octave 32 buckets of one width,
/// and twice that width in the next octave. So a value is known to a thirty-second part of itself,
/// be it a microsecond or an hour, and to add one is an increment. Below 32 each value has its own.
class Histogram {
 public:
  void add(std::uint64_t value) {
    ++counts_[bucket_of(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }

  /// The least value that at least `percent` of all do not exceed, rounded up to its bucket's end;
  /// 0 where there is none.
  [[nodiscard]] std::uint64_t percentile(double percent) const {
    // A hair less, as 99.9 is no round number in binary: of 1,000 values it wants 999.
    const double wanted = percent / 100 * static_cast<double>(count_) - 1e-6;
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > 0 && static_cast<double>(seen) >= wanted) return std::min(end_of(bucket), max_);
    }
    return max_;
  }

 private:
  static constexpr int kBits = 5;
  static constexpr std::uint64_t kPerOctave = 1 << kBits;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kPerOctave) return value;
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - 1 - kBits;
    return (shift + 1) * kPerOctave + (value >> shift) % kPerOctave;
  }

  /// The largest value in the bucket.
  static std::uint64_t end_of(std::size_t bucket) {
    if (bucket < kPerOctave) return bucket;
    const std::size_t shift = bucket / kPerOctave - 1;
    return ((bucket % kPerOctave + kPerOctave + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (65 - kBits) * kPerOctave> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace bench
