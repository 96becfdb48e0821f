# What every chapter's build file includes. It does its work once, whether the whole tree is built or
# one chapter alone.
include_guard(GLOBAL)

# A chapter alone is for running its programs, and builds in seconds: tests and exercises only on request.
# The whole tree knows them all; `all` leaves them out, and the target `lab` builds them.
string(COMPARE EQUAL ${CMAKE_PROJECT_NAME} async_io_from_scratch WHOLE_TREE)
option(BUILD_TESTING "Build the tests and exercises" ${WHOLE_TREE})
include(CTest)
add_custom_target(lab)

include(${CMAKE_CURRENT_LIST_DIR}/cmake/options.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/cmake/dependencies.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/cmake/functions.cmake)

add_subdirectory(${CMAKE_CURRENT_LIST_DIR} common)
add_subdirectory(${CMAKE_CURRENT_LIST_DIR}/../lab/support lab/parts/support)
if(BUILD_TESTING)
  add_subdirectory(${CMAKE_CURRENT_LIST_DIR}/../lab/conformance lab/parts/conformance)
endif()
