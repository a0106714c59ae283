/* sandbox_show.h - what a sandbox answered, in words for people. Private to cli/.
 * Threads: the main thread. */
#ifndef CLI_SANDBOX_SHOW_H
#define CLI_SANDBOX_SHOW_H

#include "cli/answer.h"

answer_tell_fn show_accounts, show_account, show_settings;
answer_tell_fn show_objects, show_records, show_record, show_schema, show_field;
answer_tell_fn show_ledger, show_summary, show_requests, show_webhooks;
answer_tell_fn show_faults, show_fault, show_clock, show_prospects, show_prospect;
answer_tell_fn show_written, show_changed;
answer_tell_fn show_done; /* of an answer without content */

#endif
