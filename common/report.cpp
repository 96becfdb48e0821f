#include "common/report.hpp"

#include <cstdio>

#include "common/socket.hpp"

namespace common {

void print_line(const std::string& line) {
  // stdio locks the stream for each call, so that a line stays whole. If standard error itself is
  // broken, there is nobody left to tell.
  std::fputs((line + "\n").c_str(), stderr);
}

void announce(int listener) {
  print_line("listening on " + to_string(local_address(listener)));
}

std::string name_of(std::uint64_t connection) {
  return "connection " + std::to_string(connection);
}

std::string name_of(const Address& peer) {
  return to_string(peer);
}

int Failures::exit_status() const {
  const std::lock_guard lock(mutex_);
  return messages_.empty() ? 0 : 1;
}

void Failures::add(const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (messages_.insert(message).second) print_line(message);
}

}  // namespace common
