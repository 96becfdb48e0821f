// Everything at once, for programs; and for readers all files, in the order to read them.
//
// The ten that are marked as the core are the runtime: with them the whole can be understood. The
// others are parts of these, or stand on them.
#pragma once

// clang-format off

// future: the contract: what a future is, and what it promises
#include "runtime/future/poll.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"               // core
#include "runtime/future/context.hpp"
#include "runtime/future/future.hpp"              // core
#include "runtime/future/small_futures.hpp"

// task: a future on the heap, and its life in one atomic word
#include "runtime/task/task_state.hpp"            // core
#include "runtime/task/task_list.hpp"
#include "runtime/task/small_mutex.hpp"
#include "runtime/task/scheduler.hpp"
#include "runtime/task/task.hpp"                  // core
#include "runtime/task/join_handle.hpp"

// coroutine: coroutines as futures
#include "runtime/coroutine/async_frame.hpp"
#include "runtime/coroutine/async.hpp"            // core

// executor: who polls, on one thread or on several, and where blocking calls go
#include "runtime/executor/driver.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/executor/blocking_pool.hpp"
#include "runtime/executor/executor.hpp"
#include "runtime/executor/current_thread.hpp"    // core
#include "runtime/executor/worker_pool.hpp"
#include "runtime/executor/spawn.hpp"
#include "runtime/executor/spawn_blocking.hpp"
#include "runtime/executor/block_on.hpp"

// io: who hears the kernel, and tells the tasks
#include "runtime/io/scheduled_io.hpp"            // core
#include "runtime/io/reactor.hpp"                 // core
#include "runtime/io/registration.hpp"
#include "runtime/io/poll_evented.hpp"
#include "runtime/io/tcp.hpp"                     // core
#include "runtime/io/udp_socket.hpp"
#include "runtime/io/ctrl_c.hpp"

// time: time, also a virtual one for tests
#include "runtime/time/timers.hpp"                // core
#include "runtime/time/sleep.hpp"

// many: many futures in one task
#include "runtime/many/join.hpp"
#include "runtime/many/select.hpp"
#include "runtime/many/futures_unordered.hpp"

// channels: from task to task
#include "runtime/channels/wait_list.hpp"
#include "runtime/channels/notify.hpp"
#include "runtime/channels/oneshot.hpp"
#include "runtime/channels/channel_room.hpp"
#include "runtime/channels/mpsc.hpp"

// trace: what all of them do, written down
#include "runtime/trace/place.hpp"
#include "runtime/trace/trace.hpp"
// clang-format on
