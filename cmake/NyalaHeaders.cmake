# nyala_headers: a target that compiles each header of ours alone, so that whoever includes one needs
# no other before it.
#
# Those that reach LibTorch's headers share the precompiled one, which includes much of the standard
# library: there, less is found. What belongs to an optional library, or to plug-ins, is left out.
file(GLOB_RECURSE headers RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
     common/*.h actor/*.h learner/*.h deploy/*.h)
list(FILTER headers EXCLUDE REGEX "^actor/(gym|environments/mujoco)/|^actor/plugin.h$")

# Whether a header includes LibTorch, by itself or through others of ours.
set(torch "")
set(rest ${headers})
set(grown TRUE)
while(grown)
  set(grown FALSE)
  foreach(header ${rest})
    file(STRINGS ${CMAKE_SOURCE_DIR}/${header} includes REGEX "^#include ")
    foreach(include ${includes})
      string(REGEX REPLACE "^#include [<\"](.*)[>\"].*" "\\1" name "${include}")
      if(name MATCHES "^(torch|ATen|c10)/" OR name IN_LIST torch)
        list(APPEND torch ${header})
        list(REMOVE_ITEM rest ${header})
        set(grown TRUE)
        break()
      endif()
    endforeach()
  endforeach()
endwhile()

function(nyala_headers_alone name torch)
  set(sources "")
  foreach(header ${ARGN})
    set(source ${CMAKE_BINARY_DIR}/headers/${header}.cc)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n")
    list(APPEND sources ${source})
  endforeach()
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${name} PRIVATE nyala_deploy CLI11::CLI11
                        nlohmann_json::nlohmann_json)
  nyala_configure(${name} "${torch}")
endfunction()

nyala_headers_alone(nyala_plain_headers "" ${rest})
nyala_headers_alone(nyala_torch_headers TRUE ${torch})
add_custom_target(nyala_headers)
add_dependencies(nyala_headers nyala_plain_headers nyala_torch_headers)
