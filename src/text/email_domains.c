/* email_domains.c - what is known about mail domains and mailboxes. Threads: pure. */
#include "text/email_domains.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "text/edits.h"

/* These tables are in order of the alphabet. */
static const char *const roles[] = {
	"abuse", "accounts", "admin", "admission", "admissions", "billing", "booking",
	"bookings", "careers", "contact", "contactus", "customercare", "customerservice",
	"director", "enquiries", "enquiry", "feedback", "finance", "hello", "help",
	"helpdesk", "hostmaster", "hr", "info", "inquiries", "inquiry", "it", "jobs",
	"kontakt", "legal", "mail", "mailer-daemon", "management", "manager", "marketing",
	"media", "newsletter", "no-reply", "noreply", "office", "operations", "orders",
	"postmaster", "press", "procurement", "purchase", "purchasing", "reception",
	"recruitment", "root", "sale", "sales", "security", "service", "services", "support",
	"team", "tech", "webmaster", "welcome",
};

/* The providers, with what their local parts hold; in order of the alphabet. */
static const struct provider {
	const char *domain;
	enum provider_rule rule;
} providers[] = {
	{ "126.com", PROVIDER_NONE },
	{ "163.com", PROVIDER_NONE },
	{ "aim.com", PROVIDER_NONE },
	{ "aol.com", PROVIDER_NONE },
	{ "att.net", PROVIDER_NONE },
	{ "bigpond.com", PROVIDER_NONE },
	{ "btinternet.com", PROVIDER_NONE },
	{ "comcast.net", PROVIDER_NONE },
	{ "email.com", PROVIDER_NONE },
	{ "fastmail.com", PROVIDER_PLUS },
	{ "fastmail.fm", PROVIDER_PLUS },
	{ "free.fr", PROVIDER_NONE },
	{ "gmail.com", PROVIDER_GMAIL },
	{ "gmx.com", PROVIDER_NONE },
	{ "gmx.de", PROVIDER_NONE },
	{ "gmx.net", PROVIDER_NONE },
	{ "googlemail.com", PROVIDER_GMAIL },
	{ "hey.com", PROVIDER_NONE },
	{ "hotmail.co.uk", PROVIDER_PLUS },
	{ "hotmail.com", PROVIDER_PLUS },
	{ "hotmail.de", PROVIDER_PLUS },
	{ "hotmail.es", PROVIDER_PLUS },
	{ "hotmail.fr", PROVIDER_PLUS },
	{ "hotmail.it", PROVIDER_PLUS },
	{ "hushmail.com", PROVIDER_NONE },
	{ "icloud.com", PROVIDER_PLUS },
	{ "in.com", PROVIDER_NONE },
	{ "laposte.net", PROVIDER_NONE },
	{ "libero.it", PROVIDER_NONE },
	{ "live.co.uk", PROVIDER_PLUS },
	{ "live.com", PROVIDER_PLUS },
	{ "live.in", PROVIDER_PLUS },
	{ "mac.com", PROVIDER_PLUS },
	{ "mail.com", PROVIDER_NONE },
	{ "mail.ru", PROVIDER_NONE },
	{ "me.com", PROVIDER_PLUS },
	{ "msn.com", PROVIDER_PLUS },
	{ "naver.com", PROVIDER_NONE },
	{ "orange.fr", PROVIDER_NONE },
	{ "outlook.com", PROVIDER_PLUS },
	{ "outlook.de", PROVIDER_PLUS },
	{ "outlook.fr", PROVIDER_PLUS },
	{ "outlook.in", PROVIDER_PLUS },
	{ "pm.me", PROVIDER_PLUS },
	{ "proton.me", PROVIDER_PLUS },
	{ "protonmail.com", PROVIDER_PLUS },
	{ "qq.com", PROVIDER_NONE },
	{ "rediffmail.com", PROVIDER_NONE },
	{ "rocketmail.com", PROVIDER_NONE },
	{ "sbcglobal.net", PROVIDER_NONE },
	{ "sify.com", PROVIDER_NONE },
	{ "t-online.de", PROVIDER_NONE },
	{ "verizon.net", PROVIDER_NONE },
	{ "wanadoo.fr", PROVIDER_NONE },
	{ "web.de", PROVIDER_NONE },
	{ "yahoo.ca", PROVIDER_MINUS },
	{ "yahoo.co.in", PROVIDER_MINUS },
	{ "yahoo.co.uk", PROVIDER_MINUS },
	{ "yahoo.com", PROVIDER_MINUS },
	{ "yahoo.com.au", PROVIDER_MINUS },
	{ "yahoo.com.br", PROVIDER_MINUS },
	{ "yahoo.com.sg", PROVIDER_MINUS },
	{ "yahoo.de", PROVIDER_MINUS },
	{ "yahoo.es", PROVIDER_MINUS },
	{ "yahoo.fr", PROVIDER_MINUS },
	{ "yahoo.in", PROVIDER_MINUS },
	{ "yahoo.it", PROVIDER_MINUS },
	{ "yandex.com", PROVIDER_PLUS },
	{ "yandex.ru", PROVIDER_PLUS },
	{ "ymail.com", PROVIDER_NONE },
	{ "zoho.com", PROVIDER_PLUS },
	{ "zohomail.in", PROVIDER_PLUS },
};

/* The providers that people mean when they mistype. */
static const char *const meant[] = {
	"gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com",
	"yahoo.co.in", "yahoo.co.uk", "yahoo.in", "rediffmail.com",
	"protonmail.com", "hotmail.co.uk",
};

static const char *const disposable[] = {
	"10minutemail.com", "dispostable.com", "emailondeck.com", "fakeinbox.com",
	"getairmail.com", "getnada.com", "guerrillamail.com", "guerrillamail.net",
	"guerrillamail.org", "mailcatch.com", "maildrop.cc", "mailinator.com", "mailnesia.com",
	"mintemail.com", "moakt.com", "mohmal.com", "mytemp.email", "sharklasers.com",
	"spamgourmet.com", "temp-mail.org", "tempmail.com", "tempmailo.com", "tempr.email",
	"throwawaymail.com", "trashmail.com", "trashmail.de", "yopmail.com", "yopmail.fr",
};

/* Slips that are more than one edit away, or that end in a real top-level domain. */
static const struct {
	const char *typed, *meant;
} slips[] = {
	{ "gamil.con", "gmail.com" },	{ "gmai.con", "gmail.com" },
	{ "gmail.cim", "gmail.com" },	{ "gmail.co", "gmail.com" },
	{ "gmail.co.in", "gmail.com" }, { "gmail.com.com", "gmail.com" },
	{ "gmail.comm", "gmail.com" },	{ "gmail.in", "gmail.com" },
	{ "gmail.net", "gmail.com" },	{ "gmail.org", "gmail.com" },
	{ "gmaill.con", "gmail.com" },	{ "gmial.con", "gmail.com" },
	{ "gnail.con", "gmail.com" },	{ "gmsil.con", "gmail.com" },
	{ "hotmail.co", "hotmail.com" }, { "hotmial.con", "hotmail.com" },
	{ "outlook.co", "outlook.com" }, { "rediff.com", "rediffmail.com" },
	{ "yaho.co.in", "yahoo.co.in" }, { "yaho.con", "yahoo.com" },
	{ "yahoo.co", "yahoo.com" },	{ "yahoo.con.in", "yahoo.co.in" },
	{ "yahoo.com.in", "yahoo.co.in" }, { "yhaoo.con", "yahoo.com" },
};

/* Companies that are one edit from a provider. */
static const char *const neighbours[] = { "cloud.com", "gail.com" };

static int compare_word(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element);
}

/* Whether it is in a table in order of the alphabet. */
static bool is_among(const char *word, const char *const *words, size_t count)
{
	return bsearch(word, words, count, sizeof(*words), compare_word) != NULL;
}

static int compare_domain(const void *key, const void *element)
{
	return strcmp(key, ((const struct provider *)element)->domain);
}

static const struct provider *provider_find(const char *domain)
{
	return bsearch(domain, providers, ARRAY_LEN(providers), sizeof(*providers),
		       compare_domain);
}

bool mailbox_is_role(const char *local, size_t len)
{
	char word[32];

	if (len >= sizeof(word))
		return false;
	memcpy(word, local, len);
	word[len] = '\0';
	return is_among(word, roles, ARRAY_LEN(roles));
}

bool domain_is_free(const char *domain)
{
	return provider_find(domain) != NULL;
}

bool domain_is_disposable(const char *domain)
{
	return is_among(domain, disposable, ARRAY_LEN(disposable));
}

enum provider_rule domain_rule(const char *domain)
{
	const struct provider *provider = provider_find(domain);

	return provider ? provider->rule : PROVIDER_NONE;
}

const char *domain_meant(const char *domain)
{
	if (provider_find(domain) || is_among(domain, neighbours, ARRAY_LEN(neighbours)))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(slips); i++)
		if (text_equal(slips[i].typed, domain))
			return slips[i].meant;
	for (size_t i = 0; i < ARRAY_LEN(meant); i++)
		if (edits_is_one(domain, meant[i]))
			return meant[i];
	return NULL;
}
