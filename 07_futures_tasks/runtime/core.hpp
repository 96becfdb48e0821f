// The core: a whole runtime, which builds and runs alone. For readers, in the order to read it.
#pragma once

// clang-format off

// future: the contract: what a future is, and what it promises
#include "runtime/future/poll.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/atomic_waker.hpp"

// task: a future on the heap, and its life in one atomic word
#include "runtime/trace/place.hpp"
#include "runtime/trace/observer.hpp"
#include "runtime/task/task_state.hpp"
#include "runtime/task/task_list.hpp"
#include "runtime/task/small_mutex.hpp"
#include "runtime/task/scheduler.hpp"
#include "runtime/task/task.hpp"
#include "runtime/task/join_handle.hpp"

// coroutine: coroutines as futures
#include "runtime/coroutine/async_frame.hpp"
#include "runtime/coroutine/async.hpp"

// io: who hears the kernel, and tells the tasks
#include "runtime/io/scheduled_io.hpp"
#include "runtime/io/selector.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/io/registration.hpp"
#include "runtime/io/poll_evented.hpp"
#include "runtime/io/bytes.hpp"
#include "runtime/io/tcp.hpp"

// time: who is to be woken when
#include "runtime/time/timers.hpp"
#include "runtime/time/sleep.hpp"

// executor: who polls
#include "runtime/executor/driver.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/executor/executor.hpp"
#include "runtime/executor/deadlock.hpp"
#include "runtime/executor/current_thread.hpp"
#include "runtime/executor/block_on.hpp"
#include "runtime/executor/spawn.hpp"
// clang-format on
