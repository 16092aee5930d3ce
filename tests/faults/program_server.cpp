#include "tests/faults/program_server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/paths.hpp"

namespace assay::test {

namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

ProgramServer::ProgramServer(const std::vector<std::string>& arguments,
                             const std::filesystem::path& folder)
    : folder_(folder) {
  int requests[2], answers[2];
  if (pipe2(requests, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0)
    throw std::runtime_error("pipe");
  pid_ = fork();
  if (pid_ == 0) {
    if (dup2(requests[0], FAULT_REQUESTS) < 0 || dup2(answers[1], FAULT_ANSWERS) < 0 ||
        chdir(folder.c_str()) != 0)
      _exit(126);
    setenv("LD_PRELOAD", ASSAY_FAIL_CALL, 1);
    setenv("LD_BIND_NOW", "1", 1);  // or every child would look the same names up again
    std::vector<char*> words{const_cast<char*>(ASSAY_PROGRAM)};
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execv(ASSAY_PROGRAM, words.data());
    _exit(127);
  }
  close(requests[0]);
  close(answers[1]);
  requests_ = requests[1];
  answers_ = answers[0];
  signal(SIGPIPE, SIG_IGN);
}

ProgramServer::~ProgramServer() {
  close(requests_);
  close(answers_);
  waitpid(pid_, nullptr, 0);
}

bool ProgramServer::works() {
  return run().exit_status >= 0;
}

FaultRun ProgramServer::run(int call, long at, int action, int limit_ms) {
  const fault_request request{call, at, action, limit_ms};
  fault_answer answer{};
  FaultRun run;
  if (write(requests_, &request, sizeof request) != static_cast<ssize_t>(sizeof request) ||
      read(answers_, &answer, sizeof answer) != static_cast<ssize_t>(sizeof answer))
    return run;
  run.timed_out = answer.timed_out != 0;
  run.fired = answer.fired != 0;
  if (!run.timed_out && WIFEXITED(answer.status)) run.exit_status = WEXITSTATUS(answer.status);
  if (WIFSIGNALED(answer.status)) run.signal = WTERMSIG(answer.status);
  std::copy(std::begin(answer.counts), std::end(answer.counts), run.counts.begin());
  run.output = content_of(folder_ / "stdout");
  run.errors = content_of(folder_ / "stderr");
  return run;
}

}  // namespace assay::test
