// Is this the output that the text shows? Line by line, in order or not, perhaps with gaps.
#pragma once

#include <string>
#include <vector>

#include "lines.hpp"

namespace check_text {

/// The output of one command as the text shows it, perhaps in several blocks.
///
/// A line `...` stands for any number of lines. Both sides are compared as `normalise` leaves them:
/// what is shown is normalised here, `actual` must be already.
class Expectation {
 public:
  /// Appends lines that the text shows.
  void add(const Lines& lines);

  /// From now on the order of lines does not count, of those before neither.
  void ignore_order() { ordered_ = false; }

  /// True when it describes all of `actual`.
  [[nodiscard]] bool describes(const Lines& actual) const;

  /// True when it describes `actual` as far as some line; those after it may be described later.
  [[nodiscard]] bool describes_beginning_of(const Lines& actual) const;

  /// False when no lines after `actual` could make it describe all.
  [[nodiscard]] bool allows(const Lines& actual) const;

  /// The lines as the text shows them.
  [[nodiscard]] const Lines& shown() const { return shown_; }

 private:
  Lines shown_;
  std::vector<Lines> pieces_ = {{}};  // what is between the gaps, normalised; one at least
  bool ordered_ = true;
};

}  // namespace check_text
