# What every chapter's build file includes: options, dependencies, common/, and three functions.
# It does its work once, whether the whole tree is built or one chapter alone.
include_guard(GLOBAL)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
endif()
# Optimised, with debug information, and with the assertions on.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g")
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
# For the targets in tools/fuzz, with clang: libFuzzer sees which way the bytes go.
option(FUZZ "Have libFuzzer drive the fuzz targets" OFF)
if(FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Each from the system where it is installed, and otherwise as a pinned release.
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
  nlohmann_json  # for tests and tools
  URL https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
  URL_HASH SHA256=d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d
  FIND_PACKAGE_ARGS)
find_package(Threads REQUIRED)
FetchContent_MakeAvailable(CLI11)

# A chapter alone is for running its programs, and builds in seconds; the whole tree has the tests and
# the exercises too.
if(NOT PROJECT_NAME STREQUAL async_io_from_scratch)
  option(BUILD_TESTING "Build the tests and exercises" OFF)
endif()
include(CTest)
if(BUILD_TESTING)
  FetchContent_MakeAvailable(doctest nlohmann_json)
  # For doctest_discover_tests, which makes each test case a test of its own.
  if(doctest_SOURCE_DIR)
    include(${doctest_SOURCE_DIR}/scripts/cmake/doctest.cmake)
  else()
    include(${doctest_DIR}/doctest.cmake)
  endif()
endif()

# Warnings are errors only in the presets for developers (CMAKE_COMPILE_WARNING_AS_ERROR).
add_library(project_warnings INTERFACE)
target_compile_options(project_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)

# chapter_programs(04_poll server client …): each NAME.cpp becomes the target 04_poll_NAME and the
# program NAME in the chapter's build directory.
function(chapter_programs chapter)
  foreach(program IN LISTS ARGN)
    add_executable(${chapter}_${program} ${program}.cpp)
    set_target_properties(${chapter}_${program} PROPERTIES OUTPUT_NAME ${program})
    target_link_libraries(${chapter}_${program} PRIVATE common)
  endforeach()
endfunction()

# program_with_flags(01_blocking NAME): NAME.cpp once more, as with_flags/NAME: the same program, which takes
# --port and --delay all the same, for tests. See common/testing/with_flags.cpp.
function(program_with_flags chapter program)
  if(NOT BUILD_TESTING)
    return()
  endif()
  set(twin ${chapter}_${program}_with_flags)
  add_executable(${twin} ${program}.cpp)
  set_target_properties(${twin} PROPERTIES OUTPUT_NAME ${program} RUNTIME_OUTPUT_DIRECTORY with_flags)
  target_link_libraries(${twin} PRIVATE common_with_flags)
endfunction()

# chapter_tests(04_poll): tests.cpp, any NAME_test.cpp beside it, and the conformance test, run against
# the chapter's programs. With more arguments, once for each: chapter_tests(07_x WORKERS=0 WORKERS=2) runs
# it twice, with a different environment.
function(chapter_tests chapter)
  if(NOT BUILD_TESTING)
    return()
  endif()
  file(GLOB more CONFIGURE_DEPENDS *_test.cpp)
  add_executable(${chapter}_tests tests.cpp ${more})
  set_target_properties(${chapter}_tests PROPERTIES OUTPUT_NAME tests)
  target_link_libraries(${chapter}_tests PRIVATE common_conformance common_test_main)
  target_compile_definitions(${chapter}_tests PRIVATE CHAPTER_DIR="${CMAKE_CURRENT_BINARY_DIR}")
  # Not every target here is the chapter's: CTest has its own, and they would build everything again.
  get_property(programs DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
  list(FILTER programs INCLUDE REGEX "^${chapter}_")
  list(FILTER programs EXCLUDE REGEX "_tests$")
  add_dependencies(${chapter}_tests ${programs})
  if(NOT ARGN)
    doctest_discover_tests(${chapter}_tests TEST_PREFIX "${chapter}: " PROPERTIES TIMEOUT 120)
  endif()
  foreach(environment IN LISTS ARGN)
    # The filter takes all tests. It differs, because otherwise all lists would go to the same file.
    doctest_discover_tests(
      ${chapter}_tests TEST_PREFIX "${chapter}: ${environment}: " TEST_SPEC "*,${environment}"
      PROPERTIES TIMEOUT 120 ENVIRONMENT ${environment})
  endforeach()
endfunction()

# chapter_exercise(04_poll NAME): exercises/NAME_starter.cpp is for the reader to mend, and becomes the
# program exercises/NAME; exercises/NAME_solution.cpp is one answer. NAME_test.cpp judges both: the
# starter must fail it and the solution must pass.
function(chapter_exercise chapter name)
  if(NOT BUILD_TESTING)
    return()
  endif()
  set(exercise ${chapter}_exercise_${name})
  add_library(${exercise} OBJECT exercises/${name}_test.cpp)
  target_link_libraries(${exercise} PUBLIC common_test_main)
  foreach(version starter solution)
    add_executable(${exercise}_${version} exercises/${name}_${version}.cpp)
    set_target_properties(${exercise}_${version} PROPERTIES RUNTIME_OUTPUT_DIRECTORY exercises)
    target_link_libraries(${exercise}_${version} PRIVATE ${exercise} common_test_main)
    add_test(NAME "${chapter}: exercise ${name}: ${version}" COMMAND ${exercise}_${version})
    set_tests_properties("${chapter}: exercise ${name}: ${version}" PROPERTIES TIMEOUT 120)
  endforeach()
  set_target_properties(${chapter}_exercise_${name}_starter PROPERTIES OUTPUT_NAME ${name})
  set_target_properties(${chapter}_exercise_${name}_solution PROPERTIES OUTPUT_NAME ${name}_solution)
  set_tests_properties("${chapter}: exercise ${name}: starter" PROPERTIES WILL_FAIL ON)
endfunction()

if(NOT TARGET common)
  add_subdirectory(${CMAKE_CURRENT_LIST_DIR} common)
endif()
