# nyala_plugin(NAME SOURCES...): libNAME.so, for `nyala ... --plugin=libNAME.so`. In the source tree
# and in the installed package.
function(nyala_plugin name)
  add_library(${name} MODULE ${ARGN})
  if(TARGET nyala::plugin)
    target_link_libraries(${name} PRIVATE nyala::plugin)
  else()
    target_link_libraries(${name} PRIVATE nyala_plugin)
  endif()
endfunction()
