# Defines tapegrad::linalg, the decompositions of matrices, where Eigen is there and TAPEGRAD_LINALG allows it. Eigen is
# headers alone: programs that use the library do not need it.
string(TOUPPER "${TAPEGRAD_LINALG}" tapegrad_linalg_wanted)
if(NOT tapegrad_linalg_wanted MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "TAPEGRAD_LINALG is AUTO, ON or OFF, not '${TAPEGRAD_LINALG}'")
endif()
if(tapegrad_linalg_wanted STREQUAL "OFF")
  return()
endif()

find_package(Eigen3 3.4 QUIET CONFIG)
if(NOT Eigen3_FOUND)
  if(tapegrad_linalg_wanted STREQUAL "ON")
    message(FATAL_ERROR "TAPEGRAD_LINALG is ON, but Eigen 3.4 is missing (Debian: libeigen3-dev)")
  endif()
  message(NOTICE "Eigen not found (Debian: libeigen3-dev): tapegrad::linalg is not built")
  return()
endif()

file(GLOB_RECURSE linalg_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/autograd/linalg/*.cpp")
add_library(tapegrad_linalg ${linalg_sources})
add_library(tapegrad::linalg ALIAS tapegrad_linalg)
set_target_properties(tapegrad_linalg PROPERTIES EXPORT_NAME linalg)
target_link_libraries(tapegrad_linalg PUBLIC tapegrad_autograd PRIVATE $<BUILD_INTERFACE:Eigen3::Eigen>)
tapegrad_library_flags(tapegrad_linalg SMALL autograd/linalg/)

# Compiles each `*.eigen.cpp` once for each element type, with `TAPEGRAD_ELEMENT` as its name, through a file in the build
# folder that includes it, after what prepares Eigen. Each is a large file of its own.
set(eigen_sources ${linalg_sources})
list(FILTER eigen_sources INCLUDE REGEX "\\.eigen\\.cpp$")
set_source_files_properties(${eigen_sources} PROPERTIES HEADER_FILE_ONLY ON)
foreach(source IN LISTS eigen_sources)
  cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE path)
  foreach(element IN ITEMS float double)
    string(REGEX REPLACE "\\.cpp$" ".${element}.cpp" file "${PROJECT_BINARY_DIR}/eigen/${path}")
    file(CONFIGURE OUTPUT "${file}" CONTENT
      "#define TAPEGRAD_ELEMENT ${element}\n#include \"autograd/linalg/eigen/eigen.h\"\n#include \"${path}\"\n")
    set_source_files_properties("${file}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    target_sources(tapegrad_linalg PRIVATE "${file}")
  endforeach()
endforeach()
