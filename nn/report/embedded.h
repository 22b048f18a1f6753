#pragma once

#include <string_view>

// Internal: the files that a page holds, which the build has put into the library.

namespace tapegrad::report::detail {

struct Embedded {
  std::string_view style;                          // of every page
  std::string_view theme, charts, pictures, page;  // our scripts, in the order in which they run
  std::string_view echarts, dagre;                 // those of others, which run before
  std::string_view echarts_notice, dagre_notice;   // who made them, and under which licence
};

Embedded embedded();

}  // namespace tapegrad::report::detail
