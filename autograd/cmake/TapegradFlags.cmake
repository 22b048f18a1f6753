# Compiler flags: what every file of the project gets, and what the kernels get on top.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
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

# A library: small code where the time is not spent, which is outside the engine's operators and the loading of
# data. -O3, CMake's choice for Release, is for the kernels alone: it costs size and compile time.
function(tapegrad_library_flags target)
  tapegrad_flags(${target})
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Os>)
  # int64 tensors wrap around, as NumPy's do.
  target_compile_options(${target} PRIVATE -fwrapv)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    # Compiled together, files share what each would have a copy of. Those with options of their own stay
    # apart.
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 48)
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    if(source MATCHES "/nn/data_(images|file)|/autograd/(kernels|ops|tape)/|/tensor/(impl|memory|large_heap)\\.cpp" AND
       NOT source MATCHES "/ops/(arithmetic|cross_entropy|sum|norm)\\.cpp")  # mostly rules; the work is in kernels
      set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_OPTIONS "$<$<CONFIG:Release>:-O2>")
      if(source MATCHES "/ops/(shape|compare|reduce|sum)\\.cpp|/nn/data_images\\.cpp")
        # Plain loops that gcc vectorises only when told to.
        set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_OPTIONS
          "$<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-ftree-vectorize;-fvect-cost-model=dynamic>")
      endif()
    endif()
  endforeach()
endfunction()

# What a file needs that includes the SIMD kernels.
function(tapegrad_use_simd target)
  get_target_property(xsimd_includes xsimd INTERFACE_INCLUDE_DIRECTORIES)
  target_include_directories(${target} SYSTEM PRIVATE ${xsimd_includes})
  if(TAPEGRAD_X86)
    target_compile_definitions(${target} PRIVATE TAPEGRAD_X86)
  endif()
endfunction()

# The engine: one file for each instruction set, and arithmetic that is fast without being loose.
function(tapegrad_kernel_flags target)
  tapegrad_use_simd(${target})
  # Neither errno nor floating-point traps are used, and both keep loops from being vectorised.
  # -ffast-math stays away: NaN, infinities and the order of sums are part of the contract.
  target_compile_options(${target} PRIVATE -fno-math-errno -fno-trapping-math)

  get_target_property(sources ${target} SOURCES)
  set(avx2 -mavx2 -mfma)
  set(avx512 -mavx512f -mavx512cd -mavx512dq -mavx512bw -mavx512vl ${avx2})
  foreach(source IN LISTS sources)
    cmake_path(GET source FILENAME name)
    set(options "")
    if(name MATCHES "^simd_" AND NOT TAPEGRAD_SANITIZE)
      # Also in Debug: without inlining, the tests would wait for the vector classes, and common functions
      # would be emitted with instructions that not every machine has (tests/packaging/weak_symbols).
      # Nothing in them throws, so they need no tables for unwinding.
      set(options -O2 -fno-exceptions -fno-unwind-tables -fno-asynchronous-unwind-tables)
      if(TAPEGRAD_X86 AND name MATCHES "baseline")
        set(options -Os ${options})  # for processors from before 2013: a third smaller
        list(REMOVE_ITEM options -O2)
      endif()
    elseif(source MATCHES "/autograd/kernels/")
      set(options "$<$<NOT:$<CONFIG:Debug>>:-O3>")
    endif()
    if(name MATCHES "^simd_avx")
      if(NOT TAPEGRAD_X86)
        set_source_files_properties("${source}" PROPERTIES HEADER_FILE_ONLY ON)
        continue()
      endif()
      if(TAPEGRAD_SANITIZE MATCHES "undefined")
        # Minutes of compile time each, and the baseline is made of the same text.
        list(APPEND options -fno-sanitize=undefined)
      endif()
      if(name MATCHES "avx512")
        list(APPEND options ${avx512})
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
          # gcc 12 warns of its own _mm512_undefined_ps() (gcc bug 105593).
          list(APPEND options -Wno-uninitialized -Wno-maybe-uninitialized)
        endif()
      else()
        list(APPEND options ${avx2})
      endif()
    elseif(source MATCHES "/autograd/kernels/random\\.cpp$")
      # The same numbers on every machine: a fused multiply-add would round differently.
      list(APPEND options -ffp-contract=off)
    endif()
    if(options)
      set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_OPTIONS ${options})
    endif()
  endforeach()
endfunction()
