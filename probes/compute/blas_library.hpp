#pragma once
/// @file
/// The CBLAS this program is linked with: its name, the kernels it chose for this CPU, and its
/// threads.
///
/// Asked at run time by the names that OpenBLAS, BLIS and MKL export, so that the library can be
/// exchanged below an unchanged program (Debian's alternatives do that).

#include <string>

namespace assay::compute {

struct BlasLibrary {
  std::string
      name;  ///< e.g. "OpenBLAS 0.3.21"; "unknown CBLAS" when it names itself in no known way.
  std::string core;  ///< The kernels it chose, e.g. "SkylakeX"; empty when it does not say.
  bool threads_settable = false;
};
[[nodiscard]] BlasLibrary blas_library();

/// Sets the threads of one BLAS call for as long as it lives, and puts the old number back. Does
/// nothing for a library whose threads cannot be set. Not for use by several threads at once.
class BlasThreads {
 public:
  explicit BlasThreads(int threads);
  ~BlasThreads();
  BlasThreads(const BlasThreads&) = delete;
  BlasThreads& operator=(const BlasThreads&) = delete;

 private:
  int before_;
};

}  // namespace assay::compute
