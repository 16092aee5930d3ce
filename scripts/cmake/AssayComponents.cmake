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

# Most of compiling a source is reading headers and making templates, so those of a component are compiled in a few joined
# files: a third of the time for whoever builds this on a new machine. Names in unnamed namespaces are then seen by the
# whole component and have to differ. Who works on it rebuilds single sources faster without (the preset dev), and sees there,
# as clang-tidy does, whether each names what it uses.
option(ASSAY_JOIN_SOURCES "Compile the sources of each component and of the tests together" ON)
function(assay_join_sources target)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    # Compiled once for each vector target, by including itself.
    file(STRINGS ${source} includes_itself REGEX "hwy/foreach_target[.]h" LIMIT_COUNT 1)
    if(includes_itself)
      set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  # A component is one file: an eighth less than in files of 16 sources. The largest takes 1.3 GB (sanitizers).
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 48)
endfunction()

# version.hpp: the project version, and the git commit, which is asked at every build and written when changed.
configure_file(probes/core/version.hpp.in generated/probes/core/version.hpp @ONLY)
add_custom_target(assay_commit
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}
          -DOUTPUT=${CMAKE_CURRENT_BINARY_DIR}/generated/probes/core/commit.hpp
          -P ${CMAKE_CURRENT_SOURCE_DIR}/scripts/cmake/commit.cmake
  BYPRODUCTS ${CMAKE_CURRENT_BINARY_DIR}/generated/probes/core/commit.hpp)

# assay_component(NAME FOLDERS [COMPONENTS component...] [DEPENDS target...])
# All .cpp files directly in FOLDERS, or also below one that ends in /**, as one OBJECT library, assay_component_NAME: a static archive would lose the
# objects that only register themselves. What its headers need is assay_use_NAME, without any objects.
function(assay_component name folders)
  cmake_parse_arguments(COMPONENT "" "" "COMPONENTS;DEPENDS" ${ARGN})
  add_library(assay_use_${name} INTERFACE)
  target_link_libraries(assay_use_${name} INTERFACE assay_flags ${COMPONENT_DEPENDS})
  foreach(component IN LISTS COMPONENT_COMPONENTS)
    target_link_libraries(assay_use_${name} INTERFACE assay_use_${component})
  endforeach()

  set(sources)
  foreach(folder IN LISTS folders)
    if(folder MATCHES "^(.*)/[*][*]$")
      file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${CMAKE_MATCH_1}/*.cpp)
    else()
      file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    endif()
    list(APPEND sources ${found})
  endforeach()
  if(sources)
    add_library(assay_component_${name} OBJECT ${sources})
    target_link_libraries(assay_component_${name} PUBLIC assay_use_${name})
    add_dependencies(assay_component_${name} assay_commit)
    set_target_properties(assay_component_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(ASSAY_JOIN_SOURCES)
      assay_join_sources(assay_component_${name})
    endif()
  else()
    add_library(assay_component_${name} INTERFACE)
    target_link_libraries(assay_component_${name} INTERFACE assay_use_${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY ASSAY_COMPONENTS ${name})
  set_property(GLOBAL PROPERTY ASSAY_COMPONENTS_OF_${name} ${COMPONENT_COMPONENTS})
endfunction()

# assay_link_components(TARGET ALL | component...): the objects of the components and of all components they use.
function(assay_link_components target)
  set(wanted ${ARGN})
  if(wanted STREQUAL ALL)
    get_property(wanted GLOBAL PROPERTY ASSAY_COMPONENTS)
  endif()
  set(closure)
  while(wanted)
    list(POP_FRONT wanted component)
    if(NOT component IN_LIST closure)
      list(APPEND closure ${component})
      get_property(more GLOBAL PROPERTY ASSAY_COMPONENTS_OF_${component})
      list(APPEND wanted ${more})
    endif()
  endwhile()
  foreach(component IN LISTS closure)
    target_link_libraries(${target} PRIVATE assay_component_${component})
  endforeach()
endfunction()
