#include <fmt/format.h>

#include <utility>

#include "reports/import/document.hpp"

#if ASSAY_HAVE_ZLIB
#include <zlib.h>
#endif
#if ASSAY_HAVE_ZSTD
#include <zstd.h>
#endif

namespace assay::import {

namespace {

constexpr std::size_t block_size = std::size_t{1} << 16;

[[noreturn, maybe_unused]] void refuse_damaged(const std::string& file, const char* packing,
                                               const std::string& why) {
  throw InputError(file, 0, "", fmt::format("is damaged {}: {}", packing, why),
                   "a whole compressed file");
}

[[noreturn, maybe_unused]] void refuse_packing(const std::string& file, const char* packing) {
  throw InputError(file, 0, "",
                   fmt::format("is {}, which this build of assay cannot read", packing),
                   "a file unpacked beforehand");
}

[[maybe_unused]] void check_length(const std::string& out, const std::string& file) {
  if (out.size() > longest_document)
    throw InputError(file, 0, "", "unpacks to more than 64 MiB", "a measurement log");
}

#if ASSAY_HAVE_ZLIB
std::string gunzip(std::string& bytes, const std::string& file) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) refuse_damaged(file, "gzip", "cannot be started");
  struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } end{&stream};
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out, block(block_size, '\0');
  // Several members one after another are one file.
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    const int state = inflate(&stream, Z_NO_FLUSH);
    out.append(block, 0, block.size() - stream.avail_out);
    check_length(out, file);
    if (state == Z_STREAM_END) {
      if (stream.avail_in == 0) return out;
      if (inflateReset(&stream) != Z_OK) refuse_damaged(file, "gzip", "cannot go on");
      continue;
    }
    if (state == Z_BUF_ERROR) refuse_damaged(file, "gzip", "it ends too early");
    if (state != Z_OK)
      refuse_damaged(file, "gzip", stream.msg == nullptr ? "no such data" : stream.msg);
  }
}
#endif

#if ASSAY_HAVE_ZSTD
std::string unzstd(const std::string& bytes, const std::string& file) {
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                             ZSTD_freeDStream);
  if (!stream) refuse_damaged(file, "zstd", "cannot be started");
  std::string out, block(block_size, '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t left = 1;
  while (in.pos < in.size) {
    ZSTD_outBuffer to{block.data(), block.size(), 0};
    left = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(left) != 0) refuse_damaged(file, "zstd", ZSTD_getErrorName(left));
    out.append(block, 0, to.pos);
    check_length(out, file);
  }
  // What was read whole may still have to be written out.
  while (left != 0) {
    ZSTD_outBuffer to{block.data(), block.size(), 0};
    left = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(left) != 0) refuse_damaged(file, "zstd", ZSTD_getErrorName(left));
    if (to.pos == 0) break;
    out.append(block, 0, to.pos);
    check_length(out, file);
  }
  if (left != 0) refuse_damaged(file, "zstd", "it ends too early");
  return out;
}
#endif

}  // namespace

Unpacked unpack(std::string bytes, const std::string& file) {
  const std::string_view view = bytes;
  if (view.starts_with("\x1f\x8b")) {
#if ASSAY_HAVE_ZLIB
    return {gunzip(bytes, file), "gzip"};
#else
    refuse_packing(file, "gzip");
#endif
  }
  if (view.starts_with("\x28\xb5\x2f\xfd")) {
#if ASSAY_HAVE_ZSTD
    return {unzstd(bytes, file), "zstd"};
#else
    refuse_packing(file, "zstd");
#endif
  }
  if (view.starts_with("BZh")) refuse_packing(file, "bzip2");
  if (view.starts_with(std::string_view("\xfd"
                                        "7zXZ",
                                        5)))
    refuse_packing(file, "xz");
  return {std::move(bytes), ""};
}

}  // namespace assay::import
