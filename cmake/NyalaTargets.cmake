# nyala_library(NAME SOURCES ... DEPS ... [PRIVATE_DEPS ...] [TORCH])
# nyala_test(NAME SOURCES ... DEPS ... [LABELS ...] [TORCH] [WHOLE])
#
# TORCH links LibTorch and shares its one precompiled header; leave it out where no source
# includes LibTorch, such a file compiles in a second instead of twenty.
#
# A test with neither TORCH nor LABELS is a unit test: label "unit", built by the target
# nyala_unit_tests, run under the sanitizers at every commit. A test that links LibTorch through
# its libraries, starts processes or takes more than some seconds names another label ("torch",
# "e2e", "slow"); with TORCH and no LABELS the label is "torch".
find_program(NYALA_CCACHE ccache)
if(NYALA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${NYALA_CCACHE})
endif()

# For every file alike: a precompiled header is refused where this flag differs.
add_compile_options(-pthread)

add_library(nyala_options INTERFACE)
target_compile_options(nyala_options INTERFACE $<BUILD_INTERFACE:-Wall -Wextra -Werror>)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(nyala_options INTERFACE $<BUILD_INTERFACE:-Wthread-safety>)
else()
  # A precompiled header that ccache may reuse.
  target_compile_options(nyala_options INTERFACE $<BUILD_INTERFACE:-fpch-preprocess>)
endif()
if(NYALA_SANITIZE)
  # GCC warns of its own library's variables where it instruments them.
  add_compile_options(-fsanitize=${NYALA_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -g1 -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${NYALA_SANITIZE})
  add_compile_definitions(NYALA_SANITIZED=1)
endif()

# The one precompiled LibTorch header.
file(WRITE ${CMAKE_BINARY_DIR}/torch_pch.cc "")
add_library(nyala_torch_pch OBJECT ${CMAKE_BINARY_DIR}/torch_pch.cc)
target_link_libraries(nyala_torch_pch PRIVATE nyala::torch nyala_options Threads::Threads)
target_precompile_headers(nyala_torch_pch PRIVATE <torch/torch.h>)

function(nyala_configure name torch)
  target_include_directories(
    ${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:include/nyala>)
  target_compile_features(${name} PUBLIC cxx_std_17)
  # The warnings are ours and stay out of what is installed.
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:nyala_options> Threads::Threads)
  if(torch)
    get_target_property(type ${name} TYPE)
    if(type STREQUAL EXECUTABLE)
      # As the libraries are compiled, or the precompiled header does not fit.
      set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${name} PRIVATE -fPIC)
    endif()
    target_link_libraries(${name} PUBLIC nyala::torch)
    target_precompile_headers(${name} REUSE_FROM nyala_torch_pch)
  endif()
endfunction()

function(nyala_library name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  nyala_configure(${name} "${ARG_TORCH}")
  set_property(GLOBAL APPEND PROPERTY NYALA_LIBRARIES ${name})
endfunction()

# An executable that plug-ins may be loaded into: they use its code, also what it does not use itself.
function(nyala_plugin_host executable)
  set(archives "")
  foreach(library base system rl_types canvas environment environments)
    list(APPEND archives $<TARGET_FILE:nyala_${library}>)
  endforeach()
  target_link_options(${executable} PRIVATE -Wl,--whole-archive ${archives}
                      -Wl,--no-whole-archive)
  set_target_properties(${executable} PROPERTIES ENABLE_EXPORTS ON LINK_DEPENDS "${archives}")
endfunction()

# WHOLE: one CTest test for all of the executable, for many small ones that would take less time
# than LibTorch takes to load.
add_custom_target(nyala_unit_tests)

function(nyala_test name)
  cmake_parse_arguments(ARG "TORCH;WHOLE" "" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
    if(ARG_TORCH)
      set(ARG_LABELS torch)
    endif()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest GTest::gtest_main)
  nyala_configure(${name} "${ARG_TORCH}")
  if("unit" IN_LIST ARG_LABELS)
    add_dependencies(nyala_unit_tests ${name})
  endif()
  if(ARG_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 1200 LABELS "${ARG_LABELS}")
    return()
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120
                       PROPERTIES TIMEOUT 600 LABELS "${ARG_LABELS}")
endfunction()
