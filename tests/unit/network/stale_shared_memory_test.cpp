#include "probes/network/transport/stale_shared_memory.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/temporary_folder.hpp"

namespace assay::network {
namespace {

/// The PID of a process that has ended and was reaped.
pid_t dead_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

TEST(Sweep, OnlyFilesOfOurOwnDeadProcessesGo) {
  const test::TemporaryFolder directory;
  const std::string user = ":" + std::to_string(getuid()) + ":";
  const std::string dead = std::to_string(dead_process()), alive = std::to_string(getpid());
  const std::string stale = dead + user + "0",
                    stays[] = {alive + user + "0", dead + ":4000000000:0", "sem.something", dead,
                               dead + ":",         "x" + dead + user};
  for (const std::string& name : stays) std::ofstream(directory / name) << "x";
  std::ofstream(directory / stale) << "x";
  EXPECT_EQ(remove_stale_shared_memory(directory.path()), 1);
  EXPECT_FALSE(std::filesystem::exists(directory / stale));
  for (const std::string& name : stays)
    EXPECT_TRUE(std::filesystem::exists(directory / name)) << name;
}

TEST(Sweep, AMissingDirectoryIsNothingToSweep) {
  EXPECT_EQ(remove_stale_shared_memory("/nonexistent/place"), 0);
}

}  // namespace
}  // namespace assay::network
