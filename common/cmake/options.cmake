# How everything is compiled.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
endif()
# Optimised, with debug information, and with the assertions on.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g")

# g++ looks for memory to use again only when it holds much: a tenth faster. (Other compilers do not.)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options("SHELL:--param ggc-min-heapsize=800000")
endif()

# Warnings are errors only in the presets for developers (CMAKE_COMPILE_WARNING_AS_ERROR).
add_library(project_warnings INTERFACE)
target_compile_options(project_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)

set(SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
if(SANITIZE)
  add_compile_options(-fsanitize=${SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SANITIZE})
  # The check of virtual tables opens a pipe: it raises false alarms where descriptors have run out.
  add_compile_options(-fno-sanitize=vptr)
  # Tests allow for memory that a sanitizer takes, and for what does not run with one. (g++ tells them by
  # a macro of its own, clang does not.)
  foreach(sanitizer address thread)
    if(SANITIZE MATCHES ${sanitizer})
      string(TOUPPER ${sanitizer} name)
      add_compile_definitions(WITH_${name}_SANITIZER)
    endif()
  endforeach()
endif()

option(UNITY "Compile the runtime, tests and tools a few files at a time, which is faster" ON)

# For the targets in lab/fuzz, with clang: libFuzzer sees which way the bytes go.
option(FUZZ "Have libFuzzer drive the fuzz targets" OFF)
if(FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Most files include some of these, and they are large: precompiled, they cost tests and tools their time
# once. (Not so the chapters' programs: they are compiled as anybody would. And with precompiled headers
# g++ 12 no longer knows, when it optimises, which warnings are about the standard library's insides.)
set(STANDARD_HEADERS <algorithm> <array> <atomic> <chrono> <deque> <filesystem> <fstream> <functional> <map>
                     <memory> <mutex> <optional> <sstream> <string> <thread> <unordered_map> <vector>)
