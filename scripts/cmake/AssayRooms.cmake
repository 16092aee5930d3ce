# Flags of all our code, as an interface target; never CMAKE_CXX_FLAGS, which the user owns.
add_library(assay_flags INTERFACE)
target_compile_features(assay_flags INTERFACE cxx_std_20)
target_compile_options(assay_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Woverloaded-virtual
                       # A designated initialiser names what differs from the default, on purpose.
                       -Wno-missing-field-initializers
                       $<$<BOOL:${ASSAY_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms on std::string concatenation, GCC bug 105651.
  target_compile_options(assay_flags INTERFACE -Wno-restrict)
endif()
target_include_directories(assay_flags INTERFACE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR}/generated)
if(ASSAY_SANITIZE)
  target_compile_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  # One vector target beside the baseline: instrumented kernels take a minute of compiling for each five.
  target_compile_definitions(assay_flags INTERFACE
                             "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4|HWY_AVX3|HWY_AVX3_DL)")
  target_link_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE})
endif()

# For builds whose compile time counts more than their independence of it (the sanitizers): the heavy headers
# compiled once. The release build does without, so that every source has to name what it uses.
option(ASSAY_PRECOMPILE "Precompile the heavy headers" OFF)
# Not fmt: its push of optimisation options does not survive precompilation at -O0.
set(ASSAY_HEAVY_HEADERS <algorithm> <boost/program_options.hpp> <chrono> <filesystem> <functional>
    <map> <memory> <nlohmann/json.hpp> <optional> <span> <string> <string_view> <vector>)
if(ASSAY_PRECOMPILE)
  file(CONFIGURE OUTPUT heavy_headers.cpp CONTENT "")
  add_library(assay_heavy_headers OBJECT ${CMAKE_CURRENT_BINARY_DIR}/heavy_headers.cpp)
  target_link_libraries(assay_heavy_headers PRIVATE assay_flags fmt::fmt nlohmann_json::nlohmann_json
                        Boost::program_options Threads::Threads)
  set_target_properties(assay_heavy_headers PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_precompile_headers(assay_heavy_headers PRIVATE ${ASSAY_HEAVY_HEADERS})
endif()

# version.hpp: the project version, and the git commit, which is asked at every build and written when changed.
configure_file(probes/core/version.hpp.in generated/probes/core/version.hpp @ONLY)
add_custom_target(assay_commit
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}
          -DOUTPUT=${CMAKE_CURRENT_BINARY_DIR}/generated/probes/core/commit.hpp
          -P ${CMAKE_CURRENT_SOURCE_DIR}/scripts/cmake/commit.cmake
  BYPRODUCTS ${CMAKE_CURRENT_BINARY_DIR}/generated/probes/core/commit.hpp)

# assay_room(NAME FOLDER [ROOMS room...] [DEPENDS target...])
# All .cpp files directly in FOLDER as one OBJECT library, assay_room_NAME: a static archive would lose the
# objects that only register themselves. What its headers need is assay_use_NAME, without any objects.
function(assay_room name folder)
  cmake_parse_arguments(ROOM "" "" "ROOMS;DEPENDS" ${ARGN})
  add_library(assay_use_${name} INTERFACE)
  target_link_libraries(assay_use_${name} INTERFACE assay_flags ${ROOM_DEPENDS})
  foreach(room IN LISTS ROOM_ROOMS)
    target_link_libraries(assay_use_${name} INTERFACE assay_use_${room})
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  if(sources)
    add_library(assay_room_${name} OBJECT ${sources})
    target_link_libraries(assay_room_${name} PUBLIC assay_use_${name})
    add_dependencies(assay_room_${name} assay_commit)
    set_target_properties(assay_room_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(ASSAY_PRECOMPILE)
      target_precompile_headers(assay_room_${name} REUSE_FROM assay_heavy_headers)
    endif()
  else()
    add_library(assay_room_${name} INTERFACE)
    target_link_libraries(assay_room_${name} INTERFACE assay_use_${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY ASSAY_ROOMS ${name})
  set_property(GLOBAL PROPERTY ASSAY_ROOMS_OF_${name} ${ROOM_ROOMS})
endfunction()

# assay_link_rooms(TARGET ALL | room...): the objects of the rooms and of all rooms they use.
function(assay_link_rooms target)
  set(wanted ${ARGN})
  if(wanted STREQUAL ALL)
    get_property(wanted GLOBAL PROPERTY ASSAY_ROOMS)
  endif()
  set(closure)
  while(wanted)
    list(POP_FRONT wanted room)
    if(NOT room IN_LIST closure)
      list(APPEND closure ${room})
      get_property(more GLOBAL PROPERTY ASSAY_ROOMS_OF_${room})
      list(APPEND wanted ${more})
    endif()
  endwhile()
  foreach(room IN LISTS closure)
    target_link_libraries(${target} PRIVATE assay_room_${room})
  endforeach()
endfunction()
