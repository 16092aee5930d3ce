#include "probes/network/launch/row_pipe.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "probes/core/errors.hpp"

namespace assay::network {

namespace {

class Writer {
 public:
  template <class T>
  void value(T v) {
    out.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  void text(std::string_view t) {
    value(static_cast<std::uint32_t>(t.size()));
    out.append(t);
  }
  std::string out;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  template <class T>
  T value() {
    T v;
    std::memcpy(&v, take(sizeof v).data(), sizeof v);
    return v;
  }
  std::string_view text() { return take(value<std::uint32_t>()); }

 private:
  std::string_view take(std::size_t count) {
    if (count > in_.size()) throw RunError("a damaged message from a rank");
    const std::string_view taken = in_.substr(0, count);
    in_.remove_prefix(count);
    return taken;
  }
  std::string_view in_;
};

}  // namespace

std::string encode(const Record& record) {
  Writer writer;
  writer.value(record.status);
  for (const Column& column : measurement_columns()) {
    if (column.text) writer.text(record.*column.text);
    if (column.count) writer.value(record.*column.count);
    if (column.number) writer.value(record.*column.number);
  }
  writer.value(static_cast<std::uint64_t>(record.values.size()));
  for (const double v : record.values) writer.value(v);
  return std::move(writer.out);
}

Record decode_record(std::string_view payload) {
  Reader reader(payload);
  Record record;
  record.status = reader.value<Status>();
  for (const Column& column : measurement_columns()) {
    if (column.text) record.*column.text = InternedString(reader.text());
    if (column.count) record.*column.count = reader.value<std::int64_t>();
    if (column.number) record.*column.number = reader.value<double>();
  }
  const auto count = reader.value<std::uint64_t>();
  for (std::uint64_t i = 0; i < count; ++i) record.values.push_back(reader.value<double>());
  return record;
}

std::string encode(const Failure& failure) {
  Writer writer;
  writer.value(failure.kind);
  writer.value(failure.rank);
  writer.value(failure.first_hand);
  writer.text(failure.message);
  return std::move(writer.out);
}

Failure decode_failure(std::string_view payload) {
  Reader reader(payload);
  Failure failure;
  failure.kind = reader.value<Failure::Kind>();
  failure.rank = reader.value<int>();
  failure.first_hand = reader.value<bool>();
  failure.message = reader.text();
  return failure;
}

Failure current_failure() {
  using Kind = Failure::Kind;
  try {
    throw;
  } catch (const PeerLost& e) {
    return {Kind::peer_lost, e.rank(), false, e.what()};
  } catch (const TimedOut& e) {
    return {Kind::timed_out, -1, false, e.what()};
  } catch (const Interrupted& e) {
    return {Kind::interrupted, -1, false, e.what()};
  } catch (const UsageError& e) {
    return {Kind::usage, -1, false, e.what()};
  } catch (const RunError& e) {
    return {Kind::run, -1, false, e.what()};
  } catch (const std::exception& e) {
    return {Kind::other, -1, false, e.what()};
  } catch (...) {
    return {Kind::other, -1, false, "an unknown exception"};
  }
}

std::optional<Failure> root_cause(const std::vector<Failure>& failures) {
  for (const Failure& failure : failures)
    if (failure.first_hand) return failure;
  // A rank's peer_lost only repeats what its supervisor told it; interrupted may only mean "stop".
  using Kind = Failure::Kind;
  for (const Kind kind :
       {Kind::usage, Kind::run, Kind::other, Kind::timed_out, Kind::peer_lost, Kind::interrupted})
    for (const Failure& failure : failures)
      if (failure.kind == kind) return failure;
  return std::nullopt;
}

void throw_failure(const Failure& failure) {
  switch (failure.kind) {
    case Failure::Kind::peer_lost:
      throw PeerLost(failure.rank, failure.message);
    case Failure::Kind::timed_out:
      throw TimedOut(failure.message);
    case Failure::Kind::interrupted:
      throw Interrupted();
    case Failure::Kind::usage:
      throw UsageError(failure.message);
    case Failure::Kind::run:
      throw RunError(failure.message);
    case Failure::Kind::other:
      break;
  }
  throw std::runtime_error(failure.message);
}

void append_message(std::string& bytes, MessageType type, std::string_view payload) {
  bytes.push_back(static_cast<char>(type));
  const auto length = static_cast<std::uint32_t>(payload.size());
  bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
  bytes.append(payload);
}

bool write_message(int file, MessageType type, std::string_view payload) {
  std::string bytes;
  append_message(bytes, type, payload);
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = write(file, bytes.data() + sent, bytes.size() - sent);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

std::optional<PipeMessage> MessageReader::next() {
  constexpr std::size_t head = 1 + sizeof(std::uint32_t);
  const std::string_view rest = std::string_view(buffer_).substr(consumed_);
  if (rest.size() < head) return std::nullopt;
  std::uint32_t length = 0;
  std::memcpy(&length, rest.data() + 1, sizeof length);
  if (rest.size() < head + length) return std::nullopt;
  PipeMessage message{static_cast<MessageType>(rest[0]), std::string(rest.substr(head, length))};
  consumed_ += head + length;
  if (consumed_ == buffer_.size() || consumed_ > (1U << 20)) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  return message;
}

}  // namespace assay::network
