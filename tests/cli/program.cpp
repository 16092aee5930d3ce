#include "tests/cli/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "probes/core/file_descriptor.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void become(const std::vector<std::string>& command, const fs::path& folder) {
  setpgid(0, 0);
  const auto send_to = [&](int stream, const char* name) {
    const int file = open((folder / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    dup2(file, stream);
  };
  send_to(STDOUT_FILENO, ".stdout");
  send_to(STDERR_FILENO, ".stderr");
  if (chdir(folder.c_str()) != 0) _exit(126);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(127);
}

}  // namespace

Running::Running(const std::vector<std::string>& command, const fs::path& folder)
    : folder_(folder), pid_(fork()) {
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) become(command, folder);
  setpgid(pid_, pid_);  // Both sides: whoever comes first.
}

Running::~Running() {
  if (ended_) return;
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Running::send_to_group(int signal) const {
  kill(-pid_, signal);
}

Ended Running::wait(Seconds limit) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(limit.value());
  Ended ended;
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      ended.timed_out = true;
      kill(-pid_, SIGKILL);
      waitpid(pid_, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ended_ = true;
  if (!ended.timed_out && WIFEXITED(status)) ended.exit_status = WEXITSTATUS(status);
  ended.output = read_text(folder_ / ".stdout");
  ended.errors = read_text(folder_ / ".stderr");
  return ended;
}

bool Running::left_processes() const {
  int status = 0;
  pid_t child = 0;
  while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
  }
  return child == 0 || kill(-pid_, 0) == 0;
}

Ended run_command(const std::vector<std::string>& command, const fs::path& folder, Seconds limit) {
  return Running(command, folder).wait(limit);
}

Ended run_assay(const std::vector<std::string>& arguments, const fs::path& folder, Seconds limit) {
  std::vector<std::string> command = {ASSAY_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_command(command, folder, limit);
}

namespace {

/// Of the program that would be run now, which changes with every build, and of how.
std::string stamp_of_run(const std::vector<std::string>& arguments) {
  struct stat status {};
  if (stat(ASSAY_PROGRAM, &status) != 0)
    throw std::runtime_error(std::string("not built: ") + ASSAY_PROGRAM);
  std::string stamp = std::to_string(status.st_mtim.tv_sec) + "." +
                      std::to_string(status.st_mtim.tv_nsec) + " " + std::to_string(status.st_size);
  for (const std::string& argument : arguments) stamp += " " + argument;
  return stamp;
}

fs::path make_finished_run() {
  const fs::path folder = fs::path(ASSAY_BUILD_DIR) / "tests" / "finished_run";
  fs::create_directories(folder);
  // Tests run side by side, each in a process of its own.
  const FileDescriptor lock(open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.get() < 0 || flock(lock.get(), LOCK_EX) != 0)
    throw std::runtime_error("no lock in " + folder.string());
  std::vector<std::string> arguments = {"run", "--output", "run"};
  for (const auto* options : {&quick_options, &miniature_options})
    arguments.insert(arguments.end(), options->begin(), options->end());
  const std::string stamp = stamp_of_run(arguments);
  if (read_text(folder / "made_by") == stamp) return folder / "run";
  fs::remove(folder / "made_by");
  fs::remove_all(folder / "run");
  const Ended ended = run_assay(arguments, folder);
  // 3: a validity check of the machine failed, which other tests beside it do.
  if (ended.exit_status != 0 && ended.exit_status != 3)
    throw std::runtime_error("the run for the tests ended with exit " +
                             std::to_string(ended.exit_status) + ": " + ended.errors);
  std::ofstream(folder / "made_by") << stamp;
  return folder / "run";
}

}  // namespace

const fs::path& finished_run() {
  static const fs::path run = make_finished_run();
  return run;
}

void copy_finished_run(const fs::path& folder) {
  fs::copy(finished_run(), folder / "run", fs::copy_options::recursive);
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::size_t count_rows(const fs::path& csv) {
  const std::string text = read_text(csv);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return lines == 0 ? 0 : lines - 1;
}

std::vector<fs::path> run_directories(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().filename() == "run.json") found.push_back(entry.path().parent_path());
  return found;
}

bool is_installed(const std::string& program) {
  std::istringstream folders(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
  return false;
}

}  // namespace assay::test
