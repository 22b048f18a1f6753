# Defines the imported target tapegrad::blas, which is empty unless the user asked for a CBLAS: then it is
# that CBLAS. Used by the build and, with what the build had found, by the installed package.

# The static OpenBLAS without threads of its own. Debian: libopenblas-serial-dev.
macro(_tapegrad_find_serial_openblas)
  find_library(TAPEGRAD_OPENBLAS_ARCHIVE libopenblas.a
    PATH_SUFFIXES openblas-serial ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial)
  find_path(TAPEGRAD_OPENBLAS_INCLUDE_DIR cblas.h
    PATH_SUFFIXES openblas-serial ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial openblas)
  mark_as_advanced(TAPEGRAD_OPENBLAS_ARCHIVE TAPEGRAD_OPENBLAS_INCLUDE_DIR)
endmacro()

# Sets TAPEGRAD_BLAS_FOUND_LIBRARIES and TAPEGRAD_BLAS_FOUND_INCLUDE_DIRS in the caller's scope.
function(_tapegrad_search_blas)
  set(libraries "${TAPEGRAD_BLAS_LIBRARIES}")
  set(includes "${TAPEGRAD_BLAS_INCLUDE_DIRS}")

  if(NOT libraries AND TAPEGRAD_BLAS MATCHES "^(OpenBLAS)?$")
    _tapegrad_find_serial_openblas()
    if(TAPEGRAD_OPENBLAS_ARCHIVE AND TAPEGRAD_OPENBLAS_INCLUDE_DIR)
      set(libraries "${TAPEGRAD_OPENBLAS_ARCHIVE}")
      set(includes "${TAPEGRAD_OPENBLAS_INCLUDE_DIR}")
    else()
      message(NOTICE "Static serial OpenBLAS not found (Debian: libopenblas-serial-dev): "
        "looking for any other CBLAS")
    endif()
  elseif(NOT libraries AND (TARGET "${TAPEGRAD_BLAS}" OR IS_ABSOLUTE "${TAPEGRAD_BLAS}"))
    set(libraries "${TAPEGRAD_BLAS}")
  endif()

  if(NOT libraries)
    if(TAPEGRAD_BLAS)
      set(BLA_VENDOR "${TAPEGRAD_BLAS}")
    endif()
    find_package(BLAS QUIET)
    if(NOT BLAS_FOUND)
      message(FATAL_ERROR "No CBLAS found (TAPEGRAD_BLAS is '${TAPEGRAD_BLAS}'). On Debian: "
        "apt-get install libopenblas-serial-dev. Elsewhere set TAPEGRAD_BLAS to a vendor that FindBLAS "
        "knows, or TAPEGRAD_BLAS_LIBRARIES and TAPEGRAD_BLAS_INCLUDE_DIRS.")
    endif()
    set(libraries ${BLAS_LIBRARIES} ${BLAS_LINKER_FLAGS})
  endif()

  if(NOT includes)
    # Beside the library first: a machine may have several.
    set(hints "")
    foreach(library IN LISTS libraries)
      if(IS_ABSOLUTE "${library}")
        cmake_path(GET library PARENT_PATH folder)
        cmake_path(GET folder FILENAME flavour)
        list(APPEND hints "${folder}/../include" "${folder}/../../include"
          "${folder}/../../../include/${CMAKE_LIBRARY_ARCHITECTURE}/${flavour}"
          "/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/${flavour}" "${library}/Headers"
          "${library}/Frameworks/vecLib.framework/Headers")
      endif()
    endforeach()
    unset(TAPEGRAD_CBLAS_INCLUDE_DIR CACHE)
    find_path(TAPEGRAD_CBLAS_INCLUDE_DIR NAMES cblas.h mkl_cblas.h HINTS ${hints}
      PATH_SUFFIXES openblas cblas blis mkl openblas-serial openblas-pthread openblas-openmp)
    mark_as_advanced(TAPEGRAD_CBLAS_INCLUDE_DIR)
    set(includes "${TAPEGRAD_CBLAS_INCLUDE_DIR}")
    if(NOT includes)
      message(FATAL_ERROR "Found ${libraries} but no cblas.h: set TAPEGRAD_BLAS_INCLUDE_DIRS.")
    endif()
    if(NOT EXISTS "${includes}/cblas.h")
      # MKL spells the header differently; the sources include <cblas.h>.
      file(WRITE "${PROJECT_BINARY_DIR}/cblas/cblas.h" "#include <mkl_cblas.h>\n")
      list(APPEND includes "${PROJECT_BINARY_DIR}/cblas")
    endif()
  endif()

  set(TAPEGRAD_BLAS_FOUND_LIBRARIES "${libraries}" PARENT_SCOPE)
  set(TAPEGRAD_BLAS_FOUND_INCLUDE_DIRS "${includes}" PARENT_SCOPE)
endfunction()

function(_tapegrad_add_blas_target)
  if(TARGET tapegrad::blas)
    return()
  endif()
  find_package(Threads REQUIRED)
  set(scope "")
  if(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
    set(scope GLOBAL)
  endif()
  add_library(tapegrad::blas INTERFACE IMPORTED ${scope})
  target_link_libraries(tapegrad::blas INTERFACE ${TAPEGRAD_BLAS_FOUND_LIBRARIES} Threads::Threads)
  if(UNIX AND NOT APPLE)
    target_link_libraries(tapegrad::blas INTERFACE m)
  endif()
  if("${TAPEGRAD_BLAS_FOUND_LIBRARIES}" MATCHES "openblas[^/;]*\\.a" AND NOT APPLE)
    # Threads that share a serial OpenBLAS need a lock around its buffers: autograd/kernels/gemm/blas.cpp.
    target_link_options(tapegrad::blas INTERFACE
      "LINKER:--wrap=blas_memory_alloc,--wrap=blas_memory_free")
  endif()
  if(TAPEGRAD_BLAS_FOUND_LIBRARIES)
    target_compile_definitions(tapegrad::blas INTERFACE TAPEGRAD_HAVE_CBLAS)
  endif()
  if(TAPEGRAD_BLAS_FOUND_INCLUDE_DIRS)
    target_include_directories(tapegrad::blas INTERFACE ${TAPEGRAD_BLAS_FOUND_INCLUDE_DIRS})
  endif()
endfunction()

# Build: none, or as the options say.
macro(tapegrad_find_blas)
  set(TAPEGRAD_BLAS_FOUND_LIBRARIES "")
  set(TAPEGRAD_BLAS_FOUND_INCLUDE_DIRS "")
  if(TAPEGRAD_BLAS_LIBRARIES OR NOT TAPEGRAD_BLAS MATCHES "^(none)?$")
    _tapegrad_search_blas()
    message(STATUS "BLAS: ${TAPEGRAD_BLAS_FOUND_LIBRARIES}")
  endif()
  _tapegrad_add_blas_target()
endmacro()

# Installed package: take the libraries that the build linked where they still are; otherwise search again,
# so that an installed tree can move to another machine. Only the library matters then, not the header.
macro(tapegrad_find_blas_again)
  set(TAPEGRAD_BLAS_FOUND_LIBRARIES ${ARGN})
  set(TAPEGRAD_BLAS_FOUND_INCLUDE_DIRS "")
  if(TAPEGRAD_BLAS_FOUND_LIBRARIES)
    if(TAPEGRAD_BLAS_LIBRARIES)
      set(TAPEGRAD_BLAS_FOUND_LIBRARIES "${TAPEGRAD_BLAS_LIBRARIES}")
    endif()
    foreach(_tapegrad_library ${TAPEGRAD_BLAS_FOUND_LIBRARIES})
      if(IS_ABSOLUTE "${_tapegrad_library}" AND NOT EXISTS "${_tapegrad_library}")
        _tapegrad_search_blas()
        break()
      endif()
    endforeach()
    unset(_tapegrad_library)
  endif()
  _tapegrad_add_blas_target()
endmacro()
