#pragma once
/// @file
/// The page: one document tree, its sections, figures and tables.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/render/html.hpp"
#include "reports/render/table.hpp"

namespace assay::render {

/// What surrounds a chart. `reading` is the one sentence to take away; `description` tells a screen
/// reader what the picture shows; `data` is the chart in numbers.
struct Figure {
  std::string title;
  std::string reading;
  std::string description;
  Table data = {};
  bool wide = false;  ///< Takes the whole width of the page.
};

enum class Assets {
  inlined,  ///< Style and script inside the page, allowed by their hashes.
  beside,   ///< As report.css and report.js, for servers whose policy forbids inline code.
};

class Page {
 public:
  Page(std::string_view title, Assets assets);

  [[nodiscard]] Node header() { return header_; }
  /// A numbered section; it also stands in the page's contents.
  Node add_section(std::string_view id, std::string_view title);
  /// Figures of one group stand side by side where there is room.
  static Node add_figure_group(Node section);
  /// `draw` appends the <svg> to the node it is given and returns it.
  void add_figure(Node parent, Figure figure, const std::function<Node(Node)>& draw);
  /// A table that stands on its own.
  void add_table(Node parent, Table table, std::size_t most_rows = 24);
  /// A table that is folded away under `summary`.
  void add_folded_table(Node parent, std::string_view summary, Table table,
                        std::size_t most_rows = 24);

  /// Shortens the folded tables, all alike, until the page is at most that long or they cannot be
  /// shorter; the CSV files keep every row.
  void keep_below(std::size_t bytes);

  /// Every table of the page, for CSV files.
  [[nodiscard]] const std::vector<Table>& tables() const { return tables_; }
  /// Every figure's drawing as a file of its own: the figure's id, and SVG with its XML declaration.
  struct Chart {
    std::string id, svg;
  };
  [[nodiscard]] std::vector<Chart> charts() const;
  [[nodiscard]] std::string html() const { return to_html(document_); }
  [[nodiscard]] Node body() { return body_; }

 private:
  std::string unique_id(std::string_view wanted);

  pugi::xml_document document_;
  Node body_, header_, contents_, main_;
  std::vector<Table> tables_;
  /// A folded table and the element that holds it.
  struct Folded {
    Node details;
    std::size_t table, rows;
  };
  std::vector<Folded> folded_;
  std::vector<std::pair<std::string, Node>> drawings_;
  std::vector<std::string> ids_;
  int sections_ = 0;
};

}  // namespace assay::render
