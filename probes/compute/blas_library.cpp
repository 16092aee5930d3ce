#include "probes/compute/blas_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "probes/host/provenance.hpp"

namespace assay::compute {
namespace {

/// The library that cblas_dgemm comes from: another one may be loaded too, e.g. below LD_PRELOAD.
void* blas_handle() {
  Dl_info info{};
  void* gemm = dlsym(RTLD_DEFAULT, "cblas_dgemm");
  if (gemm == nullptr || dladdr(gemm, &info) == 0 || info.dli_fname == nullptr) return nullptr;
  return dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);  // null for a static library
}

/// A function of that library, or null.
template <class Function>
Function* find(const char* name) {
  static void* const handle = blas_handle();
  return reinterpret_cast<Function*>(dlsym(handle != nullptr ? handle : RTLD_DEFAULT, name));
}

std::string text_of(const char* text) {
  return text != nullptr ? text : "";
}

/// "OpenBLAS 0.3.21 NO_LAPACK DYNAMIC_ARCH ..." -> "OpenBLAS 0.3.21"
std::string two_words(const std::string& text) {
  const std::size_t first = text.find(' ');
  return first == std::string::npos ? text : text.substr(0, text.find(' ', first + 1));
}

struct ThreadControl {
  void (*set)(int) = nullptr;
  int (*get)() = nullptr;
};

/// BLIS counts in its own integer type, 64 bits wide.
void set_blis_threads(int threads) {
  find<void(long)>("bli_thread_set_num_threads")(threads);
}
int get_blis_threads() {
  return static_cast<int>(find<long()>("bli_thread_get_num_threads")());
}

ThreadControl thread_control() {
  if (auto* set = find<void(int)>("openblas_set_num_threads"))
    return {set, find<int()>("openblas_get_num_threads")};
  if (auto* set = find<void(int)>("MKL_Set_Num_Threads"))
    return {set, find<int()>("MKL_Get_Max_Threads")};
  if (find<void(long)>("bli_thread_set_num_threads") != nullptr)
    return {set_blis_threads, get_blis_threads};
  return {};
}

BlasLibrary identify() {
  if (auto* config = find<char*()>("openblas_get_config")) {
    auto* core = find<char*()>("openblas_get_corename");
    return {two_words(text_of(config())), core != nullptr ? text_of(core()) : "", false};
  }
  if (auto* version = find<const char*()>("bli_info_get_version_str")) {
    auto* id = find<int()>("bli_arch_query_id");
    auto* name = find<const char*(int)>("bli_arch_string");
    return {"BLIS " + text_of(version()),
            id != nullptr && name != nullptr ? text_of(name(id())) : "", false};
  }
  if (auto* version = find<void(char*, int)>("MKL_Get_Version_String")) {
    char text[200] = "";
    version(text, sizeof(text));
    return {text, "", false};
  }
  return {"unknown CBLAS", "", false};
}

nlohmann::json fingerprint() {
  const BlasLibrary library = blas_library();
  return {{"name", library.name}, {"core", library.core}};
}

const bool blas_library_registered = add_fingerprint_part("blas", fingerprint);

}  // namespace

BlasLibrary blas_library() {
  BlasLibrary library = identify();
  library.threads_settable = thread_control().set != nullptr;
  return library;
}

BlasThreads::BlasThreads(int threads) : before_(0) {
  const ThreadControl control = thread_control();
  if (control.set == nullptr) return;
  if (control.get != nullptr) before_ = control.get();
  control.set(threads);
}

BlasThreads::~BlasThreads() {
  if (before_ > 0) thread_control().set(before_);
}

}  // namespace assay::compute
