/* The offline verifier for C and for everything that can call C.
 *
 * Every function returns 0 good, 1 failed, 2 usage (keys), 3 could not complete, and
 * never throws or keeps a pointer. `result` may be null. Texts in it are UTF-8, cut to
 * fit, and end in NUL; `message` may hold text of the input. Any thread. */
#ifndef BAILEY_VERIFY_H
#define BAILEY_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BAILEY_VERIFY_API_VERSION 1

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

#ifdef __cplusplus
}
#endif
#endif
