# Everything Nyala links to, by imported target. The installed package reads this file too.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Torch REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(box2d REQUIRED)
find_package(GIF REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
# Optional: Atari games.
find_package(ale QUIET)

# LibTorch as one target whose headers are system headers: their warnings are not ours.
if(NOT TARGET nyala::torch)
  add_library(nyala::torch INTERFACE IMPORTED GLOBAL)
  target_link_libraries(nyala::torch INTERFACE ${TORCH_LIBRARIES})
  target_include_directories(nyala::torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  separate_arguments(NYALA_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(nyala::torch INTERFACE ${NYALA_TORCH_FLAGS})
endif()
