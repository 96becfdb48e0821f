// What can come of a server in trouble?
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace matrix {

/// From the best to the worst.
enum class Outcome {
  survives,  ///< a new client is served whole afterwards; told to stop, it ends with exit status 0
  spins,     ///< and uses CPU time while it has nothing to do
  stalls,    ///< a polite client was not served before the trouble was over
  wrong,     ///< bytes were lost or changed, or a client was never served
  dies,      ///< it ended, and nobody had told it to; or not with exit status 0
};

/// What the table says of it.
inline const char* word_for(Outcome outcome) {
  switch (outcome) {
    case Outcome::survives:
      return "survives";
    case Outcome::spins:
      return "spins";
    case Outcome::stalls:
      return "stalls others";
    case Outcome::wrong:
      return "wrong";
    case Outcome::dies:
      return "dies";
  }
  return "";  // not reached: the cases above are all there are
}

struct Cell {
  Outcome outcome = Outcome::survives;
  std::vector<std::string> details;  // what was tried, or what went wrong, a line each

  /// A cell for several: the worst of them.
  void add(const Cell& other) {
    if (other.outcome > outcome) outcome = other.outcome;
    details.insert(details.end(), other.details.begin(), other.details.end());
  }
};

}  // namespace matrix
