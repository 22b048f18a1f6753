# Defines tapegrad::report where the scripts that its pages hold are there and TAPEGRAD_REPORT allows it: Apache ECharts
# and dagre, as npm installs them, in the versions of nn/report/scripts.txt. They become part of the library.
string(TOUPPER "${TAPEGRAD_REPORT}" tapegrad_report_wanted)
if(NOT tapegrad_report_wanted MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "TAPEGRAD_REPORT is AUTO, ON or OFF, not '${TAPEGRAD_REPORT}'")
endif()
if(NOT TARGET tapegrad_nn OR tapegrad_report_wanted STREQUAL "OFF")
  return()
endif()

set(tapegrad_report_folder "${PROJECT_SOURCE_DIR}/nn/report")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${tapegrad_report_folder}/scripts.txt")
file(STRINGS "${tapegrad_report_folder}/scripts.txt" tapegrad_report_packages)
find_path(TAPEGRAD_REPORT_SCRIPTS node_modules/echarts/package.json NO_DEFAULT_PATH
  PATHS "${PROJECT_BINARY_DIR}/npm" "${PROJECT_SOURCE_DIR}/build/npm"
  DOC "Folder in which npm has installed the packages of nn/report/scripts.txt")

set(tapegrad_report_missing "")
foreach(package IN LISTS tapegrad_report_packages)
  string(REGEX MATCH "^(.+)@([^@]+)$" package "${package}")
  set(about "${TAPEGRAD_REPORT_SCRIPTS}/node_modules/${CMAKE_MATCH_1}/package.json")
  set(version "")
  if(EXISTS "${about}")
    file(READ "${about}" about)
    string(JSON version ERROR_VARIABLE ignored GET "${about}" version)
  endif()
  if(NOT version STREQUAL CMAKE_MATCH_2)
    list(APPEND tapegrad_report_missing "${package}")
  endif()
endforeach()
if(tapegrad_report_missing)
  list(JOIN tapegrad_report_missing " " missing)
  list(JOIN tapegrad_report_packages " " packages)
  set(get "npm install --prefix build/npm --ignore-scripts ${packages}")
  if(tapegrad_report_wanted STREQUAL "ON")
    message(FATAL_ERROR "TAPEGRAD_REPORT is ON, but ${missing} is missing (${get}; another folder than build/npm is "
      "named by TAPEGRAD_REPORT_SCRIPTS)")
  endif()
  message(NOTICE "${missing} not found (${get}): tapegrad::report is not built")
  return()
endif()

file(GLOB_RECURSE report_sources CONFIGURE_DEPENDS "${tapegrad_report_folder}/*.cpp")
add_library(tapegrad_report ${report_sources})
add_library(tapegrad::report ALIAS tapegrad_report)
set_target_properties(tapegrad_report PROPERTIES EXPORT_NAME report)
target_link_libraries(tapegrad_report PUBLIC tapegrad_nn PRIVATE $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>)
tapegrad_library_flags(tapegrad_report SMALL nn/report/)

set(tapegrad_report_modules "${TAPEGRAD_REPORT_SCRIPTS}/node_modules")
file(GLOB tapegrad_report_files CONFIGURE_DEPENDS "${tapegrad_report_folder}/web/*")
set_source_files_properties("${tapegrad_report_folder}/embedded.cpp" PROPERTIES
  SKIP_UNITY_BUILD_INCLUSION ON
  OBJECT_DEPENDS "${tapegrad_report_files};${tapegrad_report_modules}/echarts/dist/echarts.min.js"
  COMPILE_DEFINITIONS "TAPEGRAD_REPORT_WEB=\"${tapegrad_report_folder}/web\";\
TAPEGRAD_REPORT_ECHARTS=\"${tapegrad_report_modules}/echarts\";\
TAPEGRAD_REPORT_DAGRE=\"${tapegrad_report_modules}/@dagrejs/dagre\"")
