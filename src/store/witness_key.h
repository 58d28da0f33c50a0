// The key of a witness: `witness.pem` (PKCS#8, 0600) in the folder of its state, made on first
// use. It cosigns and nothing else: what a cosignature signs names no cosigner, so one key serves
// one witness. Thread rule: any thread. Errors: those of key_files.h.
// Does not protect: see key_files.h.
#pragma once

#include <sys/types.h>

#include "base/dir.h"
#include "base/entropy.h"
#include "base/result.h"
#include "crypto/sign.h"
#include "store/key_files.h"

namespace bailey::store {

[[nodiscard]] Result<KeyFile<crypto::SigningKey>> witness_key(const Dir& state, uid_t owner,
                                                              Entropy& entropy);

}  // namespace bailey::store
