/* The offline verifier for C and for everything that can call C.
 *
 * Every function that verifies returns 0 good, 1 failed, 2 usage (keys), 3 could not
 * complete, and never throws or keeps a pointer that it was given. `result` and `report` may
 * be null. Texts in them are UTF-8, cut to fit, and end in NUL; `message` may hold text of
 * the input. Any thread.
 *
 * What may grow in later versions begins with its own size, which the caller sets; a library
 * never reads or writes past it, and what it does not know is left as it was. Structures
 * without a size never change. */
#ifndef BAILEY_VERIFY_H
#define BAILEY_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAILEY_VERIFY_API_VERSION 2

/* A C name. NOLINTNEXTLINE(readability-identifier-naming) */
typedef struct bailey_verify_result {
  char code[64];      /* stable and dotted, "" when good */
  char message[1024]; /* one sentence */
  char origin[256];   /* of the log */
  char root[65];      /* hex */
  char leaf_hash[65]; /* hex; receipts */
  uint64_t size;      /* of the (newer) checkpoint's tree */
  uint64_t index;     /* receipts */
  uint64_t older_size;
  uint64_t intents, closed, open; /* logs */
} bailey_verify_result;

/* Reads the file `path` (relative to the log's folder) into `buffer`. Returns its
 * length, -1 when there is no such file, -2 when it cannot be read or does not fit. */
typedef int64_t (*bailey_verify_read)(void* context, const char* path, uint8_t* buffer,
                                      size_t capacity);

int bailey_verify_receipt(const char* const* vkeys, size_t vkey_count, const char* receipt,
                          size_t receipt_length, bailey_verify_result* result);
int bailey_verify_checkpoint(const char* const* vkeys, size_t vkey_count, const char* note,
                             size_t note_length, bailey_verify_result* result);
int bailey_verify_extension(const char* const* vkeys, size_t vkey_count, const char* older,
                            size_t older_length, const char* newer, size_t newer_length,
                            const char* proof, size_t proof_length, bailey_verify_result* result);
int bailey_verify_log(const char* const* vkeys, size_t vkey_count, bailey_verify_read read,
                      void* context, bailey_verify_result* result);

/* Since version 2. */

/* What is believed. Zero what is not given; strings need no NUL where a length is. */
/* A C name. NOLINTNEXTLINE(readability-identifier-naming) */
typedef struct bailey_verify_trust {
  size_t struct_size; /* sizeof(bailey_verify_trust) */
  const char* const* vkeys;
  size_t vkey_count;
  const char* policy; /* text of a C2SP tlog-policy file */
  size_t policy_length;
  const char* history; /* text of a history file (spec/key-history.md) */
  size_t history_length;
} bailey_verify_trust;

/* A C name. NOLINTNEXTLINE(readability-identifier-naming) */
typedef struct bailey_verify_report {
  size_t struct_size; /* sizeof(bailey_verify_report) */
  bailey_verify_result result;
  uint64_t from;          /* logs: the first entry that was read */
  uint64_t witness_count; /* whose cosignatures counted */
  uint64_t quorum_met;    /* 1, or 0 when the policy asks none or there is no policy */
  char witnesses[1024];   /* their names in the policy, one a line */
} bailey_verify_report;

/* Keys and policy, read once. Made by bailey_verifier_open, which gives null when it does
 * not return 0, and owned by the caller until bailey_verifier_close. Any number of threads
 * may use one at once; none while it is closed. */
/* A C name. NOLINTNEXTLINE(readability-identifier-naming) */
typedef struct bailey_verifier bailey_verifier;

int bailey_verify_api_version(void); /* of the library that is loaded */
int bailey_verifier_open(const bailey_verify_trust* trust, bailey_verifier** verifier,
                         bailey_verify_report* report);
void bailey_verifier_close(bailey_verifier* verifier); /* null does nothing */

int bailey_verifier_receipt(const bailey_verifier* verifier, const char* receipt,
                            size_t receipt_length, bailey_verify_report* report);
/* A c2sp.org/tlog-proof text and the bytes of the entry that it is of. */
int bailey_verifier_proof(const bailey_verifier* verifier, const char* proof, size_t proof_length,
                          const void* entry, size_t entry_length, bailey_verify_report* report);
int bailey_verifier_checkpoint(const bailey_verifier* verifier, const char* note,
                               size_t note_length, bailey_verify_report* report);
/* Rollback and fork are checkpoint.rollback and checkpoint.fork in `code`. */
int bailey_verifier_extension(const bailey_verifier* verifier, const char* older,
                              size_t older_length, const char* newer, size_t newer_length,
                              const char* proof, size_t proof_length, bailey_verify_report* report);
/* `after`, when it is not null: a checkpoint seen before, from which the log is read on. */
int bailey_verifier_log(const bailey_verifier* verifier, bailey_verify_read read, void* context,
                        const char* after, size_t after_length, bailey_verify_report* report);
/* That the log, which shows `newer`, extends `older`, by its tiles: what a caller who keeps
 * the last checkpoint asks after bailey_verifier_log. */
int bailey_verifier_growth(const bailey_verifier* verifier, bailey_verify_read read, void* context,
                           const char* older, size_t older_length, const char* newer,
                           size_t newer_length, bailey_verify_report* report);

#ifdef __cplusplus
}
#endif
#endif
