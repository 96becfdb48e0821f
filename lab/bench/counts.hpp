// What does a program cost, counted so that nothing else on the machine can move it? Instructions,
// which valgrind(1) counts, system calls, which strace(1) counts, and bytes.
//
// What a program does once, to start and to end, is in no figure: each is the difference between
// much work and a third of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "subjects.hpp"

namespace bench {

/// Throws std::runtime_error where valgrind is not installed.
void require_valgrind();

/// Instructions in user space for an echo of 64 bytes, when so many connections are ready at once.
double instructions_per_echo(const Subject& server, std::size_t connections);

/// System calls for the same. One more in each round is that of the server which was stopped in its
/// sleep.
double calls_per_echo(const Subject& server, std::size_t connections);

/// Resident memory for a connection that says nothing, in bytes. It has said something once.
double bytes_per_connection(const Subject& server);

/// Instructions in user space for an echo of runtime_costs between two tasks, beside so many idle
/// ones that one task joins.
double instructions_beside(std::size_t idle_tasks);

/// Calls of futex(2) in so many echoes of runtime_costs between two tasks, with two workers.
std::size_t futex_calls(std::uint64_t echoes);

}  // namespace bench
