#include "autograd/transforms/vmap.h"

#include <algorithm>
#include <optional>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/batch_mode.h"
#include "autograd/transforms/passes.h"

namespace tapegrad::detail {

namespace {

using Tensors = std::vector<Tensor>;

/// The option for entry `i` of a list of `count`, of which one alone is for all.
template <class T>
const T& option_of(const std::vector<T>& list, std::size_t i) {
  return list.size() == 1 ? list[0] : list[i];
}

void require_one_for_each(const char* option, std::size_t given, const char* what,
                          std::size_t count) {
  if (given != 1 && given != count)
    fail<ValueError>("vmap: {} {}, but {} {}; give one for each, or one for all", count, what,
                     given, option);
}

/// The inputs with their entries along the first dimension, where they have any.
struct Entries {
  Tensors inputs;
  std::vector<bool> which;
  std::int64_t size = -1;
};

Entries entries_of(const Tensors& x, const VmapOptions& options) {
  require_one_for_each("in_dims", options.in_dims.size(), "inputs", x.size());
  Entries entries{x, std::vector<bool>(x.size())};
  for (std::size_t i = 0; i < x.size(); ++i) {
    require_defined(x[i], "an input", "vmap");
    const std::optional<std::int64_t>& dim = option_of(options.in_dims, i);
    if (!dim) continue;
    if (x[i].dim() == 0)
      fail<ShapeError>(
          "vmap: input {} is a number (0-d), which has no entries; its in_dims is "
          "std::nullopt",
          i);
    const int along = normal_dim(*dim, x[i].dim(), "vmap");
    const std::int64_t size = x[i].size(along);
    if (entries.size >= 0 && size != entries.size)
      fail<ShapeError>("vmap: input {} of shape {} has {} entries, and those before have {}", i,
                       x[i].shape(), size, entries.size);
    entries.size = size;
    entries.which[i] = true;
    if (along != 0) entries.inputs[i] = movedim(x[i], along, 0);
  }
  if (entries.size < 0)
    fail<ValueError>("vmap: none of its {} inputs has entries; one of in_dims is a dimension",
                     x.size());
  return entries;
}

/// The first entry of `x`, as a value of its own; of none, zeros.
Tensor first_entry(const Tensor& x) {
  if (x.size(0) > 0) return select(x.detach(), 0, 0).clone();
  Shape shape = x.shape();
  shape.erase(0);
  return zeros(shape, x.dtype());
}

Tensors call_on_all(const ListFunction& f, const Entries& entries, Randomness randomness) {
  Tensors inputs = entries.inputs, results;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (entries.which[i]) inputs[i] = first_entry(inputs[i]);
  {
    BatchMode mode(entries.size);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (entries.which[i]) mode.set(inputs[i], entries.inputs[i]);
    results = f(inputs);
    if (randomness == Randomness::error && mode.drew())
      fail<ValueError>(
          "vmap: the function draws random numbers, and every entry would get the same; draw them "
          "before, as an input with entries, or say so: {{.randomness = Randomness::same}}");
    for (Tensor& each : results) {
      require_defined(each, "what the function returned", "vmap");
      each = mode.batch(each);
    }
  }
  // What is an input, or comes twice, gets elements of its own.
  for (Tensor& each : results)
    if (!impl_of(each)->unique()) each = each.clone();
  return results;
}

Tensors vmap_now(const ListFunction& f, const Tensors& x, const VmapOptions& options) {
  const Entries entries = entries_of(x, options);
  if (options.chunk_size < 0)
    fail<ValueError>("vmap: chunk_size is {}; it is a number of entries, or 0 for all",
                     options.chunk_size);
  Tensors results;
  if (options.chunk_size == 0 || options.chunk_size >= entries.size) {
    results = call_on_all(f, entries, options.randomness);
  } else {
    const ListFunction same = drawing_the_same(f);
    std::vector<Tensors> parts;  // for each result its chunks
    for (std::int64_t start = 0; start < entries.size; start += options.chunk_size) {
      Entries chunk = entries;
      chunk.size = std::min(options.chunk_size, entries.size - start);
      for (std::size_t i = 0; i < x.size(); ++i)
        if (chunk.which[i]) chunk.inputs[i] = narrow(chunk.inputs[i], 0, start, chunk.size);
      const Tensors made = call_on_all(same, chunk, options.randomness);
      parts.resize(made.size());
      for (std::size_t k = 0; k < made.size(); ++k) parts[k].push_back(made[k]);
    }
    for (const Tensors& part : parts) results.push_back(cat(part));
  }
  require_one_for_each("out_dims", options.out_dims.size(), "results", results.size());
  for (std::size_t k = 0; k < results.size(); ++k) {
    const int to = normal_dim(option_of(options.out_dims, k), results[k].dim(), "vmap");
    if (to != 0) results[k] = movedim(results[k], 0, to);
  }
  return results;
}

}  // namespace

Tensors checked_vmap(const ListFunction& f, const Tensors& x, const VmapOptions& options) {
  return allocating_for("vmap", [&] { return vmap_now(f, x, options); });
}

}  // namespace tapegrad::detail
