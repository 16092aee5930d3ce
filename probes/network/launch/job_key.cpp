#include "probes/network/launch/job_key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "probes/core/authentication.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/file_descriptor.hpp"

namespace assay::network {

namespace fs = std::filesystem;

namespace {

std::string read_key(const fs::path& file) {
  const FileDescriptor in(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (in.get() < 0)
    throw UsageError(
        fmt::format("{}: cannot read the job key: {}", file.string(), std::strerror(errno)));
  struct stat about {};
  fstat(in.get(), &about);
  if (!S_ISREG(about.st_mode))
    throw UsageError(fmt::format("{}: expected a file with the job key", file.string()));
  if ((about.st_mode & 077) != 0)
    throw UsageError(fmt::format(
        "{}: the job key may be read or written by others; expected `chmod 600`", file.string()));
  std::array<char, 1024> buffer{};
  const ssize_t count = read(in.get(), buffer.data(), buffer.size());
  std::string text(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  text.resize(std::min(text.size(), text.find_first_of("\r\n")));
  return text;
}

/// Whole or not at all, and only once, also where several hosts do it at once on a shared disk.
void make_key(const fs::path& file) {
  std::error_code error;
  fs::create_directory(file.parent_path(), error);
  if (!error) chmod(file.parent_path().c_str(), 0700);
  const fs::path draft = file.string() + "." + to_hex(random_bytes(8));
  const FileDescriptor out(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const std::string text = JobKey::random().text() + "\n";
  if (out.get() < 0 || write(out.get(), text.data(), text.size()) != ssize_t(text.size())) {
    const std::string why = std::strerror(errno);
    unlink(draft.c_str());
    throw UsageError(fmt::format(
        "the ranks need a common secret, and {} cannot be made ({}); set ASSAY_JOB_KEY to the same "
        "random text of at least {} characters on every host, or add --key-file FILE",
        file.string(), why, JobKey::shortest));
  }
  (void)link(draft.c_str(), file.c_str());  // Fails where somebody was faster: theirs counts.
  unlink(draft.c_str());
}

}  // namespace

JobKey JobKey::random() {
  return JobKey(to_hex(random_bytes(32)));
}

JobKey JobKey::from_text(std::string text, const std::string& where) {
  if (text.size() < shortest)
    throw UsageError(
        fmt::format("{}: a job key of {} characters can be guessed; expected at least {}, such as "
                    "`openssl rand -hex 16` prints",
                    where, text.size(), shortest));
  return JobKey(std::move(text));
}

std::string JobKey::code(std::string_view what) const {
  return hmac_sha256(text_, what);
}

JobKey shared_job_key(const fs::path& key_file, const Environment& environment) {
  if (!key_file.empty()) return JobKey::from_text(read_key(key_file), key_file.string());
  if (const auto text = environment("ASSAY_JOB_KEY"))
    return JobKey::from_text(*text, "ASSAY_JOB_KEY");
  if (const auto file = environment("ASSAY_JOB_KEY_FILE"))
    return JobKey::from_text(read_key(*file), *file);
  const auto home = environment("HOME");
  if (!home)
    throw UsageError(fmt::format(
        "the ranks need a common secret: set ASSAY_JOB_KEY to the same random text of at least {} "
        "characters on every host, or add --key-file FILE",
        JobKey::shortest));
  const fs::path file = fs::path(*home) / ".assay" / "job-key";
  if (access(file.c_str(), F_OK) != 0) make_key(file);
  return JobKey::from_text(read_key(file), file.string());
}

}  // namespace assay::network
