#include "expectation.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "normalise.hpp"

namespace check_text {
namespace {

bool is_gap(const std::string& line) {
  return line == "...";
}

Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// True when `whole` has all lines of `part`, each as often at least. Both are sorted.
bool has_all(const Lines& whole, const Lines& part) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

/// An Expectation for comparing without order: sorted lines, and whether others may be among them.
struct Bag {
  explicit Bag(const std::vector<Lines>& pieces) : open(pieces.size() > 1) {
    for (const Lines& piece : pieces) lines.insert(lines.end(), piece.begin(), piece.end());
    std::sort(lines.begin(), lines.end());
  }
  Lines lines;
  bool open;
};

}  // namespace

void Expectation::add(const Lines& lines) {
  shown_.insert(shown_.end(), lines.begin(), lines.end());
  pieces_ = split_pieces(normalise(shown_), is_gap);
}

bool Expectation::describes(const Lines& actual) const {
  if (!ordered_) {
    const Bag bag(pieces_);
    return bag.open ? has_all(sorted(actual), bag.lines) : sorted(actual) == bag.lines;
  }
  if (pieces_.size() == 1) return actual == pieces_.front();
  // The last piece ends where the lines end, wherever else it may be found too.
  const auto first = pieces_.begin(), last = pieces_.end() - 1;
  if (!stands_at(*first, actual, 0) || last->size() > actual.size()) return false;
  const std::size_t last_at = actual.size() - last->size();
  const Found found = find_in_order({first + 1, last}, actual, first->size());
  return found.pieces == pieces_.size() - 2 && found.end <= last_at &&
         stands_at(*last, actual, last_at);
}

bool Expectation::describes_beginning_of(const Lines& actual) const {
  if (!ordered_) return has_all(sorted(actual), Bag(pieces_).lines);
  return stands_at(pieces_.front(), actual, 0) &&
         find_in_order({pieces_.begin() + 1, pieces_.end()}, actual, pieces_.front().size())
                 .pieces == pieces_.size() - 1;
}

bool Expectation::allows(const Lines& actual) const {
  if (!ordered_) {
    const Bag bag(pieces_);
    return bag.open || has_all(bag.lines, sorted(actual));
  }
  const Lines& first = pieces_.front();
  if (pieces_.size() == 1) return stands_at(actual, first, 0);
  return stands_at(actual, first, 0) || stands_at(first, actual, 0);
}

}  // namespace check_text
