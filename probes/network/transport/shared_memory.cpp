#include "probes/network/transport/shared_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "probes/core/file_descriptor.hpp"
#include "probes/network/transport/communicator.hpp"

namespace assay::network {

namespace {

/// What the first rank of the host tells the others. Sent as bytes between equal programs of one
/// host.
struct RegionHandle {
  pid_t pid = 0;
  int file = -1;
};

template <class T>
T shared_by_first(Communicator& group, T value) {
  const auto raw = std::as_writable_bytes(std::span(&value, 1));
  std::vector<std::byte> bytes(raw.begin(), raw.end());
  group.share(bytes, 0);
  std::copy(bytes.begin(), bytes.end(), raw.begin());
  return value;
}

int new_memory_file(std::size_t bytes) {
  const int file = memfd_create("assay-shared-region", MFD_CLOEXEC);
  if (file >= 0 && ftruncate(file, static_cast<off_t>(bytes)) != 0) {
    close(file);
    return -1;
  }
  return file;
}

std::shared_ptr<void> map(int file, std::size_t bytes) {
  if (file < 0) return nullptr;
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (address == MAP_FAILED) return nullptr;
  return {address, [bytes](void* p) { munmap(p, bytes); }};
}

std::unique_ptr<SharedRegion> region_over(std::shared_ptr<void> memory, std::size_t bytes) {
  const std::span<std::byte> view(static_cast<std::byte*>(memory.get()), bytes);
  return std::make_unique<SharedRegion>(view, std::move(memory));
}

}  // namespace

std::unique_ptr<SharedRegion> share_between_processes(Communicator& host_group, std::size_t bytes) {
  if (bytes == 0) bytes = 1;
  const bool first = host_group.rank() == 0;
  const FileDescriptor own(first ? new_memory_file(bytes) : -1);
  const RegionHandle handle = shared_by_first(host_group, RegionHandle{getpid(), own.get()});
  const std::string path = fmt::format("/proc/{}/fd/{}", handle.pid, handle.file);
  const FileDescriptor other(first || handle.file < 0 ? -1
                                                      : open(path.c_str(), O_RDWR | O_CLOEXEC));
  std::shared_ptr<void> memory = map(first ? own.get() : other.get(), bytes);
  // Doubles as the barrier after which the first rank may close the file.
  bool everywhere = true;
  for (const double mapped : host_group.gather_all(memory ? 1.0 : 0.0)) everywhere &= mapped > 0;
  return everywhere ? region_over(std::move(memory), bytes) : nullptr;
}

std::unique_ptr<SharedRegion> share_between_threads(Communicator& host_group, std::size_t bytes) {
  if (bytes == 0) bytes = 1;
  using Memory = std::shared_ptr<void>;
  constexpr std::align_val_t page{4096};
  Memory memory;
  if (host_group.rank() == 0) {
    memory = Memory(::operator new(bytes, page), [](void* p) { ::operator delete(p, page); });
    std::memset(memory.get(), 0, bytes);
  }
  const Memory* const source = shared_by_first(host_group, static_cast<const Memory*>(&memory));
  if (host_group.rank() != 0) memory = *source;
  host_group.barrier();  // Until here the first rank's pointer must live.
  return region_over(std::move(memory), bytes);
}

}  // namespace assay::network
