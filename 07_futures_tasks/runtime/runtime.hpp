// Everything at once, for programs: the core, and what stands on it.
#pragma once

// clang-format off
#include "runtime/core.hpp"

// future: the smallest ones
#include "runtime/future/small_futures.hpp"

// executor: several threads, and where blocking calls go
#include "runtime/executor/worker_pool.hpp"
#include "runtime/executor/options.hpp"
#include "runtime/executor/blocking_pool.hpp"
#include "runtime/executor/spawn_blocking.hpp"

// time: as the end of patience, and every so often
#include "runtime/time/timeout.hpp"
#include "runtime/time/interval.hpp"

// io: the end of a connection, and other descriptors
#include "runtime/io/say_goodbye.hpp"
#include "runtime/io/udp_socket.hpp"
#include "runtime/io/ctrl_c.hpp"

// many: many futures in one task
#include "runtime/many/turns.hpp"
#include "runtime/many/join.hpp"
#include "runtime/many/select.hpp"
#include "runtime/many/futures_unordered.hpp"
#include "runtime/many/join_set.hpp"

// channels: from task to task
#include "runtime/channels/wait_list.hpp"
#include "runtime/channels/notify.hpp"
#include "runtime/channels/semaphore.hpp"
#include "runtime/channels/channel.hpp"
#include "runtime/channels/mpsc.hpp"
#include "runtime/channels/oneshot.hpp"

// trace: what all of them do, written down
#include "runtime/trace/trace.hpp"
// clang-format on
