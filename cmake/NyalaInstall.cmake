# `cmake --install BUILD --prefix PREFIX` puts there: bin/nyala, the headers (include/nyala), the
# static libraries (lib/nyala), protos and presets (share/nyala), and a package:
#
#   find_package(nyala REQUIRED)
#   target_link_libraries(mine PRIVATE nyala::deploy)   # or nyala::actor, nyala::rl, ...
#   nyala_plugin(mine mine.cc)                          # libmine.so, for --plugin
#
# nyala::deploy brings everything, with `int nyala::Main(int, char**)` of "deploy/main.h": the whole
# command line for a program that has registered environments of its own.
include(CMakePackageConfigHelpers)
set(NYALA_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/nyala)

get_property(libraries GLOBAL PROPERTY NYALA_LIBRARIES)
foreach(library ${libraries})
  get_target_property(folder ${library} SOURCE_DIR)
  if(folder MATCHES "^${CMAKE_SOURCE_DIR}/tests/")
    continue()
  endif()
  string(REGEX REPLACE "^nyala_" "" exported ${library})
  set_target_properties(${library} PROPERTIES EXPORT_NAME ${exported})
  install(TARGETS ${library} EXPORT nyalaTargets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/nyala)
endforeach()
set_target_properties(nyala_plugin PROPERTIES EXPORT_NAME plugin)
install(TARGETS nyala_plugin EXPORT nyalaTargets)
if(TARGET nyala_gym)
  install(TARGETS nyala_gym LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/nyala)
endif()
install(EXPORT nyalaTargets NAMESPACE nyala:: DESTINATION ${NYALA_PACKAGE_DIR})

if(TARGET nyala)
  install(TARGETS nyala RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY common actor learner deploy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/nyala
        FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${CMAKE_BINARY_DIR}/proto/generated/
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/nyala
        FILES_MATCHING PATTERN "*.pb.h")
install(DIRECTORY proto/ DESTINATION ${CMAKE_INSTALL_DATADIR}/nyala/proto
        FILES_MATCHING PATTERN "*.proto")
install(DIRECTORY deploy/presets DESTINATION ${CMAKE_INSTALL_DATADIR}/nyala
        FILES_MATCHING PATTERN "*.textproto")
install(DIRECTORY deploy/plugin_template DESTINATION ${CMAKE_INSTALL_DATADIR}/nyala)
install(PROGRAMS deploy/examples/environment_server.py
        DESTINATION ${CMAKE_INSTALL_DATADIR}/nyala/examples)

configure_package_config_file(
  cmake/nyalaConfig.cmake.in ${CMAKE_BINARY_DIR}/nyalaConfig.cmake
  INSTALL_DESTINATION ${NYALA_PACKAGE_DIR})
# Static libraries of C++: only the very version fits.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/nyalaConfigVersion.cmake
                                 COMPATIBILITY ExactVersion)
install(FILES ${CMAKE_BINARY_DIR}/nyalaConfig.cmake ${CMAKE_BINARY_DIR}/nyalaConfigVersion.cmake
              cmake/NyalaDependencies.cmake cmake/NyalaPlugin.cmake
        DESTINATION ${NYALA_PACKAGE_DIR})
