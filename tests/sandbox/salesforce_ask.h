/* salesforce_ask.h - requests to the sandbox's Salesforce. */
#ifndef TESTS_SANDBOX_SALESFORCE_ASK_H
#define TESTS_SANDBOX_SALESFORCE_ASK_H

#include "ask.h"

#define VERSION "/services/data/v66.0"
#define SF_ACCOUNT "/_sandbox/accounts/salesforce/default"

static inline int salesforce_setup(void **state)
{
	int rc = asker_setup(state);
	struct asker *asker = *state;

	asker->base = "/salesforce";
	asker->token = "00D5g-sandbox-default";
	return rc;
}

static inline struct answer call(struct asker *asker, const char *method, const char *path,
				 const char *body)
{
	return ask(asker, method, arena_printf(asker->arena, VERSION "%s", path), body);
}

static inline void set_account(struct asker *asker, const char *settings)
{
	struct answer a = ask(asker, "PATCH", SF_ACCOUNT "/settings", settings);

	assert_status(a, 200);
}

static inline void set_switch(struct asker *asker, const char *name, int value)
{
	set_account(asker, arena_printf(asker->arena, "{\"switches\":{\"%s\":%d}}", name, value));
}

/* Lets the sandbox's time pass. */
static inline void pass(struct asker *asker, int ms)
{
	struct answer a = ask(asker, "POST", "/_sandbox/clock",
			      arena_printf(asker->arena, "{\"step_ms\":%d}", ms));

	assert_status(a, 200);
}

/* A lead that is created; gives its id. */
static inline const char *lead(struct asker *asker, const char *email)
{
	struct answer a = call(asker, "POST", "/sobjects/Lead",
			       arena_printf(asker->arena,
					    "{\"LastName\":\"North\",\"Company\":\"N Ltd\","
					    "\"Email\":\"%s\"}", email));

	assert_status(a, 201);
	return text_at(&a, "$.id");
}

static inline const char *lead_path(struct asker *asker, const char *id)
{
	return arena_printf(asker->arena, "/sobjects/Lead/%s", id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, salesforce_setup, asker_teardown)

#endif
