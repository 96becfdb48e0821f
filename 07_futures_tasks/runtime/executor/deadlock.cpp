#include "runtime/executor/deadlock.hpp"

#include <cstdint>
#include <new>
#include <unordered_set>

namespace runtime {

bool may_be_woken(const List<Task>& tasks) noexcept try {
  std::unordered_set<const Wakeable*> alive;
  std::uint64_t wakers = 0;
  for (Task* task = tasks.newest(); task != nullptr; task = task->older) {
    alive.insert(task);
    wakers += task->wakers();
  }
  std::uint64_t joins = 0;  // wakers that are in another task, and wait for its output
  for (Task* task = tasks.newest(); task != nullptr; task = task->older) {
    joins += alive.count(task->joiner());
  }
  return wakers > joins;
} catch (const std::bad_alloc&) {
  return true;  // nobody knows
}

}  // namespace runtime
