/* A program in C: the markers without C++. */
#include <assay/assay.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  enum { count = 1000000 };
  double* a = malloc(count * sizeof *a);
  if (a == NULL || assay_regions_write() == 0 || assay_last_error()[0] == '\0') return 3;
  if (assay_regions_open(argc > 1 ? argv[1] : "assay-regions", 1, 1) != 0) {
    fprintf(stderr, "%s\n", assay_last_error());
    return 4;
  }
  for (int i = 0; i < 5; ++i) {
    assay_region_begin("fill from C", 0, 8.0 * count, "f64", "DRAM", 1);
    for (int j = 0; j < count; ++j) a[j] = i + j;
    assay_region_end();
  }
  if (assay_regions_write() != 0) {
    fprintf(stderr, "%s\n", assay_last_error());
    return 4;
  }
  assay_regions_close();
  const int right = a[7] == 11;
  free(a);
  return right ? 0 : 3;
}
