/* act: one forbidden thing, tried once, on a target that may be harmed.
 *
 *   act NAME [ARG...]
 *
 * Prints one line that says what came of it and exits 0 when the thing happened, 1 when
 * it was refused, 2 when it could not even be tried (then nothing was learned), 3 when
 * only somebody who looks later, from outside, can tell. The programs know nothing of
 * who might refuse: they do what a careless or hostile agent would do, with ordinary
 * system calls. Every one of them succeeds on a plain Linux login. All amounts are
 * bounded by their arguments, and every process made ends by itself within seconds. */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kHappened = 0, kRefused = 1, kNotTried = 2, kLeft = 3 };

/* Prints the line and returns `result`. */
static inline int tell(int result, const char* format, ...) {
  va_list list;
  va_start(list, format);
  vprintf(format, list);
  va_end(list);
  putchar('\n');
  fflush(stdout);
  return result;
}

/* Refused, with the reason that the kernel gave. */
static inline int refused(const char* what) {
  return tell(kRefused, "%s: %s", what, strerrorname_np(errno));
}

/* reach.c */
int act_tcp(char** args);     /* ADDRESS PORT TOKEN */
int act_udp(char** args);     /* ADDRESS PORT TOKEN */
int act_unix(char** args);    /* PATH TOKEN; a leading @ means the abstract namespace */
int act_resolve(char** args); /* ADDRESS PORT TOKEN: a DNS question with the token in it */
/* touch.c */
int act_signal(char** args);  /* PID */
int act_ptrace(char** args);  /* PID */
int act_type(char** args);    /* types a character into a terminal (TIOCSTI) */
int act_unshare(char** args); /* new user, mount and network namespaces */
int act_mount(char** args);   /* DIRECTORY: mounts a tmpfs there, in a namespace of its own */
int act_raise(char** args);   /* lifts the limit of open files above what was given */
int act_setuid(char** args);  /* FILE: leaves it setuid */
int act_outlive(char** args); /* FILE SECONDS: a daemon that keeps writing to FILE */
/* fill.c */
int act_processes(char** args); /* COUNT */
int act_memory(char** args);    /* MEBIBYTES */
int act_disk(char** args);      /* FILE MEBIBYTES */
