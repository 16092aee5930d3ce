#include "probes/run/csv.hpp"
#include "probes/run/file_writing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "probes/core/errors.hpp"
#include "tests/temporary_folder.hpp"

namespace assay {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class CsvTest : public testing::Test {
 protected:
  fs::path write(const std::string& text) {
    const fs::path file = folder_ / "file.csv";
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  /// The message of the InputError that reading `text` as measurements throws.
  std::string error_of(const std::string& text) {
    try {
      (void)csv::read_measurements(write(text));
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }
  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

Record sample_record() {
  Record row;
  row.probe = "memory.bandwidth";
  row.metric = "rate";
  row.unit = "B/s";
  row.host = "node,1 \"x\"";
  row.threads = 4;
  row.bytes = 1 << 20;
  row.level = "L2";
  row.operation = "=cmd()";
  row.session = 2;
  row.rounds = 5;
  row.between_spread = 0.0125;
  return with_samples(row, {1.5, 2.25, 1.0 / 3}, 0.99);
}

TEST_F(CsvTest, RoundTripKeepsEveryCell) {
  Record untrusted = marked_untrusted(sample_record(), "line one\nline two");
  const Record none = without_value(sample_record(), unsupported("no cpu PMU"));
  const fs::path file = write(csv::measurements_header() + csv::measurements_line(sample_record()) +
                              csv::measurements_line(untrusted) + csv::measurements_line(none));
  const std::vector<Record> read = csv::read_measurements(file);
  ASSERT_EQ(read.size(), 3u);
  const Record original = sample_record();
  for (const Column& column : measurement_columns()) {
    if (column.kind == Column::Kind::text) {
      EXPECT_EQ(read[0].*column.text, original.*column.text) << column.name;
    }
    if (column.kind == Column::Kind::count) {
      EXPECT_EQ(read[0].*column.count, original.*column.count) << column.name;
    }
    if (column.kind == Column::Kind::number) {
      EXPECT_EQ(read[0].*column.number, original.*column.number) << column.name;
    }
  }
  EXPECT_EQ(read[1].reason, "line one line two");
  EXPECT_EQ(read[2].status, Status::unsupported);
  EXPECT_TRUE(std::isnan(read[2].median));
}

TEST_F(CsvTest, SchemaTwoIsPinned) {
  EXPECT_EQ(
      csv::measurements_header(),
      "probe,metric,unit,status,reason,host,nodes,ranks,threads,bytes,dtype,isa,level,operation,"
      "provider,algorithm,"
      "topology,scaling,launch,samples,median,ci_low,ci_high,min,max,p05,p95,cpu_wall_ratio,"
      "session,rounds,between_spread\n");
  EXPECT_EQ(csv::models_header(), "model,subject,parameter,unit,value,ci_low,ci_high,label,note\n");
  EXPECT_EQ(csv::samples_header(),
            "probe,metric,unit,host,nodes,ranks,threads,bytes,dtype,isa,level,operation,provider,"
            "algorithm,topology,scaling,"
            "launch,sample,value,session\n");
}

TEST_F(CsvTest, SamplesRoundTrip) {
  const fs::path file = write(csv::samples_header() + csv::samples_lines(sample_record()));
  std::vector<double> values;
  csv::read_samples(file, [&](const Record& key, std::int64_t index, double value) {
    EXPECT_EQ(key.operation, "=cmd()");
    EXPECT_EQ(key.session, 2);
    EXPECT_EQ(index, static_cast<std::int64_t>(values.size()));
    values.push_back(value);
  });
  EXPECT_EQ(values, (std::vector<double>{1.5, 2.25, 1.0 / 3}));
}

TEST_F(CsvTest, NumbersBeyondAnyMeasurementAreRefused) {
  for (const char* number : {"1e300", "inf", "-inf", "nan", "1e41"}) {
    std::string bad = csv::measurements_line(sample_record());
    const std::size_t at = bad.find(",1.5,");
    ASSERT_NE(at, std::string::npos);
    bad.replace(at + 1, 3, number);
    EXPECT_THAT(error_of(csv::measurements_header() + bad),
                HasSubstr(std::string("'") + number + "' is beyond any measurement; expected"));
  }
}

TEST_F(CsvTest, FilesOfSchemaOneAreRead) {
  const std::string key = "memory.bandwidth,rate,B/s,ok,,n1,1,,4,1048576,,,L2,read,,,,,";
  const fs::path file = write(
      "probe,metric,unit,status,reason,host,nodes,ranks,threads,bytes,dtype,isa,level,operation,"
      "provider,algorithm,topology,scaling,launch,samples,median,ci_low,ci_high,min,max,p05,p95,"
      "cpu_wall_ratio\n" +
      key + ",3,1.5,1,2,1,2,1,2,0.5\n");
  const std::vector<Record> read = csv::read_measurements(file);
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].median, 1.5);
  EXPECT_EQ(read[0].cpu_wall_ratio, 0.5);
  EXPECT_EQ(read[0].session, absent_count);
  EXPECT_EQ(read[0].rounds, absent_count);
  EXPECT_TRUE(std::isnan(read[0].between_spread));

  const fs::path samples = write(
      "probe,metric,unit,host,nodes,ranks,threads,bytes,dtype,isa,level,operation,provider,"
      "algorithm,topology,scaling,launch,sample,value\n"
      "memory.bandwidth,rate,B/s,n1,1,,4,1048576,,,L2,read,,,,,,0,1.5\n");
  std::vector<double> values;
  csv::read_samples(samples, [&](const Record& row, std::int64_t, double value) {
    EXPECT_EQ(row.session, absent_count);
    values.push_back(value);
  });
  EXPECT_EQ(values, std::vector<double>{1.5});
}

TEST_F(CsvTest, FormulasAreDefusedInTheFile) {
  for (const char* hostile : {"=cmd()", "+1", "-1", "@x", "\tx"})
    EXPECT_EQ(csv::text_cell(hostile).find('\''), 0u) << hostile;
  EXPECT_EQ(csv::number_cell(-1.5), "-1.5") << "numbers stay numbers";
}

TEST_F(CsvTest, ErrorsNameFileLineColumnAndExpectation) {
  const std::string good = csv::measurements_line(sample_record());
  std::string bad = good;
  bad.replace(bad.find(",4,"), 3, ",four,");
  const std::string message = error_of(csv::measurements_header() + good + bad);
  EXPECT_THAT(
      message,
      HasSubstr("file.csv:3: column threads: 'four' is not a count; expected a whole number"));

  EXPECT_THAT(
      error_of("name,value\nx,1\n"),
      HasSubstr(
          "file.csv:1: column probe: is missing in the header; expected the header probe,metric"));
  EXPECT_THAT(error_of(""), HasSubstr("the file is empty"));
  EXPECT_THAT(error_of(csv::measurements_header() + "a,b,c\n"),
              HasSubstr("file.csv:2: the line has too few columns"));
  EXPECT_THAT(
      error_of(csv::measurements_header() + good.substr(0, good.size() - 1)),
      HasSubstr("file.csv:2: column between_spread: the line ends here without a line end"));
  std::string status = good;
  status.replace(status.find(",ok,"), 4, ",fine,");
  EXPECT_THAT(error_of(csv::measurements_header() + status),
              HasSubstr("column status: 'fine' is not a status"));
}

TEST_F(CsvTest, AFileReadInPartsKeepsItsOrderAndItsLineNumbers) {
  std::vector<Record> rows(40'000, sample_record());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].bytes = static_cast<std::int64_t>(i);
  const fs::path file = folder_ / "long.csv";
  csv::write_measurements(file, rows);
  ASSERT_GT(fs::file_size(file), 4u << 20) << "one part shows nothing";
  const std::vector<Record> read = csv::read_measurements(file);
  ASSERT_EQ(read.size(), rows.size());
  for (std::size_t i = 0; i < read.size(); ++i)
    ASSERT_EQ(read[i].bytes, static_cast<std::int64_t>(i));
  std::string text(fs::file_size(file), ' ');
  std::ifstream(file, std::ios::binary)
      .read(text.data(), static_cast<std::streamsize>(text.size()));
  text.replace(text.rfind(",39998,"), 7, ",39.98,");
  EXPECT_THAT(error_of(text), HasSubstr("file.csv:40000: column bytes: '39.98' is not a count"));
}

TEST_F(CsvTest, AFullDiskIsAnError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_THROW(csv::write_measurements("/dev/full", std::vector<Record>(9000, sample_record())),
               FileError);
}

TEST_F(CsvTest, ATailCutOffByAKillIsDroppedOnRequest) {
  const std::string good = csv::measurements_line(sample_record());
  bool dropped = false;
  EXPECT_EQ(csv::read_measurements(write(csv::measurements_header() + good + good.substr(0, 20)),
                                   &dropped)
                .size(),
            1u);
  EXPECT_TRUE(dropped);
  EXPECT_EQ(csv::read_measurements(write(csv::measurements_header() + good), &dropped).size(), 1u);
  EXPECT_FALSE(dropped);
}

TEST_F(CsvTest, ColumnsOfALaterVersionAreIgnored) {
  std::string header = csv::measurements_header();
  std::string line = csv::measurements_line(sample_record());
  header.insert(header.size() - 1, ",future");
  line.insert(line.size() - 1, ",42");
  EXPECT_EQ(csv::read_measurements(write(header + line)).size(), 1u);
}

TEST_F(CsvTest, AStatusAndItsNumbersMustAgree) {
  Record row = sample_record();
  row.status = Status::skipped;
  row.reason = "why";
  EXPECT_THAT(error_of(csv::measurements_header() + csv::measurements_line(row)),
              HasSubstr("column median: has a number"));
  row.status = Status::ok;
  EXPECT_THAT(error_of(csv::measurements_header() + csv::measurements_line(row)),
              HasSubstr("column reason: is not empty"));
}

TEST_F(CsvTest, ModelsRoundTrip) {
  const ModelRow row{"amdahl", "workload.gradient strong", "serial_fraction", "1", 0.03, 0.02,
                     0.04,     Label::projected,           "a, \"b\""};
  const std::vector<ModelRow> read =
      csv::read_models(write(csv::models_header() + csv::models_line(row)));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].parameter, "serial_fraction");
  EXPECT_EQ(read[0].label, Label::projected);
  EXPECT_EQ(read[0].note, "a, \"b\"");
  EXPECT_EQ(read[0].ci_high, 0.04);
}

}  // namespace
}  // namespace assay
