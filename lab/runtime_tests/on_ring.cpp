// The same tests once more, where DRIVER=io_uring: each reactor then asks a ring.

#include <memory>

#include "io_support.hpp"
#include "runtime/io/selector.hpp"

// The linker takes the first one instead of runtime::make_epoll, which is then the second.
std::unique_ptr<runtime::Selector> selector_of_the_tests() asm("__wrap__ZN7runtime10make_epollEv");
std::unique_ptr<runtime::Selector> real_make_epoll() asm("__real__ZN7runtime10make_epollEv");

std::unique_ptr<runtime::Selector> selector_of_the_tests() {
  return runtime::kOnRing ? runtime::make_ring() : real_make_epoll();
}
