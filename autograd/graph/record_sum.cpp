#include "autograd/graph/record_sum.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "autograd/graph/text.h"

namespace tapegrad::detail {

void RecordSum::add(const RecordInfo& info, Mark of_record) {
  mark = operators++ == 0 ? of_record : joined(mark, of_record);
  bytes += info.bytes_added;
  if (info.not_finite) {
    not_finite.nan += info.not_finite->nan;
    not_finite.infinite += info.not_finite->infinite;
  }
  if (!info.gradient_norm) return;
  has_gradient = true;
  if (std::isnan(*info.gradient_norm) || std::isnan(most)) {
    most = std::numeric_limits<double>::quiet_NaN();
  } else {
    most = std::max(most, *info.gradient_norm);
    least = std::min(least, *info.gradient_norm);
  }
}

std::string RecordSum::gradient() const {
  if (operators == 1 || std::isnan(most) || most == least) return gradient_text(most);
  return fmt::format("gradients {:.2g} to {:.2g}", least, most);
}

}  // namespace tapegrad::detail
