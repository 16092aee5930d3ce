/* Preloaded into the program under test: fails the n-th call of one function of libc.
 *
 * The program is loaded once. In place of main it serves requests over two pipes: for each it forks, and the child runs
 * main with one call made to fail (or counts the calls). A program start costs several times what a fork
 * does: so thousands of calls can be tried. Calls are counted over all processes of a run, in memory that they share.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/protocol.h"

struct shared {
  atomic_long counts[FAULT_CALLS];
  atomic_int fired;
};
static struct shared* shared_state;
static struct fault_request request;

#define REAL(name) ((__typeof__(&name))real_address(#name))

static void* real_address(const char* name) {
  return dlsym(RTLD_NEXT, name);
}

/* Whether this call is the one to fail; then errno is set. */
static int fails(enum fault_call call) {
  if (shared_state == NULL) return 0;
  const long number = atomic_fetch_add(&shared_state->counts[call], 1) + 1;
  if (request.call != (int)call || request.at != number) return 0;
  atomic_store(&shared_state->fired, 1);
  if (request.action == FAULT_KILL) {
    /* The program, not only this process of it. */
    kill(0, SIGKILL);
    for (;;) pause();
  }
  if (request.action == FAULT_SHORT) return 2;
  errno = request.action;
  return 1;
}

ssize_t read(int file, void* buffer, size_t size) {
  const int fault = fails(FAULT_READ);
  if (fault == 1) return -1;
  return syscall(SYS_read, file, buffer, fault == 2 && size > 1 ? size / 2 : size);
}
ssize_t pread(int file, void* buffer, size_t size, off_t offset) {
  const int fault = fails(FAULT_PREAD);
  if (fault == 1) return -1;
  return syscall(SYS_pread64, file, buffer, fault == 2 && size > 1 ? size / 2 : size, offset);
}
ssize_t pread64(int file, void* buffer, size_t size, off_t offset) {
  return pread(file, buffer, size, offset);
}
ssize_t write(int file, const void* buffer, size_t size) {
  const int fault = fails(FAULT_WRITE);
  if (fault == 1) return -1;
  return syscall(SYS_write, file, buffer, fault == 2 && size > 1 ? size / 2 : size);
}
ssize_t writev(int file, const struct iovec* parts, int count) {
  const int fault = fails(FAULT_WRITEV);
  if (fault == 1) return -1;
  if (fault == 2 && count > 0)
    return syscall(SYS_write, file, parts->iov_base, parts->iov_len > 1 ? parts->iov_len / 2 : parts->iov_len);
  return syscall(SYS_writev, file, parts, count);
}
static mode_t mode_of(int flags, va_list more) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg(more, int) : 0;
}
int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  if (fails(FAULT_OPEN) == 1) return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return open(path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  if (fails(FAULT_OPENAT) == 1) return -1;
  return (int)syscall(SYS_openat, folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return openat(folder, path, flags, mode);
}
FILE* fopen(const char* path, const char* mode) {
  return fails(FAULT_OPEN) == 1 ? NULL : REAL(fopen)(path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  return fopen(path, mode);
}
int rename(const char* from, const char* to) {
  if (fails(FAULT_RENAME) == 1) return -1;
  return (int)syscall(SYS_rename, from, to);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  if (fails(FAULT_RENAME) == 1) return -1;
  return (int)syscall(SYS_renameat, from_folder, from, to_folder, to);
}
int fsync(int file) {
  if (fails(FAULT_FSYNC) == 1) return -1;
  return (int)syscall(SYS_fsync, file);
}
void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) {
  if (fails(FAULT_MMAP) == 1) return MAP_FAILED;
  return (void*)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}
void* mmap64(void* at, size_t size, int protection, int flags, int file, off_t offset) {
  return mmap(at, size, protection, flags, file, offset);
}
int ftruncate(int file, off_t size) {
  if (fails(FAULT_FTRUNCATE) == 1) return -1;
  return (int)syscall(SYS_ftruncate, file, size);
}
int ftruncate64(int file, off_t size) {
  return ftruncate(file, size);
}
int close(int file) {
  /* As on Linux: the descriptor is closed whatever close says. */
  const int fault = fails(FAULT_CLOSE);
  const int error = errno;
  const int result = (int)syscall(SYS_close, file);
  if (fault != 1) return result;
  errno = error;
  return -1;
}
extern void* __libc_malloc(size_t size);
void* malloc(size_t size) {
  return fails(FAULT_MALLOC) == 1 ? NULL : __libc_malloc(size);
}
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument) {
  if (fails(FAULT_THREAD) == 1) return errno;
  return REAL(pthread_create)(thread, attributes, body, argument);
}
pid_t fork(void) {
  if (fails(FAULT_FORK) == 1) return -1;
  return REAL(fork)();
}

static int whole(ssize_t done, size_t size) {
  return done == (ssize_t)size;
}

/* In the child: standard output and error into the files that the request names, then main. */
static void redirect(int stream, const char* path) {
  const int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || dup2(file, stream) < 0) _exit(126);
  syscall(SYS_close, file);
}

/* Until the child has ended or `limit_ms` have passed; 0 in the second case. */
static int wait_for(pid_t child, int limit_ms, int* status) {
  const int handle = (int)syscall(SYS_pidfd_open, child, 0);
  if (handle >= 0) {
    struct pollfd ended = {.fd = handle, .events = POLLIN};
    while (poll(&ended, 1, limit_ms) < 0 && errno == EINTR) continue;
    syscall(SYS_close, handle);
    return waitpid(child, status, WNOHANG) != 0;
  }
  for (int waited = 0; waitpid(child, status, WNOHANG) == 0; ++waited) {
    if (waited > limit_ms) return 0;
    usleep(1000);
  }
  return 1;
}

typedef int (*main_type)(int, char**, char**);
static main_type real_main;

static int serve(int argc, char** argv, char** environment) {
  const int in = FAULT_REQUESTS, out = FAULT_ANSWERS;
  struct shared* memory =
      (struct shared*)syscall(SYS_mmap, NULL, sizeof *memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  struct fault_request next;
  while (whole(syscall(SYS_read, in, &next, sizeof next), sizeof next)) {
    memset(memory, 0, sizeof *memory);
    const pid_t child = REAL(fork)();
    if (child == 0) {
      setpgid(0, 0);
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      syscall(SYS_close, in);
      syscall(SYS_close, out);
      redirect(1, "stdout");
      redirect(2, "stderr");
      request = next;
      shared_state = memory;
      /* The destructors of a dozen libraries would be half of the time. */
      const int code = real_main(argc, argv, environment);
      fflush(NULL);
      _exit(code);
    }
    setpgid(child, child);
    struct fault_answer answer;
    memset(&answer, 0, sizeof answer);
    answer.status = -1;
    if (!wait_for(child, next.limit_ms, &answer.status)) {
      kill(-child, SIGKILL);
      waitpid(child, &answer.status, 0);
      answer.timed_out = 1;
    }
    kill(-child, SIGKILL);
    for (int i = 0; i < FAULT_CALLS; ++i) answer.counts[i] = atomic_load(&memory->counts[i]);
    answer.fired = atomic_load(&memory->fired);
    if (!whole(syscall(SYS_write, out, &answer, sizeof answer), sizeof answer)) break;
  }
  _exit(0);
}

int __libc_start_main(main_type main, int argc, char** argv, main_type init, void (*fini)(void),
                      void (*rtld_fini)(void), void* stack_end) {
  real_main = main;
  unsetenv("LD_PRELOAD");
  int (*start)(main_type, int, char**, main_type, void (*)(void), void (*)(void), void*) =
      (int (*)(main_type, int, char**, main_type, void (*)(void), void (*)(void), void*))real_address(
          "__libc_start_main");
  return start(fcntl(FAULT_REQUESTS, F_GETFD) >= 0 ? serve : main, argc, argv, init, fini, rtld_fini, stack_end);
}
