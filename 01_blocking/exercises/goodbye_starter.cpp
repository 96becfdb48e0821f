#include "goodbye.hpp"

void say_goodbye(const common::Fd&) {
  // Yours to write.
}
