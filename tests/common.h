#pragma once

// What most tests include, for compilers that read it compiled (CMakeLists.txt). A test includes by itself what it uses.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"
