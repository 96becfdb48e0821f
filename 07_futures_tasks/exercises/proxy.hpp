// Exercise: a proxy. How do two tasks, or one, carry a conversation that neither side holds back?
//
// What comes from one side goes to the other, both ways at the same time, in any order, until both
// sides have ended.
//
//  - When one side has sent its end of file, the other side gets it, after all the bytes; and what
//    the other side still sends goes on arriving.
//  - A side that does not read is not read for: the proxy holds at most what one read returns, and
//    whoever sends too much is held up by its own kernel.
//  - An error of one side ends both ways, and is thrown: both connections are closed then.
#pragma once

#include "runtime/runtime.hpp"

runtime::Async<> proxy(runtime::TcpStream left, runtime::TcpStream right);
