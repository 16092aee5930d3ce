# The installed program and library: `cmake --install build --prefix P`, then find_package(assay CONFIG) with P in
# CMAKE_PREFIX_PATH. The library is shared and made of whole objects, because a linker drops self-registering ones
# from a static archive; what it needs itself it is linked with, so that users need nothing but the headers below.
include(CMakePackageConfigHelpers)

install(TARGETS assay_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
set(packaging ${CMAKE_CURRENT_SOURCE_DIR}/scripts/packaging)
install(FILES ${packaging}/completion/assay.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME assay COMPONENT program)
install(FILES ${packaging}/completion/_assay DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
install(FILES ${packaging}/completion/assay.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
        COMPONENT program)
install(DIRECTORY ${packaging}/jobs DESTINATION ${CMAKE_INSTALL_DATADIR}/assay COMPONENT program)
# The manual pages are the help texts; scripts/manual-pages makes them where help2man is.
install(CODE "execute_process(COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/scripts/manual-pages
        ${CMAKE_BINARY_DIR}/assay \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1
        COMMAND_ERROR_IS_FATAL ANY)" COMPONENT program)

add_library(assay_library SHARED run.cpp)
add_library(assay::assay ALIAS assay_library)
assay_link_components(assay_library ALL)
set_target_properties(assay_library PROPERTIES OUTPUT_NAME assay EXPORT_NAME assay VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_compile_features(assay_library INTERFACE cxx_std_20)
# The second for the headers among themselves: they name each other from the root, as in the sources.
target_include_directories(assay_library INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
                           $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/assay>)

# A main for programs that only add workloads: main() is asked for by every program, so an archive will do.
add_library(assay_main STATIC main.cpp)
add_library(assay::main ALIAS assay_main)
target_link_libraries(assay_main PRIVATE $<BUILD_INTERFACE:assay_flags> PUBLIC assay_library)
set_target_properties(assay_main PROPERTIES EXPORT_NAME main)

install(TARGETS assay_library assay_main EXPORT assay_targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
# What assay/assay.hpp includes, and what that includes.
set(public_headers)
set(unread include/assay/assay.hpp)
while(unread)
  list(POP_FRONT unread file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/${file} includes REGEX "^#include \"(probes|benchmarks)/")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "^#include \"([^\"]+)\".*" "\\1" header "${include}")
    if(NOT header IN_LIST public_headers)
      list(APPEND public_headers ${header})
      list(APPEND unread ${header})
    endif()
  endforeach()
endwhile()
install(FILES include/assay/assay.hpp include/assay/assay.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/assay COMPONENT development)
foreach(header IN LISTS public_headers)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/assay/${folder} COMPONENT development)
endforeach()

# pkg-config, for builds that are not CMake's. The headers name each other from include/assay.
file(CONFIGURE OUTPUT assay.pc @ONLY CONTENT "prefix=\${pcfiledir}/../..
Name: assay
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Cflags: -I\${prefix}/@CMAKE_INSTALL_INCLUDEDIR@ -I\${prefix}/@CMAKE_INSTALL_INCLUDEDIR@/assay
Libs: -L\${prefix}/@CMAKE_INSTALL_LIBDIR@ -lassay -Wl,-rpath,\${prefix}/@CMAKE_INSTALL_LIBDIR@
")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/assay.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/assay)
install(EXPORT assay_targets NAMESPACE assay:: FILE assay-targets.cmake DESTINATION ${package_folder} COMPONENT development)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/assay-config.cmake.in
     "@PACKAGE_INIT@\ninclude(\${CMAKE_CURRENT_LIST_DIR}/assay-targets.cmake)\ncheck_required_components(assay)\n")
configure_package_config_file(${CMAKE_CURRENT_BINARY_DIR}/assay-config.cmake.in assay-config.cmake
                              INSTALL_DESTINATION ${package_folder})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(assay-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/assay-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/assay-config-version.cmake
        DESTINATION ${package_folder} COMPONENT development)

include(AssayPackages)
