#pragma once

#include <cstdlib>
#include <string>

#include "autograd/graph/dot.h"
#include "tests/catch.h"
#include "tests/graph/dot_text.h"
#include "tests/temp_folder.h"

// Pictures for tests: taken apart, and drawn, so that it is seen whether Graphviz takes them.

inline bool graphviz_is_there() {
  static const bool there = std::system("dot -V >/dev/null 2>&1") == 0;
  return there;
}

/// Draws the text where Graphviz is there: it takes what the library writes.
inline void check_drawn(const std::string& dot) {
  if (!graphviz_is_there()) return;
  const TempFolder folder;
  tapegrad::render_dot(dot, folder.file("graph.svg"));
  CHECK_THAT(folder.read("graph.svg"), Catch::Matchers::ContainsSubstring("<svg") &&
                                           Catch::Matchers::ContainsSubstring("</svg>"));
}

inline DotText drawn(const tapegrad::Tensor& tensor, const tapegrad::DotOptions& options = {}) {
  const std::string dot = tapegrad::to_dot(tensor, options);
  INFO(dot);
  check_drawn(dot);
  return DotText(dot);
}
