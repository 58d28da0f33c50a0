/* The C interface from plain C: c_caller VKEY RECEIPT PROOF ENTRY
 *
 * Prints one line a check and ends with 0 when each went as it must. Compiled as C11 by the
 * build, so that the header is C and the library can be linked to without C++. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bailey/bailey_verify.h"

static int wrong = 0;

static void expect(const char* what, int wanted, int got, const char* code) {
  printf("%s: %d %s\n", what, got, code);
  if (wanted != got) wrong = 1;
}

static char* content(const char* path, size_t* length) {
  FILE* file = fopen(path, "rb");
  char* bytes = malloc(1 << 20);
  if (file == NULL || bytes == NULL) exit(3);
  *length = fread(bytes, 1, 1 << 20, file);
  fclose(file);
  return bytes;
}

int main(int argc, char** argv) {
  bailey_verify_report report;
  bailey_verify_trust trust;
  bailey_verifier* verifier = NULL;
  const char* keys[1];
  size_t receipt_length, proof_length, entry_length;
  char *receipt, *proof, *entry;
  if (argc != 5) return 3;
  receipt = content(argv[2], &receipt_length);
  proof = content(argv[3], &proof_length);
  entry = content(argv[4], &entry_length);

  if (bailey_verify_api_version() != BAILEY_VERIFY_API_VERSION) wrong = 1;
  memset(&report, 0, sizeof report);
  report.struct_size = sizeof report;
  memset(&trust, 0, sizeof trust);
  trust.struct_size = sizeof trust;
  expect("no key", 2, bailey_verifier_open(&trust, &verifier, &report), report.result.code);
  if (verifier != NULL) wrong = 1;
  expect("no verifier", 2, bailey_verifier_receipt(NULL, receipt, receipt_length, &report),
         report.result.code);
  keys[0] = argv[1];
  trust.vkeys = keys;
  trust.vkey_count = 1;
  expect("open", 0, bailey_verifier_open(&trust, &verifier, &report), report.result.code);
  expect("receipt", 0, bailey_verifier_receipt(verifier, receipt, receipt_length, &report),
         report.result.code);
  expect("no report", 0, bailey_verifier_receipt(verifier, receipt, receipt_length, NULL), "");
  expect("proof", 0,
         bailey_verifier_proof(verifier, proof, proof_length, entry, entry_length, &report),
         report.result.code);
  entry[entry_length / 2] ^= 1;
  expect("changed entry", 1,
         bailey_verifier_proof(verifier, proof, proof_length, entry, entry_length, &report),
         report.result.code);
  if (strcmp(report.result.code, "proof.inclusion") != 0) wrong = 1;
  {
    /* A caller of an older version: nothing is written past what it has. */
    bailey_verify_report old;
    const unsigned char* room = (const unsigned char*)&old;
    size_t i, small = sizeof(size_t) + sizeof(bailey_verify_result);
    memset(&old, 0xA5, sizeof old);
    old.struct_size = small;
    expect("older caller", 0, bailey_verifier_receipt(verifier, receipt, receipt_length, &old), "");
    for (i = small; i < sizeof old; ++i) {
      if (room[i] != 0xA5) wrong = 1;
    }
  }
  receipt[receipt_length / 2] ^= 1;
  expect("changed receipt", 1, bailey_verifier_receipt(verifier, receipt, receipt_length, &report),
         report.result.code);
  bailey_verifier_close(verifier);
  bailey_verifier_close(NULL);
  free(receipt);
  free(proof);
  free(entry);
  return wrong;
}
