#ifndef ASSAY_ASSAY_H
#define ASSAY_ASSAY_H
/**
 * @file
 * The markers for C, and for every language that can call C (Fortran: bind(c)).
 *
 *   assay_regions_open("node", 1, 1);
 *   assay_region_begin("triad", 2e6, 24e6, "f64", "DRAM", 1);  ...work...  assay_region_end();
 *   assay_regions_write();
 *
 * Regions nest, and belong to the thread that began them. Times are of CLOCK_MONOTONIC; FLOPs and bytes are the
 * caller's claim. Strings are copied. Not measured: bytes that really moved.
 * Functions that give an int return 0, or -1 with the reason in assay_last_error(); nothing throws, nothing prints.
 */
#ifdef __cplusplus
extern "C" {
#endif

/** Starts to record into the run directory `output`: a new or empty one, or one to add to. `launch` says which
 *  replicate this process is, `ranks` how many processes share the work; one of them writes. Once per process at a time. */
int assay_regions_open(const char* output, int launch, int ranks);
/** Rows of the regions that ended since the last call. */
int assay_regions_write(void);
/** Stops to record; what was not written is lost. */
void assay_regions_close(void);

/** `flops`: FLOPs of this run of the region, `bytes`: bytes moved to and from `level`; 0: not declared. `dtype`: f64,
 *  f32, ...; `level`: L1, L2, L3, DRAM, or "" for DRAM; `threads` share the work, this one included. */
void assay_region_begin(const char* name, double flops, double bytes, const char* dtype,
                        const char* level, int threads);
/** Ends the innermost region of this thread; without one it does nothing. */
void assay_region_end(void);

/** Why the last call of this thread failed; "" when none did. */
const char* assay_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
