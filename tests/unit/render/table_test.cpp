#include "reports/render/table.hpp"

#include <gtest/gtest.h>

namespace assay::render {
namespace {

Table two_rows() {
  Table table{.id = "t", .caption = "Times", .columns = {{"path", ""}, {"time", "s"}}};
  table.add({"tcp", Cell::quantity(1.23456789e-6, "s")});
  table.add({"=cmd()", Cell()});
  return table;
}

TEST(Table, CsvHoldsFullNumbersWithUnitsInTheHeader) {
  EXPECT_EQ(to_csv(two_rows()), "path,time [s]\ntcp,1.23456789e-06\n'=cmd(),\n");
}

TEST(Table, HtmlShowsRoundedNumbersAndSaysWhatIsLeftOut) {
  pugi::xml_document document;
  Node body = add(document.root(), "body");
  add_table(body, two_rows(), 1);
  const std::string html = to_html(document);
  EXPECT_NE(html.find("1.23 µs"), std::string::npos) << html;
  EXPECT_EQ(html.find("=cmd()"), std::string::npos);
  EXPECT_NE(html.find("The first 1 of 2 rows"), std::string::npos);
}

TEST(Table, MarkdownEscapesWhatHasAMeaningThere) {
  Table table{.id = "t", .caption = "c", .columns = {{"a|b", ""}}};
  table.add({"<img src=x> [link](javascript:1) | `x`"});
  const std::string markdown = to_markdown(table);
  EXPECT_NE(markdown.find("a\\|b"), std::string::npos);
  EXPECT_NE(markdown.find("&lt;img"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("\\[link\\]"), std::string::npos) << markdown;
}

}  // namespace
}  // namespace assay::render
