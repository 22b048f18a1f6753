# The target `package`: a .deb of what is installed, made by CPack. Whoever builds one gives -DCMAKE_INSTALL_PREFIX=/usr, so
# that libraries lie where Debian has them.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME libtapegrad-dev)
if(NOT CPACK_PACKAGE_CONTACT)
  set(CPACK_PACKAGE_CONTACT "Tapegrad authors <tapegrad@localhost>")  # whoever hands it on is the maintainer
endif()
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_PACKAGE_DESCRIPTION "Tapegrad records what is computed from its tensors, and has exact
gradients of any order. On top of that are layers, losses, optimizers and
data loaders.
.
This package has the libraries, the headers, and what CMake and pkg-config
need to find them.")

# What programs link that use it. The libraries hold functions of the fmt that they were compiled with.
math(EXPR tapegrad_next_fmt "${fmt_VERSION_MAJOR} + 1")
set(tapegrad_depends "libfmt-dev (>= ${fmt_VERSION_MAJOR}), libfmt-dev (<< ${tapegrad_next_fmt})")
if(tapegrad_needs_zlib)
  string(APPEND tapegrad_depends ", zlib1g-dev")
endif()
if(tapegrad_needs_minizip)
  string(APPEND tapegrad_depends ", libminizip-dev")
endif()
# A CBLAS may come from any package; each path is a file of one.
find_program(TAPEGRAD_DPKG_QUERY dpkg-query)
mark_as_advanced(TAPEGRAD_DPKG_QUERY)
foreach(library IN LISTS TAPEGRAD_BLAS_FOUND_LIBRARIES)
  if(TAPEGRAD_DPKG_QUERY AND IS_ABSOLUTE "${library}")
    execute_process(COMMAND "${TAPEGRAD_DPKG_QUERY}" --search "${library}" OUTPUT_VARIABLE owner ERROR_QUIET)
    if(owner MATCHES "^([^:, ]+)")
      string(APPEND tapegrad_depends ", ${CMAKE_MATCH_1}")
    endif()
  endif()
endforeach()
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${tapegrad_depends}")
if(BUILD_SHARED_LIBS)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()
if(TARGET tapegrad_onnx)
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libonnx-dev, libprotobuf-dev")  # for programs that ask for that component
endif()
include(CPack)
