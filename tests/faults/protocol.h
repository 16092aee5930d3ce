#pragma once
/* What a test and the preloaded fail_call.c say to each other, over two pipes. */

enum fault_call {
  FAULT_READ,
  FAULT_PREAD,
  FAULT_WRITE,
  FAULT_WRITEV,
  FAULT_OPEN,
  FAULT_OPENAT,
  FAULT_RENAME,
  FAULT_FSYNC,
  FAULT_MMAP,
  FAULT_FTRUNCATE,
  FAULT_CLOSE,
  FAULT_MALLOC,
  FAULT_THREAD,
  FAULT_FORK,
  FAULT_CALLS
};

/* Besides the numbers of errno. */
enum { FAULT_SHORT = -1, FAULT_KILL = -2 };

/* Far from the descriptors that the program opens itself. */
enum { FAULT_REQUESTS = 700, FAULT_ANSWERS = 701 };

struct fault_request {
  int call;   /* -1: none fails */
  long at;    /* the n-th call, from 1 */
  int action; /* an errno, or one of the above */
  int limit_ms;
};

struct fault_answer {
  int status; /* as waitpid gives it */
  int timed_out;
  int fired;
  long counts[FAULT_CALLS];
};
