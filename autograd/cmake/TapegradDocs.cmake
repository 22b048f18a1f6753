# The target `docs`: the reference, from the comments of the public headers and the pages in autograd/docs. Only who asks
# for it gets it; it is not installed.
find_package(Doxygen QUIET)
set(tapegrad_docs_dir "${PROJECT_BINARY_DIR}/docs")
configure_file("${CMAKE_CURRENT_LIST_DIR}/build_docs.cmake.in" "${PROJECT_BINARY_DIR}/build_docs.cmake" @ONLY)
add_custom_target(docs COMMAND "${CMAKE_COMMAND}" -P "${PROJECT_BINARY_DIR}/build_docs.cmake" VERBATIM)
