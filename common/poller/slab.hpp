// How does a program name a thing that may be gone? With a key that then finds nothing.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

namespace common {

/// Names one value in a `Slab`: the slot where it is, and which of the values that were ever in
/// that slot it is. No value has the generation 0, as in `SlabKey{}`, nor the key whose bits are
/// all set.
struct SlabKey {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  /// The key as a number, such as a poller's token: the generation in the high 32 bits.
  [[nodiscard]] constexpr std::uint64_t bits() const {
    return std::uint64_t{generation} << 32 | index;
  }
  /// The key whose `bits` these are.
  static constexpr SlabKey from_bits(std::uint64_t bits) {
    return {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)};
  }
  friend bool operator==(const SlabKey&, const SlabKey&) = default;
};

/// Values under small keys. A slot is used again, a key never is: so a stale key, such as that of
/// an event for a connection that is closed already, finds nothing. The idea is that of the Rust
/// crates `slab` and `generational-arena`.
///
/// A slot's generation counts up to `kLast`. Then the slot is retired and its memory lost, because
/// its keys would repeat; that takes four billion values in one slot.
///
/// Pointers to a value stay valid until it is erased. Thread safety: none of its own.
template <class T, std::uint32_t kLast = std::numeric_limits<std::uint32_t>::max()>
class Slab {
 public:
  using Key = SlabKey;

  /// Keeps `value` and returns its key. Only this takes memory.
  Key insert(T value) {
    if (first_free_ == kNone) add_slot();
    const std::uint32_t index = first_free_;
    Slot& slot = slots_[index];
    slot.value.emplace(std::move(value));
    first_free_ = slot.next_free;
    ++size_;
    return {index, slot.generation};
  }

  /// The value under `key`, or nullptr if it is gone.
  [[nodiscard]] T* find(Key key) {
    if (key.index >= slots_.size()) return nullptr;
    Slot& slot = slots_[key.index];
    return slot.generation == key.generation && slot.value ? &*slot.value : nullptr;
  }

  /// Destroys the value under `key`. False if it was gone already.
  bool erase(Key key) {
    if (find(key) == nullptr) return false;
    Slot& slot = slots_[key.index];
    ++slot.generation;  // first, so that the value's destructor finds it gone
    slot.value.reset();
    --size_;
    if (slot.generation == kLast) return true;
    slot.next_free = std::exchange(first_free_, key.index);
    return true;
  }

  /// Calls `visit(key, value)` for each value. `visit` may erase any of them, and insert others,
  /// which are then visited or not.
  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      Slot& slot = slots_[i];
      if (slot.value) visit(Key{static_cast<std::uint32_t>(i), slot.generation}, *slot.value);
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Slot {
    std::uint32_t generation = 1;
    std::uint32_t next_free = kNone;  // means something while there is no value
    std::optional<T> value;
  };

  void add_slot() {
    assert(slots_.size() < kNone);
    slots_.emplace_back();
    first_free_ = static_cast<std::uint32_t>(slots_.size() - 1);
  }

  std::deque<Slot> slots_;  // a deque never moves what is in it
  std::uint32_t first_free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace common
