#include "nn/report/embedded.h"

#include <cstddef>

// The build defines where the files are, and compiles this file by itself, whenever one changes.

// TAPEGRAD_EMBED(name, file): the bytes of the file from `tapegrad_report_name` to
// `tapegrad_report_name_end`, which no other library sees.
#ifdef __APPLE__
#define TAPEGRAD_EMBED_BEGIN ".const\n"
#define TAPEGRAD_EMBED_LABEL(name) ".private_extern _" name "\n_" name ":\n"
#define TAPEGRAD_EMBED_END ".text\n"
#else
#define TAPEGRAD_EMBED_BEGIN ".pushsection .rodata\n"
#define TAPEGRAD_EMBED_LABEL(name) ".globl " name "\n.hidden " name "\n" name ":\n"
#define TAPEGRAD_EMBED_END ".popsection\n"
#endif
#define TAPEGRAD_EMBED(name, file)                                           \
  asm(TAPEGRAD_EMBED_BEGIN TAPEGRAD_EMBED_LABEL(                             \
      "tapegrad_report_" #name) ".incbin \"" file                            \
                                "\"\n" TAPEGRAD_EMBED_LABEL(                 \
                                    "tapegrad_report_" #name                 \
                                    "_end") ".byte 0\n" TAPEGRAD_EMBED_END); \
  extern "C" const char tapegrad_report_##name[], tapegrad_report_##name##_end[]

TAPEGRAD_EMBED(style, TAPEGRAD_REPORT_WEB "/style.css");
TAPEGRAD_EMBED(theme, TAPEGRAD_REPORT_WEB "/theme.js");
TAPEGRAD_EMBED(charts, TAPEGRAD_REPORT_WEB "/charts.js");
TAPEGRAD_EMBED(pictures, TAPEGRAD_REPORT_WEB "/pictures.js");
TAPEGRAD_EMBED(page, TAPEGRAD_REPORT_WEB "/page.js");
TAPEGRAD_EMBED(echarts, TAPEGRAD_REPORT_ECHARTS "/dist/echarts.min.js");
TAPEGRAD_EMBED(echarts_notice, TAPEGRAD_REPORT_ECHARTS "/NOTICE");
TAPEGRAD_EMBED(dagre, TAPEGRAD_REPORT_DAGRE "/dist/dagre.min.js");
TAPEGRAD_EMBED(dagre_notice, TAPEGRAD_REPORT_DAGRE "/LICENSE");

namespace tapegrad::report::detail {

namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

#define TAPEGRAD_EMBEDDED(name) \
  .name = between(tapegrad_report_##name, tapegrad_report_##name##_end)

Embedded embedded() {
  return {TAPEGRAD_EMBEDDED(style),       TAPEGRAD_EMBEDDED(theme),
          TAPEGRAD_EMBEDDED(charts),      TAPEGRAD_EMBEDDED(pictures),
          TAPEGRAD_EMBEDDED(page),        TAPEGRAD_EMBEDDED(echarts),
          TAPEGRAD_EMBEDDED(dagre),       TAPEGRAD_EMBEDDED(echarts_notice),
          TAPEGRAD_EMBEDDED(dagre_notice)};
}

}  // namespace tapegrad::report::detail
