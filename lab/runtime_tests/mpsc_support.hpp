// What do the tests of the mpsc share? Values that are counted, and sends that wait in line.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtime/channels/mpsc.hpp"
#include "support.hpp"

namespace runtime {

/// Can only be moved.
struct Value {
  Value(Lives& lives, int its_number) : number(its_number), life(lives) {}
  int number;
  Counted life;
};

/// True if it has been sent, false if it came back.
template <class T>
bool sent(Poll<std::optional<T>> result) {
  return !result.take().has_value();
}

/// The number of the next value; 0 if there is none yet, and -1 if none will come.
template <class T>
int next(Receiver<T>& receiver) {
  auto receive = receiver.receive();
  auto result = poll_once(receive);
  if (!result.is_ready()) return 0;
  auto value = result.take();
  if (!value) return -1;
  if constexpr (std::is_same_v<T, int>) {
    return *value;
  } else {
    return value->number;
  }
}

using Sending = WithTask<decltype(std::declval<Sender<int>&>().send(0))>;

/// Sends of `first`, `first` + 1 and so on, which have been polled once and wait.
inline std::deque<Sending> in_line(Sender<int>& sender, int first, int count) {
  std::deque<Sending> all;
  for (int i = 0; i < count; ++i) {
    CHECK_FALSE(all.emplace_back(sender.send(first + i)).poll().is_ready());
  }
  return all;
}

// More than `close` wakes at once.
inline constexpr int kMany = 40;

}  // namespace runtime
