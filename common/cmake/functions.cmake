# What the chapters' build files say: programs, tests, exercises.

# chapter_programs(04_poll server client …): each NAME.cpp becomes the target 04_poll_NAME and the
# program NAME in the chapter's build directory.
function(chapter_programs chapter)
  foreach(program IN LISTS ARGN)
    add_executable(${chapter}_${program} ${program}.cpp)
    set_target_properties(${chapter}_${program} PROPERTIES OUTPUT_NAME ${program})
    target_link_libraries(${chapter}_${program} PRIVATE common)
  endforeach()
endfunction()

# for_the_lab(TARGET): in the whole tree, `lab` builds it and `all` does not.
function(for_the_lab target)
  set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ${WHOLE_TREE})
  add_dependencies(lab ${target})
endfunction()

# program_with_flags(01_blocking NAME): the program NAME once more, as with_flags/NAME, which takes --port and
# --delay all the same, for tests. See lab/support/with_flags.cpp.
function(program_with_flags chapter program)
  if(NOT BUILD_TESTING)
    return()
  endif()
  set(twin ${chapter}_${program}_with_flags)
  add_executable(${twin} $<TARGET_OBJECTS:${chapter}_${program}>)
  for_the_lab(${twin})
  set_target_properties(${twin} PROPERTIES OUTPUT_NAME ${program} RUNTIME_OUTPUT_DIRECTORY with_flags)
  target_link_libraries(${twin} PRIVATE lab_with_flags)
endfunction()

# discover_tests(TARGET PREFIX [SPEC [PROPERTY VALUE]…]): each test case of TARGET, or each that SPEC names,
# becomes a test with PREFIX before its name. One that prints "skipped: …" lacks something here. And one that
# runs nothing has failed: CTest knows test cases by their names, and a semicolon ends one.
function(discover_tests target prefix)
  list(POP_FRONT ARGN spec)
  doctest_discover_tests(
    ${target} TEST_PREFIX "${prefix}" TEST_SPEC "${spec}"
    PROPERTIES TIMEOUT 120 SKIP_REGULAR_EXPRESSION "skipped: " FAIL_REGULAR_EXPRESSION "test cases: +0" ${ARGN})
endfunction()

# chapter_tests(04_poll): tests.cpp, any NAME_test.cpp beside it, and the conformance test, run against
# the chapter's programs. With more arguments, once for each: chapter_tests(07_x WORKERS=0 WORKERS=2) runs
# it twice, with a different environment; a comma is between two variables.
function(chapter_tests chapter)
  if(NOT BUILD_TESTING)
    return()
  endif()
  file(GLOB more CONFIGURE_DEPENDS *_test.cpp)
  add_executable(${chapter}_tests tests.cpp ${more})
  for_the_lab(${chapter}_tests)
  set_target_properties(${chapter}_tests PROPERTIES OUTPUT_NAME tests UNITY_BUILD ${UNITY})
  target_link_libraries(${chapter}_tests PRIVATE lab_conformance lab_test_main)
  target_precompile_headers(${chapter}_tests REUSE_FROM lab_test_main)
  target_compile_definitions(${chapter}_tests PRIVATE CHAPTER_DIR="${CMAKE_CURRENT_BINARY_DIR}")
  # Not every target here is the chapter's: CTest has its own, and they would build everything again.
  get_property(programs DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
  list(FILTER programs INCLUDE REGEX "^${chapter}_")
  list(FILTER programs EXCLUDE REGEX "_tests$")
  add_dependencies(${chapter}_tests ${programs})
  if(NOT ARGN)
    discover_tests(${chapter}_tests "${chapter}: ")
  endif()
  foreach(environment IN LISTS ARGN)
    # The filter takes all tests. It differs, because otherwise all lists would go to the same file.
    string(REPLACE "," "\\;" variables "${environment}")
    discover_tests(${chapter}_tests "${chapter}: ${environment}: " "*,${environment}" ENVIRONMENT "${variables}")
  endforeach()
endfunction()

# chapter_exercises(04_poll NAME…): exercises/NAME_starter.cpp is for the reader to mend, and becomes the
# program exercises/NAME; exercises/NAME_solution.cpp is one answer. NAME_test.cpp judges both: the
# starter must fail it and the solution must pass. The target 04_poll_exercises builds them.
function(chapter_exercises chapter)
  if(NOT BUILD_TESTING)
    return()
  endif()
  add_custom_target(${chapter}_exercises)
  add_dependencies(lab ${chapter}_exercises)
  foreach(name IN LISTS ARGN)
    set_property(GLOBAL APPEND PROPERTY EXERCISES ${chapter}/${name})  # for lab/learn
    set(exercise ${chapter}_exercise_${name})
    add_library(${exercise} OBJECT EXCLUDE_FROM_ALL exercises/${name}_test.cpp)
    target_link_libraries(${exercise} PUBLIC lab_test_main)
    target_precompile_headers(${exercise} REUSE_FROM lab_test_main)
    foreach(version starter solution)
      set(program ${exercise}_${version})
      add_executable(${program} exercises/${name}_${version}.cpp)
      for_the_lab(${program})
      add_dependencies(${chapter}_exercises ${program})
      set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY exercises)
      target_link_libraries(${program} PRIVATE ${exercise} lab_test_main)
      target_precompile_headers(${program} REUSE_FROM lab_test_main)
      add_test(NAME "${chapter}: exercise ${name}: ${version}" COMMAND ${program})
      set_tests_properties("${chapter}: exercise ${name}: ${version}" PROPERTIES TIMEOUT 120)
    endforeach()
    set_target_properties(${exercise}_starter PROPERTIES OUTPUT_NAME ${name})
    set_target_properties(${exercise}_solution PROPERTIES OUTPUT_NAME ${name}_solution)
    set_tests_properties("${chapter}: exercise ${name}: starter" PROPERTIES WILL_FAIL ON)
  endforeach()
endfunction()
