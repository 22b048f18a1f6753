# Defines tapegrad::onnx where ONNX's own library and Protobuf are there and TAPEGRAD_ONNX allows it. Debian has both
# as shared libraries alone, so that programs that are linked with -static go without.
string(TOUPPER "${TAPEGRAD_ONNX}" tapegrad_onnx_wanted)
if(NOT tapegrad_onnx_wanted MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "TAPEGRAD_ONNX is AUTO, ON or OFF, not '${TAPEGRAD_ONNX}'")
endif()
if(NOT TARGET tapegrad_nn OR tapegrad_onnx_wanted STREQUAL "OFF" OR
   (tapegrad_onnx_wanted STREQUAL "AUTO" AND TAPEGRAD_STATIC))
  return()
endif()

find_package(Protobuf QUIET)
find_package(ONNX QUIET CONFIG)
if(NOT Protobuf_FOUND OR NOT ONNX_FOUND)
  if(tapegrad_onnx_wanted STREQUAL "ON")
    message(FATAL_ERROR "TAPEGRAD_ONNX is ON, but ONNX's library or Protobuf is missing (Debian: libonnx-dev, "
      "libprotobuf-dev)")
  endif()
  message(NOTICE "ONNX not found (Debian: libonnx-dev, libprotobuf-dev): tapegrad::onnx is not built")
  return()
endif()

file(GLOB_RECURSE onnx_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/nn/onnx/*.cpp")
add_library(tapegrad_onnx ${onnx_sources})
add_library(tapegrad::onnx ALIAS tapegrad_onnx)
set_target_properties(tapegrad_onnx PROPERTIES EXPORT_NAME onnx)
target_link_libraries(tapegrad_onnx PUBLIC tapegrad_nn PRIVATE onnx onnx_proto protobuf::libprotobuf)
tapegrad_library_flags(tapegrad_onnx SMALL nn/onnx/)
