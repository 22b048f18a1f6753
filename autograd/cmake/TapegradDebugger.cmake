# What gdb needs to show tensors (autograd/debug/tapegrad.py) as a header that puts it into a section of the object, from
# where gdb runs it: entry type 4, which is a name, a newline, a text and a zero. Such a section is part of the debug
# information: it is never loaded, and strip takes it out. Comments and empty lines stay behind.
function(tapegrad_gdb_script target)
  set(script "${PROJECT_SOURCE_DIR}/autograd/debug/tapegrad.py")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${script}")
  file(READ "${script}" text)
  string(REGEX REPLACE "(^|\n)( *#[^\n]*|\n)+" "\n" text "${text}")
  # For the assembler, and then for the compiler.
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n" text "${text}")
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\\\\n" "\\\\n\\\"\\n\"\n    \".ascii \\\"" text "${text}")
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/debug/tapegrad_gdb_script.h" @ONLY CONTENT [[
// Made of autograd/debug/tapegrad.py by autograd/cmake/TapegradDebugger.cmake.
asm(".pushsection .debug_gdb_scripts, \"MS\", %progbits, 1\n"
    ".ascii \"\\4tapegrad.printers\\n@text@\\0\"\n"
    ".popsection\n");
]])
  target_include_directories(${target} PRIVATE "${PROJECT_BINARY_DIR}/debug")
endfunction()
