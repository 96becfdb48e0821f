#include "outbox.hpp"

#include "common/io.hpp"

void Outbox::push(std::string_view bytes) {
  waiting_ += bytes;
}

bool Outbox::flush(int socket) {
  while (!waiting_.empty()) {
    const auto size = common::try_write(socket, waiting_);
    if (!size) return false;
    waiting_.erase(0, *size);
  }
  return true;
}
