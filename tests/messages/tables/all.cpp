#include <iterator>
#include <utility>

#include "tests/messages/tables.h"

messages::Sections messages::all_sections() {
  Sections all;
  for (Sections (*const part)() :
       {of_tensors, of_writing, of_memory, of_elements, of_shapes, of_indices, of_products,
        of_reductions, of_decompositions, of_gradients, of_transforms, of_regions, of_checks,
        of_models, of_training, of_data, of_csv, of_files}) {
    Sections more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  }
  return all;
}
