# Libraries by others: each from the system where it is installed, and otherwise as a pinned release.
find_package(Threads REQUIRED)
include(FetchContent)
FetchContent_Declare(
  CLI11
  URL https://github.com/CLIUtils/CLI11/archive/v2.4.2.tar.gz
  URL_HASH SHA256=f2d893a65c3b1324c50d4e682c0cdc021dd0477ae2c048544f39eed6654b699a
  FIND_PACKAGE_ARGS)
FetchContent_Declare(
  doctest
  URL https://github.com/doctest/doctest/archive/v2.4.12.tar.gz
  URL_HASH SHA256=73381c7aa4dee704bd935609668cf41880ea7f19fa0504a200e13b74999c2d70
  FIND_PACKAGE_ARGS)
FetchContent_Declare(
  nlohmann_json  # for tests, and for lab/timeline
  URL https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
  URL_HASH SHA256=d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d
  FIND_PACKAGE_ARGS)

FetchContent_MakeAvailable(CLI11)
if(BUILD_TESTING)
  FetchContent_MakeAvailable(doctest nlohmann_json)
  # For doctest_discover_tests, which makes each test case a test of its own.
  if(doctest_SOURCE_DIR)
    include(${doctest_SOURCE_DIR}/scripts/cmake/doctest.cmake)
  else()
    include(${doctest_DIR}/doctest.cmake)
  endif()
endif()

# Rings come from liburing. Without it, what needs a ring is left out, and all else is built.
find_path(LIBURING_INCLUDE_DIR liburing.h)
find_library(LIBURING_LIBRARY uring)
mark_as_advanced(LIBURING_INCLUDE_DIR LIBURING_LIBRARY)
if(LIBURING_INCLUDE_DIR AND LIBURING_LIBRARY)
  set(LIBURING_FOUND ON)
else()
  set(LIBURING_FOUND OFF)
  message(STATUS "No liburing (package liburing-dev): 07_futures_tasks is built without io_uring")
endif()
