#include "reports/render/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "probes/core/version.hpp"
#include "reports/render/assets.hpp"

namespace assay::render {

namespace {

/// Nothing may be loaded or run but what the page itself brings.
std::string content_policy(Assets assets) {
  const bool inlined = assets == Assets::inlined;
  return fmt::format(
      "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
      inlined ? fmt::format("'sha256-{}'", asset::style_sha256) : "'self'",
      inlined ? fmt::format("'sha256-{}'", asset::script_sha256) : "'self'");
}

void add_head(Node html, std::string_view title, Assets assets) {
  Node head = add(html, "head");
  add(head, "meta", {{"charset", "utf-8"}});
  add(head, "meta",
      {{"http-equiv", "Content-Security-Policy"}, {"content", content_policy(assets)}});
  add(head, "meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  add(head, "meta", {{"name", "generator"}, {"content", fmt::format("assay {}", build::version)}});
  add(head, "title", {}, title);
  if (assets == Assets::inlined)
    add_style_source(add(head, "style"), asset::style);
  else
    add(head, "link", {{"rel", "stylesheet"}, {"href", "report.css"}});
  Node script = add(head, "script");
  if (assets == Assets::inlined) {
    add_script_source(script, asset::script);
  } else {
    set(script, "src", "report.js");
    set(script, "defer", "defer");
  }
}

}  // namespace

Page::Page(std::string_view title, Assets assets) {
  Node html = add(document_.root(), "html", {{"lang", "en"}});
  add_head(html, title, assets);
  body_ = add(html, "body");
  add(body_, "a", {{"class", "skip"}, {"href", "#decision"}}, "Skip to the decision");
  header_ = add(body_, "header", {{"class", "top"}});
  add(header_, "p", {{"class", "brand"}}, "Assay");
  add(header_, "h1", {}, title);
  Node nav = add(body_, "nav", {{"aria-label", "Contents"}});
  contents_ = add(nav, "ol");
  main_ = add(body_, "main");
}

std::string Page::unique_id(std::string_view wanted) {
  const std::string base = slug(wanted);
  std::string id = base;
  for (int i = 2; std::find(ids_.begin(), ids_.end(), id) != ids_.end(); ++i)
    id = fmt::format("{}-{}", base, i);
  ids_.push_back(id);
  return id;
}

Node Page::add_section(std::string_view id, std::string_view title) {
  const std::string anchor = unique_id(id);
  ++sections_;
  Node entry = add(contents_, "li");
  add(entry, "a", {{"href", "#" + anchor}}, title);
  Node section = add(main_, "section", {{"id", anchor}, {"aria-labelledby", anchor + "-h"}});
  Node heading = add(section, "h2", {{"id", anchor + "-h"}});
  add(heading, "span", {{"class", "number"}}, fmt::format("{} ", sections_));
  add_text(heading, title);
  return section;
}

Node Page::add_figure_group(Node section) {
  return add(section, "div", {{"class", "figures"}});
}

void Page::add_figure(Node parent, Figure figure, const std::function<Node(Node)>& draw) {
  const std::string id = unique_id(figure.title);
  Node element = add(parent, "figure", {{"id", id}});
  if (figure.wide) set(element, "class", "wide");
  Node caption = add(element, "figcaption");
  add(caption, "h3", {}, figure.title);
  add(caption, "p", {{"class", "reading"}}, figure.reading);
  Node svg = draw(element);
  drawings_.emplace_back(id, svg);
  set(svg, "aria-labelledby", fmt::format("{}-t {}-d", id, id));
  Node description = svg.prepend_child("desc");
  set(description, "id", id + "-d");
  add_text(description, figure.description);
  Node title = svg.prepend_child("title");
  set(title, "id", id + "-t");
  add_text(title, figure.title);
  if (figure.data.columns.empty()) return;
  if (figure.data.id.empty()) figure.data.id = id;
  if (figure.data.caption.empty()) figure.data.caption = figure.title;
  add_folded_table(element, "Data of this chart", std::move(figure.data));
}

std::vector<Page::Chart> Page::charts() const {
  std::vector<Chart> list;
  for (const auto& [id, drawing] : drawings_) {
    std::ostringstream text;
    drawing.print(text, "", pugi::format_raw, pugi::encoding_utf8);
    list.push_back({id, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text.str() + "\n"});
  }
  return list;
}

void Page::add_table(Node parent, Table table, std::size_t most_rows) {
  table.id = unique_id("table-" + (table.id.empty() ? table.caption : table.id)).substr(6);
  render::add_table(parent, table, most_rows);
  tables_.push_back(std::move(table));
}

void Page::add_folded_table(Node parent, std::string_view summary, Table table,
                            std::size_t most_rows) {
  Node details = add(parent, "details");
  add(details, "summary", {},
      fmt::format("{} ({} row{})", summary, table.rows.size(), table.rows.size() == 1 ? "" : "s"));
  add_table(details, std::move(table), most_rows);
  folded_.push_back({details, tables_.size() - 1, most_rows});
}

void Page::keep_below(std::size_t bytes) {
  for (const std::size_t rows : {16U, 12U, 8U, 5U, 3U}) {
    if (html().size() <= bytes) return;
    for (Folded& folded : folded_) {
      if (std::min(folded.rows, tables_[folded.table].rows.size()) <= rows) continue;
      folded.rows = rows;
      // The summary stays.
      while (folded.details.last_child() != folded.details.first_child())
        folded.details.remove_child(folded.details.last_child());
      render::add_table(folded.details, tables_[folded.table], rows);
    }
  }
}

}  // namespace assay::render
