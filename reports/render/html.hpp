#pragma once
/// @file
/// Elements and text of the report's document tree (pugixml), and its text form.
///
/// All text of a run is hostile until shown: host names, device names and environment values come
/// from elsewhere. Escaping is pugixml's; this file makes text *displayable* first: bytes that are
/// not UTF-8, control characters, and the marks that reverse reading order become U+FFFD, so that
/// what the reader sees is what the file says. The text form is HTML that is also well-formed XML.

#include <initializer_list>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace assay::render {

using Node = pugi::xml_node;
using Attributes = std::initializer_list<std::pair<const char*, std::string_view>>;

/// UTF-8 without control characters (line breaks and tabs become spaces) and without bidirectional
/// marks.
[[nodiscard]] std::string displayable(std::string_view text);

/// A new last child. Attribute values are made displayable.
Node add(Node parent, const char* name, Attributes attributes = {});
/// The same with a text inside.
Node add(Node parent, const char* name, Attributes attributes, std::string_view text);
/// Appends text to the element. Returns `parent`.
Node add_text(Node parent, std::string_view text);
void set(Node node, const char* attribute, std::string_view value);

/// Style or script source, of which nothing may be escaped: between marks that make it CDATA for
/// XML and a comment for CSS and JavaScript. The hashes of assets.hpp are over exactly this text.
/// @pre no "]]>" in `source`
void add_style_source(Node style, std::string_view source);
void add_script_source(Node script, std::string_view source);

/// "<!DOCTYPE html>" and the tree: void elements closed in their tag, no others.
[[nodiscard]] std::string to_html(const pugi::xml_document& document);

/// For an id or a file name: lower-case letters, digits and hyphens; never empty.
[[nodiscard]] std::string slug(std::string_view text);

}  // namespace assay::render
