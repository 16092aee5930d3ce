#include "reports/render/html.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

namespace assay::render {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct CodePoint {
  char32_t value;
  std::size_t length;
  bool valid;
};

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0U) == 0x80U;
}

/// Decodes one code point; an invalid byte is one invalid code point of length 1.
CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {0, 1, false};
  char32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte(i))) return {0, 1, false};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool valid =
      value >= smallest[length] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  return {value, valid ? length : 1, valid};
}

bool is_bidirectional_mark(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool is_noncharacter(char32_t c) {
  return (c & 0xFFFEU) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
}

bool is_hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF ||
         is_bidirectional_mark(c) || is_noncharacter(c);
}

bool is_void_element(std::string_view name) {
  constexpr std::array<std::string_view, 7> names{"meta", "link",  "br", "hr",
                                                  "img",  "input", "col"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// HTML knows "<p/>" only for void elements (and inside SVG): an empty text makes it "<p></p>".
void close_empty_elements(Node node) {
  if (std::string_view(node.name()) == "svg") return;
  for (Node child : node.children())
    if (child.type() == pugi::node_element) {
      if (!child.first_child() && !is_void_element(child.name()))
        child.append_child(pugi::node_pcdata).set_value("");
      else
        close_empty_elements(child);
    }
}

void add_cdata(Node parent, const char* open, const std::string& source, const char* close) {
  assert(source.find("]]>") == std::string::npos);
  parent.append_child(pugi::node_pcdata).set_value(open);
  parent.append_child(pugi::node_cdata).set_value(source.c_str());
  if (*close != '\0') parent.append_child(pugi::node_pcdata).set_value(close);
}

struct StringWriter final : pugi::xml_writer {
  std::string text;
  void write(const void* data, std::size_t size) override {
    text.append(static_cast<const char*>(data), size);
  }
};

}  // namespace

std::string displayable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = decode(text);
    if (c.valid && (c.value == '\n' || c.value == '\t' || c.value == '\r'))
      out += ' ';
    else if (!c.valid || is_hidden(c.value))
      out += replacement;
    else
      out.append(text.substr(0, c.length));
    text.remove_prefix(c.length);
  }
  return out;
}

void set(Node node, const char* attribute, std::string_view value) {
  pugi::xml_attribute existing = node.attribute(attribute);
  if (!existing) existing = node.append_attribute(attribute);
  existing.set_value(displayable(value).c_str());
}

Node add(Node parent, const char* name, Attributes attributes) {
  Node node = parent.append_child(name);
  for (const auto& [key, value] : attributes) set(node, key, value);
  return node;
}

Node add(Node parent, const char* name, Attributes attributes, std::string_view text) {
  Node node = add(parent, name, attributes);
  add_text(node, text);
  return node;
}

Node add_text(Node parent, std::string_view text) {
  parent.append_child(pugi::node_pcdata).set_value(displayable(text).c_str());
  return parent;
}

void add_style_source(Node style, std::string_view source) {
  add_cdata(style, "/*", "*/" + std::string(source) + "/*", "*/");
}

void add_script_source(Node script, std::string_view source) {
  add_cdata(script, "//", "\n" + std::string(source) + "//", "");
}

std::string to_html(const pugi::xml_document& document) {
  for (Node child : document.children()) close_empty_elements(child);
  StringWriter writer;
  writer.text = "<!DOCTYPE html>\n";
  document.save(writer, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(writer.text);
}

std::string slug(std::string_view text) {
  // An id and a file name stay short, whatever name a run brings.
  constexpr std::size_t longest = 80;
  std::string out;
  for (const char c : text) {
    if (out.size() >= longest) break;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter)
      out += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "x" : out;
}

}  // namespace assay::render
