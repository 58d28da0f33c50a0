// The functions behind the command table; each lives in the file of its noun.
#pragma once

#include "cli/table.h"

namespace bailey::cli {

int run_command(Invocation& in);
int learn_command(Invocation& in);
int init_command(Invocation& in);
int policy_check(Invocation& in);
int policy_show(Invocation& in);
int policy_explain(Invocation& in);
int policy_test(Invocation& in);
int policy_diff(Invocation& in);
int policy_suggest(Invocation& in);
int level_show(Invocation& in);
int level_set(Invocation& in);
int level_reset(Invocation& in);
int kill_on(Invocation& in);
int kill_off(Invocation& in);
int kill_status(Invocation& in);
int approve_list(Invocation& in);
int approve_show(Invocation& in);
int approve_grant(Invocation& in);
int approve_deny(Invocation& in);
int doctor(Invocation& in);
int log_tail(Invocation& in);
int log_show(Invocation& in);
int log_verify(Invocation& in);
int log_fsck(Invocation& in);
int log_search(Invocation& in);
int log_prove(Invocation& in);
int log_checkpoint(Invocation& in);
int log_export(Invocation& in);
int log_re_anchor(Invocation& in);
int log_witness(Invocation& in);
int witness_serve(Invocation& in);
int log_prune(Invocation& in);
int log_metrics(Invocation& in);
int key_generate(Invocation& in);
int key_list(Invocation& in);
int key_show(Invocation& in);
int key_rotate(Invocation& in);
int key_revoke(Invocation& in);
int key_archive(Invocation& in);
int key_import(Invocation& in);
int key_recover(Invocation& in);
int key_export(Invocation& in);
int version_command(Invocation& in);
int help_command(Invocation& in);

}  // namespace bailey::cli
