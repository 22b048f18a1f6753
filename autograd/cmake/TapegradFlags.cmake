# Compiler flags, by role: what every file of the project gets, every file of a library, and every kernel.

# Kernels of AVX take half of the time to compile. Fuzzers do with the baseline, since what reads files has no kernels, and
# so does the thread sanitizer, since threads share work above them.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8 AND NOT TAPEGRAD_FUZZ
   AND NOT TAPEGRAD_SANITIZE MATCHES "thread")
  set(TAPEGRAD_X86 TRUE)
else()
  set(TAPEGRAD_X86 FALSE)
endif()

# C++20, warnings, sanitizers and the include path of the source tree.
function(tapegrad_flags target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow)
  if(TAPEGRAD_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  if(TAPEGRAD_SANITIZE)
    set(sanitize -fsanitize=${TAPEGRAD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_compile_options(${target} PUBLIC "$<BUILD_INTERFACE:${sanitize}>")
    target_link_options(${target} PUBLIC "$<BUILD_INTERFACE:-fsanitize=${TAPEGRAD_SANITIZE}>")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # The added checks hide from gcc what is initialised: it warns inside the standard library.
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
  endif()
endfunction()

# Sets TAPEGRAD_LINKS_STATICALLY: static libraries of the system are not everywhere.
macro(tapegrad_check_static)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LINK_OPTIONS -static)
  check_cxx_source_compiles("int main() {}" TAPEGRAD_LINKS_STATICALLY)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
endmacro()

# What the files of a library are compiled with, optimised by `optimise` in Release. tests/flags keeps it one set of flags
# for all of them, whatever their names and folders.
function(tapegrad_compile_flags target optimise)
  tapegrad_flags(${target})
  target_compile_options(${target} PRIVATE
    # CMake's choice for Release, -O3, costs size and compile time.
    $<$<CONFIG:Release>:${optimise}>
    # int64 tensors wrap around, as NumPy's do.
    -fwrapv
    # Neither errno nor floating-point traps are used, and both keep loops from being vectorised.
    # -ffast-math stays away: NaN, infinities and the order of sums are part of the contract.
    -fno-math-errno -fno-trapping-math
    # The same numbers on every machine: a fused multiply-add rounds differently.
    -ffp-contract=off
    # A program links the functions that it calls, and no others.
    -ffunction-sections -fdata-sections)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND optimise STREQUAL "-O2")
    # At -O2 gcc 12 vectorises next to nothing, and stops inlining where files are compiled together.
    # What is seldom run stands at the end of its function: a section of its own, with tables of its own, is larger.
    set(gnu -ftree-vectorize -fvect-cost-model=dynamic --param=inline-unit-growth=100 -fno-reorder-blocks-and-partition
      -fno-align-functions -fno-align-jumps -fno-align-labels)
    target_compile_options(${target} PRIVATE "$<$<CONFIG:Release>:${gnu}>")
  endif()
  if(BUILD_SHARED_LIBS)
    # A function of the library that calls another means that one.
    target_compile_options(${target} PRIVATE -fno-semantic-interposition)
  endif()
  # Compiled together, files share what each would have a copy of, and take a fifth of the time.
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 24)
  elseif(TAPEGRAD_SANITIZE)
    # A room at a time: tests/symbols asks what a room needs.
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    get_target_property(sources ${target} SOURCES)
    foreach(source IN LISTS sources)
      cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE path)
      if(path MATCHES "^[a-z]+/(ops/[a-z]+|[a-z]+)/")
        string(REPLACE "/" "-" room "${CMAKE_MATCH_1}")
        set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${room}")
      endif()
    endforeach()
  endif()
  tapegrad_use_simd(${target})
endfunction()

# A library, and the instruction sets for its `*.kernels.cpp`. Its files that match one of the regular expressions after
# SMALL are compiled for size, which halves them: they say what is to be computed, read files, check and explain, and
# their time is that of what they call.
function(tapegrad_library_flags target)
  cmake_parse_arguments(arg "" "" SMALL ${ARGN})
  get_target_property(sources ${target} SOURCES)
  set(small "")
  foreach(pattern IN LISTS arg_SMALL)  # one by one: CMake takes only so many parentheses
    set(found ${sources})
    list(FILTER found INCLUDE REGEX "/(${pattern})")
    list(FILTER found EXCLUDE REGEX "\\.kernels\\.cpp$")
    list(REMOVE_ITEM sources ${found})
    list(APPEND small ${found})
  endforeach()
  if(NOT arg_SMALL)
    tapegrad_compile_flags(${target} -O2)
  elseif(NOT sources)
    tapegrad_compile_flags(${target} -Os)
  else()
    tapegrad_compile_flags(${target} -O2)
    set_target_properties(${target} PROPERTIES SOURCES "${sources}")
    add_library(${target}_small OBJECT ${small})
    tapegrad_compile_flags(${target}_small -Os)
    foreach(property COMPILE_DEFINITIONS INCLUDE_DIRECTORIES)
      set_property(TARGET ${target}_small APPEND PROPERTY ${property} $<TARGET_PROPERTY:${target},${property}>)
    endforeach()
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_small>)
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    set_target_properties(${target} PROPERTIES
      VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    if(NOT APPLE)
      set(exports "${PROJECT_SOURCE_DIR}/autograd/cmake/exports.map")
      target_link_options(${target} PRIVATE "LINKER:--version-script=${exports}")
      if(NOT TAPEGRAD_SANITIZE)  # whose library clang links to the program alone
        target_link_options(${target} PRIVATE LINKER:--no-undefined)
      endif()
      set_target_properties(${target} PROPERTIES LINK_DEPENDS "${exports}")
    endif()
  elseif(APPLE)
    target_link_options(${target} INTERFACE LINKER:-dead_strip)
  else()
    target_link_options(${target} INTERFACE LINKER:--gc-sections)
  endif()
  tapegrad_kernels(${target})
endfunction()

# What a file needs that includes the SIMD kernels.
function(tapegrad_use_simd target)
  get_target_property(xsimd_includes xsimd INTERFACE_INCLUDE_DIRECTORIES)
  target_include_directories(${target} SYSTEM PRIVATE ${xsimd_includes})
  if(TAPEGRAD_X86)
    target_compile_definitions(${target} PRIVATE TAPEGRAD_X86)
  endif()
endfunction()

# Compiles each `*.kernels.cpp` of a target once for each instruction set, with `TAPEGRAD_ISA` as its name, through a
# file in the build folder that includes it.
function(tapegrad_kernels target)
  set(isas baseline)
  if(TAPEGRAD_X86)
    list(APPEND isas avx2 avx512)
  endif()
  set(flags_baseline "")
  set(flags_avx2 -mavx2 -mfma)
  set(flags_avx512 -mavx512f -mavx512cd -mavx512dq -mavx512bw -mavx512vl ${flags_avx2})
  # Formulas gain digits by a fused multiply-add where there is one.
  set(options -ffp-contract=fast)
  if(NOT TAPEGRAD_SANITIZE)
    # Also in Debug: without inlining, the tests would wait for the vector classes, and common functions
    # would be emitted with instructions that not every machine has (tests/packaging/weak_symbols).
    # Nothing in them throws, so they need no tables for unwinding.
    list(APPEND options -O2 -fno-exceptions -fno-unwind-tables -fno-asynchronous-unwind-tables)
    if(TAPEGRAD_X86)
      set(flags_baseline -Os)  # for processors from before 2013: a third smaller
    endif()
  elseif(TAPEGRAD_SANITIZE MATCHES "undefined")
    # Minutes of compile time each, and the baseline is made of the same text.
    list(APPEND flags_avx2 -fno-sanitize=undefined)
    list(APPEND flags_avx512 -fno-sanitize=undefined)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # They are vectors already.
    list(APPEND options -fno-tree-vectorize)
    # gcc 12 warns of its own _mm512_undefined_ps() (gcc bug 105593).
    list(APPEND flags_avx512 -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()

  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.kernels\\.cpp$")
  set_source_files_properties(${sources} PROPERTIES HEADER_FILE_ONLY ON)
  foreach(source IN LISTS sources)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE path)
    foreach(isa IN LISTS isas)
      if(TAPEGRAD_X86 AND isa STREQUAL "baseline" AND path MATCHES "/ops/elementwise/")
        continue()  # without vectors: see elementwise_table.h
      endif()
      string(REGEX REPLACE "\\.cpp$" ".${isa}.cpp" file "${PROJECT_BINARY_DIR}/kernels/${path}")
      file(CONFIGURE OUTPUT "${file}" CONTENT "#include \"${path}\"\n")
      set_source_files_properties("${file}" PROPERTIES
        COMPILE_OPTIONS "${options};${flags_${isa}}" COMPILE_DEFINITIONS TAPEGRAD_ISA=${isa})
      target_sources(${target} PRIVATE "${file}")
    endforeach()
  endforeach()
endfunction()
