#include "runtime/executor/executor.hpp"

#include <stdexcept>

namespace runtime {
namespace {

thread_local Executor* current_executor = nullptr;

}  // namespace

Executor& Executor::current() {
  if (current_executor == nullptr) throw std::logic_error("not in a runtime: see block_on");
  return *current_executor;
}

Executor* Executor::try_current() noexcept {
  return current_executor;
}

Executor::Enter::Enter(Executor& executor) {
  if (current_executor != nullptr) throw std::logic_error("a runtime inside of a runtime");
  current_executor = &executor;
}

Executor::Enter::~Enter() {
  current_executor = nullptr;
}

}  // namespace runtime
