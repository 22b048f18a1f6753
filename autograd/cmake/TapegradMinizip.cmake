# Defines the imported target tapegrad::minizip where minizip is, which has neither a module of CMake's nor a package. Used
# by the build and by the installed package, which searches again, so that an installed tree can move to another machine.

# tapegrad_find_minizip(STATIC): its archive if STATIC is true. Needs ZLIB::ZLIB.
macro(tapegrad_find_minizip)
  if(NOT TARGET tapegrad::minizip)
    if(${ARGV0})
      find_library(TAPEGRAD_MINIZIP_LIBRARY "${CMAKE_STATIC_LIBRARY_PREFIX}minizip${CMAKE_STATIC_LIBRARY_SUFFIX}")
    else()
      find_library(TAPEGRAD_MINIZIP_LIBRARY minizip)
    endif()
    mark_as_advanced(TAPEGRAD_MINIZIP_LIBRARY)
    if(TAPEGRAD_MINIZIP_LIBRARY)
      set(_tapegrad_scope "")
      if(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
        set(_tapegrad_scope GLOBAL)
      endif()
      add_library(tapegrad::minizip INTERFACE IMPORTED ${_tapegrad_scope})
      target_link_libraries(tapegrad::minizip INTERFACE "${TAPEGRAD_MINIZIP_LIBRARY}" ZLIB::ZLIB)
      unset(_tapegrad_scope)
    endif()
  endif()
endmacro()
