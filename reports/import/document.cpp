#include "reports/import/document.hpp"

#include <fmt/format.h>

#include <utility>

#include "probes/run/file_reading.hpp"
#include "reports/import/json.hpp"

namespace assay::import {

namespace {

const char* const expected_text = "the text of a measurement log";

std::string bytes_of(const std::filesystem::path& path) {
  const std::string file = path.string();
  // What is no regular file is refused here: a FIFO would block, a device would not end.
  const OpenFile opened = open_regular_file(path, "a run directory or a measurement log");
  if (opened.size > longest_document)
    throw InputError(file, 0, "", "is longer than 64 MiB", expected_text);
  return read_text_file(path, expected_text, longest_document);
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

/// PowerShell's redirection writes UTF-16.
std::string from_utf16(std::string_view bytes, bool big_endian, const std::string& file) {
  if (bytes.size() % 2 != 0)
    throw InputError(file, 0, "", "is UTF-16 that ends within a character", expected_text);
  const auto unit_at = [&](std::size_t i) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto second = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<char32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    char32_t c = unit_at(i);
    if (c >= 0xD800 && c < 0xDC00 && i + 2 < bytes.size()) {
      const char32_t low = unit_at(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    append_utf8(text, c);
  }
  return text;
}

std::string to_utf8(std::string bytes, const std::string& file, std::vector<std::string>& notes) {
  const std::string_view view = bytes;
  if (view.starts_with("\xEF\xBB\xBF")) {
    notes.emplace_back("byte order mark");
    return bytes.substr(3);
  }
  if (view.starts_with("\xFF\xFE") || view.starts_with("\xFE\xFF")) {
    notes.emplace_back("UTF-16");
    return from_utf16(view.substr(2), view.front() == '\xFE', file);
  }
  // Without a mark: ASCII as UTF-16 has a zero in every other byte.
  if (view.size() >= 4 && view[1] == '\0' && view[3] == '\0' && view[0] != '\0') {
    notes.emplace_back("UTF-16");
    return from_utf16(view, false, file);
  }
  if (view.size() >= 4 && view[0] == '\0' && view[2] == '\0' && view[1] != '\0') {
    notes.emplace_back("UTF-16");
    return from_utf16(view, true, file);
  }
  return bytes;
}

/// "\x1b[1;32m" and its kin, and titles of windows: "\x1b]0;text\a".
void drop_colour_codes(std::string& line) {
  std::string kept;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b' && i + 1 < line.size() && line[i + 1] == '[') {
      i += 2;
      while (i < line.size() && (line[i] < '@' || line[i] > '~')) ++i;
      continue;
    }
    if (line[i] == '\x1b' && i + 1 < line.size() && line[i + 1] == ']') {
      const std::size_t end = line.find_first_of("\a\x1b", i + 2);
      // Ended by a bell or by "\x1b\"; one that is not ended at all stays, and is refused.
      if (end != std::string::npos) {
        i = line[end] == '\a' ? end : end + 1;
        continue;
      }
    }
    kept += line[i];
  }
  line = std::move(kept);
}

void add_line(Document& document, std::size_t number, std::string_view text) {
  // A lone carriage return starts the line again, as progress bars do.
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\r', start), text.size());
    std::string part(text.substr(start, end - start));
    start = end + 1;
    if (part.find('\x1b') != std::string::npos) drop_colour_codes(part);
    part.erase(part.find_last_not_of(" \t") + 1);
    if (!part.empty() || end == text.size()) document.lines.push_back({number, std::move(part)});
  }
}

void split(Document& document, const std::string& text) {
  // Before there was "\n" there was "\r".
  const char end_of_line =
      text.find('\n') == std::string::npos && text.find('\r') != std::string::npos ? '\r' : '\n';
  document.ends_with_newline = text.empty() || text.back() == end_of_line;
  std::size_t number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(end_of_line, start), text.size());
    std::string_view line = std::string_view(text).substr(start, end - start);
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number;
    if (line.find('\0') != std::string_view::npos)
      throw InputError(document.file, number, "", "holds a zero byte", expected_text);
    add_line(document, number, line);
    start = end + 1;
  }
}

}  // namespace

Document decode(std::string bytes, const std::string& file) {
  Document document{.file = file};
  Unpacked unpacked = unpack(std::move(bytes), file);
  if (!unpacked.packing.empty()) document.notes.push_back(unpacked.packing);
  split(document, to_utf8(std::move(unpacked.bytes), file, document.notes));
  if (std::string taken = take_off_launcher_prefixes(document.lines); !taken.empty())
    document.notes.push_back(std::move(taken));
  find_json(document);
  return document;
}

Document read_document(const std::filesystem::path& path) {
  return decode(bytes_of(path), path.string());
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < line.size();) {
    const std::size_t start = line.find_first_not_of(" \t", i);
    if (start == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t", start), line.size());
    words.push_back(line.substr(start, end - start));
    i = end;
  }
  return words;
}

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& c : low)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return low;
}

}  // namespace assay::import
