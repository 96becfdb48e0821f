// Exercise: say goodbye. Why would a client lose the last words of a server that sent them all?
#pragma once

#include "common/fd.hpp"

/// Ends a conversation so that everything sent on `socket` arrives; the caller closes it
/// afterwards.
///
/// When a socket is closed while it holds bytes that nobody has read, TCP does not say goodbye: it
/// sends a reset, and a reset may overtake what was sent before. So say that you have finished
/// (shutdown(2), SHUT_WR), and then read what still comes, and throw it away, until the client has
/// finished too.
void say_goodbye(const common::Fd& socket);
