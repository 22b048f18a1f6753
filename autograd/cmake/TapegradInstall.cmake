# Installs the libraries, the public headers, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

set(tapegrad_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/tapegrad")
set(tapegrad_targets tapegrad_autograd)
if(TARGET tapegrad_nn)
  list(APPEND tapegrad_targets tapegrad_nn)
endif()

install(TARGETS ${tapegrad_targets} EXPORT tapegrad ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT tapegrad NAMESPACE tapegrad:: FILE tapegradTargets.cmake
  DESTINATION "${tapegrad_package_dir}")

# By themselves, so that programs without them need not find what they need.
foreach(component IN ITEMS Linalg Onnx Report)
  string(TOLOWER "${component}" name)
  if(TARGET tapegrad_${name})
    install(TARGETS tapegrad_${name} EXPORT tapegrad_${name} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
      LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(EXPORT tapegrad_${name} NAMESPACE tapegrad:: FILE tapegrad${component}Targets.cmake
      DESTINATION "${tapegrad_package_dir}")
  endif()
endforeach()

configure_file("${CMAKE_CURRENT_LIST_DIR}/install_headers.cmake.in"
  "${PROJECT_BINARY_DIR}/install_headers.cmake" @ONLY)
install(SCRIPT "${PROJECT_BINARY_DIR}/install_headers.cmake")

set(tapegrad_needs_zlib FALSE)
if(TARGET tapegrad_nn AND ZLIB_FOUND)
  set(tapegrad_needs_zlib TRUE)
endif()
set(tapegrad_needs_minizip FALSE)
if(TARGET tapegrad_nn AND TARGET tapegrad::minizip)
  set(tapegrad_needs_minizip TRUE)
endif()
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/tapegradConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/tapegradConfig.cmake" INSTALL_DESTINATION "${tapegrad_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/tapegradConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/tapegradConfig.cmake"
  "${PROJECT_BINARY_DIR}/tapegradConfigVersion.cmake" "${CMAKE_CURRENT_LIST_DIR}/TapegradBlas.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/TapegradMinizip.cmake"
  DESTINATION "${tapegrad_package_dir}")

# pkg-config: static libraries do not say what they need, so that all are in Libs.
set(tapegrad_pc_libs "")
foreach(target IN LISTS tapegrad_targets)
  string(PREPEND tapegrad_pc_libs "-l${target} ")
endforeach()
if(tapegrad_needs_minizip)
  # By its name, and not through its own file, whose folder of headers has a crypt.h that is not the system's.
  cmake_path(GET TAPEGRAD_MINIZIP_LIBRARY PARENT_PATH folder)
  if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
    string(APPEND tapegrad_pc_libs "-L${folder} ")
  endif()
  string(APPEND tapegrad_pc_libs "-lminizip ")
endif()
foreach(library IN LISTS TAPEGRAD_BLAS_FOUND_LIBRARIES)
  if(TARGET "${library}")
    set(library "$<TARGET_LINKER_FILE:${library}>")
  endif()
  string(APPEND tapegrad_pc_libs "${library} ")
endforeach()
get_target_property(blas_link_options tapegrad::blas INTERFACE_LINK_OPTIONS)
if(blas_link_options)
  string(REPLACE "LINKER:" "-Wl," blas_link_options "${blas_link_options}")
  string(APPEND tapegrad_pc_libs "${blas_link_options} ")
endif()
get_target_property(library_link_options tapegrad_autograd INTERFACE_LINK_OPTIONS)
if(NOT library_link_options)
  set(library_link_options "")
endif()
string(REPLACE "LINKER:" "-Wl," library_link_options "${library_link_options}")
list(JOIN library_link_options " " library_link_options)
string(APPEND tapegrad_pc_libs "${library_link_options} -pthread -lm")
set(tapegrad_pc_requires "")
set(tapegrad_pc_flags "")
if(TAPEGRAD_STATIC)
  # fmt's own file would name its library, so what it says of headers is said here.
  set(tapegrad_pc_flags "-DFMT_HEADER_ONLY")
  get_target_property(fmt_includes fmt::fmt-header-only INTERFACE_INCLUDE_DIRECTORIES)
  list(REMOVE_ITEM fmt_includes ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
  foreach(folder IN LISTS fmt_includes)
    string(APPEND tapegrad_pc_flags " -I${folder}")
  endforeach()
else()
  list(APPEND tapegrad_pc_requires fmt)
endif()
if(tapegrad_needs_zlib)
  list(APPEND tapegrad_pc_requires zlib)
endif()
list(JOIN tapegrad_pc_requires ", " tapegrad_pc_requires)
# The folder of the file itself is the root, so that an installed tree can be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR
  BASE_DIRECTORY "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE tapegrad_pc_include)
configure_file("${CMAKE_CURRENT_LIST_DIR}/tapegrad.pc.in" "${PROJECT_BINARY_DIR}/tapegrad.pc.tmp" @ONLY)
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/tapegrad.pc" INPUT "${PROJECT_BINARY_DIR}/tapegrad.pc.tmp")
install(FILES "${PROJECT_BINARY_DIR}/tapegrad.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
foreach(name IN ITEMS linalg onnx report)
  if(TARGET tapegrad_${name})
    configure_file("${CMAKE_CURRENT_LIST_DIR}/tapegrad-${name}.pc.in" "${PROJECT_BINARY_DIR}/tapegrad-${name}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/tapegrad-${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
  endif()
endforeach()

# For debuggers with Natvis; what gdb needs is in the libraries.
install(FILES "${PROJECT_SOURCE_DIR}/autograd/debug/tapegrad.natvis"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/${PROJECT_NAME}")

# Where Debian and others look for it.
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
