// Who runs the tasks of a scenario? Threads of its run, from one queue.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "lab/explore/step.hpp"
#include "runtime/executor/executor.hpp"

namespace explore {

/// An executor with the least that can be: to put a task into the queue, and to take it out, is
/// one step each.
class Workers final : public runtime::Executor {
 public:
  Workers() : Executor(false, {}) {}

  void add(runtime::Task& task) noexcept override {
    queue_touched_.touch("add");
    ++tasks_;
    queue_.push_back(&task);
  }
  void submit(runtime::Task& task, bool) noexcept override {
    queue_touched_.touch("submit");
    const bool there = std::find(queue_.begin(), queue_.end(), &task) != queue_.end();
    require(!there, "a task is in the queue twice");
    queue_.push_back(&task);
  }
  void remove(runtime::Task&) noexcept override {
    queue_touched_.touch("remove");
    --tasks_;
  }
  bool run(runtime::Parker&) override { return true; }
  void shut_down() noexcept override {}
  void wake_driver() noexcept override {}

  /// A thread of the run: runs tasks until none is left.
  void work() {
    const Enter enter(*this);
    while (runtime::Task* const task = next()) task->run();
  }
  /// Calls `function` on a thread that counts as one of this executor.
  template <class Function>
  void inside(Function function) {
    const Enter enter(*this);
    function();
  }

 private:
  runtime::Task* next() {
    queue_touched_.wait_until("next task", [this] { return !queue_.empty() || tasks_ == 0; });
    if (queue_.empty()) return nullptr;
    runtime::Task* const task = queue_.front();
    queue_.pop_front();
    return task;
  }

  Watched queue_touched_;
  std::deque<runtime::Task*> queue_;
  std::size_t tasks_ = 0;
};

}  // namespace explore
