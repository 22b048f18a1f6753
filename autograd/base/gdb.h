#pragma once

// Internal: what the debugger is told about the insides of a program, in a section of its file that
// is never loaded and that strip takes out; see debug/tapegrad.py.

/// Has gdb run `text`, a line of Python, when it reads the program. `%c0`, `%c1` and so on in it
/// become the constants that follow, each as `"i"(constant)`. In an object that every program links
/// to which the text matters.
#if defined(__ELF__)
#define TAPEGRAD_TELL_GDB(name, text, ...)                               \
  [[gnu::used]] static void tell_gdb_of_##name() {                       \
    asm(".pushsection .debug_gdb_scripts, \"MS\", %%progbits, 1\n"       \
        ".ascii \"\\4tapegrad." #name "\\n" text "\\n\\0\"\n.popsection" \
        :                                                                \
        : __VA_ARGS__);                                                  \
  }
#else
#define TAPEGRAD_TELL_GDB(name, text, ...)
#endif
