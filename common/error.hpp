// What does a failed system call become? A std::system_error that names the call.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace common {

/// Throws `code`, an errno value, as a std::system_error whose text is "what: reason".
///
/// `what` names the call and, where there is one, the address: "bind 127.0.0.1:8000".
[[noreturn]] inline void throw_error(int code, const std::string& what) {
  throw std::system_error(code, std::generic_category(), what);
}

/// Passes on a system call's result, or throws when it is -1.
///
/// `what` is made into a string only when the call failed; errno is read before that.
template <class Result>
Result check(Result result, const char* what) {
  if (result == -1) throw_error(errno, what);
  return result;
}

/// Makes a system call again for as long as a signal interrupts it (EINTR, see signal(7)).
///
/// Returns what the call returned; -1 then means an error other than EINTR, still in errno.
template <class Call>
auto retry(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace common
