#include "runtime/executor/block_on.hpp"

#include <csignal>

namespace runtime {

void prepare_to_block() {
  if (!Executor::may_block()) {
    throw std::logic_error("block_on inside of a runtime would block its thread");
  }
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  if (before != SIG_DFL && before != SIG_ERR) std::signal(SIGPIPE, before);
}

}  // namespace runtime
