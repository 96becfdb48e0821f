// Exercise: fix this. It believes that people talk in turns, as clients and servers often do.

#include "proxy.hpp"

#include <string>

runtime::Async<> proxy(runtime::TcpStream left, runtime::TcpStream right) {
  for (;;) {
    const runtime::Bytes question = co_await left.read_some();
    if (question.empty()) co_return;
    co_await right.write_all(question);
    const runtime::Bytes answer = co_await right.read_some();
    if (answer.empty()) co_return;
    co_await left.write_all(answer);
  }
}
