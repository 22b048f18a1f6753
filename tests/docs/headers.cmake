# Writes what the public headers open with into a page: cmake -DPROGRAM=doc_pages -DSOURCE=FOLDER -DUMBRELLAS=HEADER;...
# -DPAGE=FILE -P headers.cmake
cmake_policy(VERSION 3.24)
include("${SOURCE}/autograd/cmake/public_headers.cmake")
tapegrad_public_headers(headers "${SOURCE}" ${UMBRELLAS})
list(SORT headers)
execute_process(COMMAND "${PROGRAM}" headers "${SOURCE}" "${PAGE}" ${headers} COMMAND_ERROR_IS_FATAL ANY)
