#include "runtime/executor/executor.hpp"

#include <mutex>
#include <stdexcept>

namespace runtime {
namespace {

thread_local Executor* current_executor = nullptr;
thread_local bool thread_may_block = true;

}  // namespace

Executor& Executor::current() {
  if (current_executor == nullptr) throw std::logic_error("not in a runtime: see block_on");
  return *current_executor;
}

Executor* Executor::try_current() noexcept {
  return current_executor;
}

bool Executor::may_block() noexcept {
  return thread_may_block;
}

void Executor::close() noexcept {
  Ref<Scheduler> blocking;
  Ref<Scheduler> lets_go;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    blocking = blocking_;
    lets_go = lets_go_;
  }
  if (lets_go) lets_go->shut_down();
  if (blocking) blocking->shut_down();
  driver_.close();
}

Executor::Enter::Enter(Executor& executor, bool may_block)
    : executor_before_(std::exchange(current_executor, &executor)),
      may_block_before_(std::exchange(thread_may_block, may_block)) {}

Executor::Enter::~Enter() {
  current_executor = executor_before_;
  thread_may_block = may_block_before_;
}

}  // namespace runtime
