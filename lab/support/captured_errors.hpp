// What did our own process say on standard error?
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "common/error.hpp"
#include "common/fd.hpp"

namespace lab {

/// While it lives, standard error goes to it.
class CapturedErrors {
 public:
  CapturedErrors()
      : before_(common::check(::dup(STDERR_FILENO), "dup")),
        file_(common::check(::memfd_create("stderr", MFD_CLOEXEC), "memfd_create")) {
    common::check(::dup2(file_.get(), STDERR_FILENO), "dup2");
  }
  ~CapturedErrors() { ::dup2(before_.get(), STDERR_FILENO); }
  CapturedErrors(CapturedErrors&&) = delete;

  /// What was written so far.
  [[nodiscard]] std::string text() const {
    std::string text(4096, '\0');
    const ssize_t size = ::pread(file_.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(common::check(size, "pread")));
    return text;
  }

 private:
  const common::Fd before_;
  const common::Fd file_;
};

}  // namespace lab
