#pragma once

#include "tests/messages/messages.h"

// The tables of messages: for each that the library can give, a call that makes it. They are tests
// (messages_test.cpp), and a page of the reference (page.cpp).

namespace messages {

using Sections = std::vector<Section>;

Sections of_tensors();
Sections of_writing();
Sections of_memory();
Sections of_elements();
Sections of_shapes();
Sections of_indices();
Sections of_products();
Sections of_reductions();
Sections of_decompositions();  ///< none in a build without them
Sections of_gradients();
Sections of_transforms();
Sections of_regions();
Sections of_checks();
Sections of_models();
Sections of_training();
Sections of_data();
Sections of_csv();
Sections of_files();

/// All, in the order of the page.
Sections all_sections();

}  // namespace messages
