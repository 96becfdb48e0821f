// Where in the program does a task begin? At the place that spawned it, which names it in a trace.
#pragma once

namespace runtime {

/// A place in the source. As std::source_location, which older tools do not know, and which gives
/// whole signatures; here a function is a short name.
struct Place {
  const char* file;
  const char* function;
  unsigned line;

  /// As a default argument: the place of the call that leaves the argument out.
  static constexpr Place here(const char* file = __builtin_FILE(),
                              const char* function = __builtin_FUNCTION(),
                              unsigned line = __builtin_LINE()) {
    return {file, function, line};
  }
};

}  // namespace runtime
