#include "common/accept_pause.hpp"

#include <string>

#include "common/io.hpp"
#include "common/report.hpp"

namespace common {

void AcceptPause::begin(const std::system_error& error, const Statistics& statistics) {
  if (!out_of_resources(error.code())) throw error;
  if (!announced_) print_line(std::string(error.what()) + "; accepting rests");
  announced_ = true;
  served_before_ = statistics.served();
  until_ = Clock::now() + kAcceptPause;
}

bool AcceptPause::active(const Statistics& statistics) const {
  return Clock::now() < until_ && statistics.served() == served_before_;
}

}  // namespace common
