/* email_domains.h - what is known about mail domains and mailboxes. Private to text/.
 * Threads: pure. */
#ifndef TEXT_EMAIL_DOMAINS_H
#define TEXT_EMAIL_DOMAINS_H

#include <stdbool.h>
#include <stddef.h>

/* What a provider does with parts of the local part. */
enum provider_rule {
	PROVIDER_NONE,
	PROVIDER_GMAIL, /* dots and +tag mean nothing; also known as googlemail.com */
	PROVIDER_PLUS,  /* +tag means nothing */
	PROVIDER_MINUS, /* -tag means nothing */
};

/* All take lower-case ASCII; `local` has `len` bytes. */
bool mailbox_is_role(const char *local, size_t len);
bool domain_is_free(const char *domain);
bool domain_is_disposable(const char *domain);
enum provider_rule domain_rule(const char *domain);

/* The domain that was probably meant, or NULL. Constant. */
const char *domain_meant(const char *domain);

#endif
