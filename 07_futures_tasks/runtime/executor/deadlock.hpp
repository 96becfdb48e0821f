// Can any of these tasks ever be woken? Somebody must have a waker, and not just one of them.
#pragma once

#include "runtime/task/task.hpp"
#include "runtime/task/task_list.hpp"

namespace runtime {

/// True if somebody may still wake one of `tasks`, which are all that their executor has, and all
/// wait: one of them has a waker that does not just wait for the output of another one. False means
/// that they wait for each other, or for nothing. Looks at all tasks: for an executor that has
/// waited for a while and heard nothing.
[[nodiscard]] bool may_be_woken(const List<Task>& tasks) noexcept;

}  // namespace runtime
