// One answer to the exercise.

#include "lookup.hpp"

#include <stdexcept>

LookUp::~LookUp() {
  if (coroutine_) directory_.forget(ticket_);  // destroyed where it waits
}

bool LookUp::await_ready() {
  return false;
}

bool LookUp::await_suspend(std::coroutine_handle<> coroutine) {
  // The frame does not move, and `this` is in it.
  ticket_ = directory_.ask(name_, [this](std::optional<int> number) {
    answered_ = true;
    number_ = number;
    // The last thing that is done here: the coroutine may come to its end, and `this` with it.
    if (coroutine_) std::exchange(coroutine_, nullptr).resume();
  });
  if (answered_) return false;
  coroutine_ = coroutine;
  return true;
}

int LookUp::await_resume() {
  if (!number_) throw std::out_of_range("nobody has the name " + name_);
  return *number_;
}
