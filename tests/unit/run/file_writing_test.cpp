#include "probes/run/file_writing.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"
#include "tests/temporary_folder.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FileWriting : public testing::Test {
 protected:
  void put(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }
  std::string text_of(const fs::path& file) { return read_text_file(file, "a file"); }
  /// The message of the FileError that `body` throws.
  template <class Body>
  std::string error_of(const Body& body) {
    try {
      body();
    } catch (const FileError& error) {
      return error.what();
    }
    return "no error";
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }
  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(FileWriting, ReplacesAFileWholeAndLeavesNothingBeside) {
  put(folder_ / "page", "old");
  write_text_file(folder_ / "page", "new");
  EXPECT_EQ(text_of(folder_ / "page"), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileWriting, KeepsTheModeOfWhatItReplaces) {
  put(folder_ / "page", "old");
  fs::permissions(folder_ / "page", fs::perms(0640));
  write_text_file(folder_ / "page", "new");
  EXPECT_EQ(fs::status(folder_ / "page").permissions(), fs::perms(0640));
  write_text_file(folder_ / "run.json", "{}", Links::refuse, Readers::owner_only);
  EXPECT_EQ(fs::status(folder_ / "run.json").permissions(), fs::perms(0600));
}

TEST_F(FileWriting, FollowsALinkThatTheUserNamedAndRefusesOneThatLiesThere) {
  put(folder_ / "target", "old");
  fs::create_symlink("target", folder_ / "link");
  write_text_file(folder_ / "link", "new", Links::follow);
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(text_of(folder_ / "target"), "new");
  EXPECT_THAT(error_of([&] { write_text_file(folder_ / "link", "evil", Links::refuse); }),
              HasSubstr("it is a symbolic link"));
  EXPECT_EQ(text_of(folder_ / "target"), "new");
}

TEST_F(FileWriting, LinksInACircleAreAnError) {
  fs::create_symlink("b", folder_ / "a");
  fs::create_symlink("a", folder_ / "b");
  EXPECT_THAT(error_of([&] { write_text_file(folder_ / "a", "x", Links::follow); }),
              HasSubstr("round in a circle"));
}

TEST_F(FileWriting, ALaidLinkUnderAGuessedNameIsNotWrittenThrough) {
  put(folder_ / "victim", "precious");
  fs::create_symlink("victim", folder_ / "page.new");
  write_text_file(folder_ / "page", "new");
  EXPECT_EQ(text_of(folder_ / "victim"), "precious");
}

TEST_F(FileWriting, WritesIntoAFifoThatSomebodyReads) {
  const fs::path fifo = folder_ / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  // More than a pipe holds at once.
  const std::string text(300'000, 'x');
  std::string got;
  std::thread reader([&] {
    std::ifstream in(fifo);
    got.assign(std::istreambuf_iterator<char>(in), {});
  });
  write_text_file(fifo, text, Links::follow);
  reader.join();
  EXPECT_EQ(got, text);
  EXPECT_TRUE(fs::is_fifo(fifo));
}

TEST_F(FileWriting, AFifoThatNobodyReadsIsGivenUpAndStaysOne) {
  const fs::path fifo = folder_ / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { write_text_file(fifo, "x", Links::follow); }),
              HasSubstr("nobody opened it to read"));
  EXPECT_TRUE(fs::is_fifo(fifo));
}

TEST_F(FileWriting, DevicesAreWrittenIntoAndStay) {
  write_text_file("/dev/null", "x", Links::follow);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THAT(error_of([] { write_text_file("/dev/full", "x", Links::follow); }),
              HasSubstr("No space left on device"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(FileWriting, ADirectoryIsRefused) {
  EXPECT_THAT(error_of([&] { write_text_file(folder_, "x", Links::follow); }),
              HasSubstr("it is a directory"));
  EXPECT_THAT(error_of([&] { write_text_file(folder_ / "", "x", Links::follow); }),
              HasSubstr("it is a directory"));
}

TEST_F(FileWriting, AnOutputIsNeverAnInputWhateverItsName) {
  put(folder_ / "input", "data");
  fs::create_symlink("input", folder_ / "soft");
  fs::create_hard_link(folder_ / "input", folder_ / "hard");
  for (const char* name : {"input", "soft", "hard", "./input"}) {
    OutputFiles files;
    files.add(folder_ / "other", "page", Links::follow);
    files.add(folder_ / name, "page", Links::follow);
    EXPECT_THAT(error_of([&] { files.write({folder_ / "input"}); }),
                HasSubstr("this command reads"))
        << name;
    EXPECT_FALSE(fs::exists(folder_ / "other")) << "nothing is written before all is checked";
  }
  EXPECT_EQ(text_of(folder_ / "input"), "data");
}

TEST_F(FileWriting, TwoOutputsAreNotOneFile) {
  OutputFiles files;
  files.add(folder_ / "page", "a", Links::follow);
  files.add(folder_ / "x/../page", "b", Links::follow);
  EXPECT_THAT(error_of([&] { files.write({}); }), HasSubstr("two outputs"));
  EXPECT_EQ(entries(), 0u);
}

TEST_F(FileWriting, AppendingGoesOnBehindTheEndAndThroughNoLink) {
  {
    AppendedFile file(folder_ / "rows", Readers::as_umask);
    file.write("a\n");
  }
  AppendedFile file(folder_ / "rows", Readers::as_umask);
  EXPECT_EQ(file.size(), 2u);
  EXPECT_TRUE(file.ends_with("a\n"));
  file.write("b\n");
  EXPECT_EQ(text_of(folder_ / "rows"), "a\nb\n");
  file.cut(2);
  EXPECT_EQ(text_of(folder_ / "rows"), "a\n");
  fs::create_symlink("rows", folder_ / "link");
  EXPECT_THAT(error_of([&] { AppendedFile(folder_ / "link", Readers::as_umask); }),
              HasSubstr("it is a symbolic link"));
}

/// The message of the InputError that reading `path` throws.
std::string reading_error(const fs::path& path, std::uint64_t most = most_bytes_of_log) {
  try {
    (void)read_text_file(path, "a price list", most);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(FileWriting, OnlyRegularFilesAreRead) {
  EXPECT_THAT(reading_error(folder_ / "none"), HasSubstr("cannot be read: No such file"));
  EXPECT_THAT(reading_error(folder_), HasSubstr("is a directory; expected a price list"));
  EXPECT_THAT(reading_error("/dev/zero"), HasSubstr("is a device"));
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(reading_error(folder_ / "fifo"), HasSubstr("is a FIFO"));
  put(folder_ / "large", std::string(100, 'x'));
  EXPECT_THAT(reading_error(folder_ / "large", 99),
              HasSubstr("has 100 bytes; expected a price list of at most 99 bytes"));
  EXPECT_EQ(read_text_file(folder_ / "large", "", 100).size(), 100u);
  EXPECT_EQ(read_text_file_if_there(folder_ / "none", ""), std::nullopt);
  EXPECT_FALSE(read_text_file("/proc/self/status", "").empty()) << "says that it has no bytes";
}

}  // namespace
}  // namespace assay
