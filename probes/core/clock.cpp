#include "probes/core/clock.hpp"

#include <algorithm>

namespace assay {

Seconds clock_resolution() {
  Seconds smallest(1);
  for (int i = 0; i < 1000; ++i) {
    const Seconds start = now();
    Seconds end = now();
    while (end == start) end = now();
    smallest = std::min(smallest, end - start);
  }
  return smallest;
}

}  // namespace assay
