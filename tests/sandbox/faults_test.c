/* faults_test.c - every vendor has words for every fault, at every operation, whoever asks. */
#include "ask.h"

#include "sandbox/vendor.h"

static const char *const faults[] = {
	"\"fault\":\"rate_limit\"",
	"\"fault\":\"status\",\"status\":500",
	"\"fault\":\"status\",\"status\":503,\"when\":\"after\"",
	"\"fault\":\"html\"",
	"\"fault\":\"expired_token\"",
	"\"fault\":\"revoked_token\"",
	"\"fault\":\"forbidden\"",
	"\"fault\":\"locked\"",
};

/* "/a/{b}/{*}" as an address. */
static const char *address_of(struct arena *arena, const struct sb_vendor *vendor,
			      const char *pattern)
{
	char *address = arena_printf(arena, "/%s%s", vendor->name, pattern), *out = address;

	for (const char *at = address; *at; at++)
		if (*at != '{' && *at != '}' && *at != '*')
			*out++ = *at;
	*out = '\0';
	return address;
}

static void strike(struct asker *asker, const struct sb_vendor *vendor, const char *method,
		   const char *address)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct answer answer;

		assert_status(ask(asker, "POST", "/_sandbox/faults",
				  arena_printf(asker->arena, "{%s,\"vendor\":\"%s\",\"count\":1}",
					       faults[i], vendor->name)),
			      201);
		answer = ask(asker, method, address, NULL);
		if (answer.status < 200 || answer.status > 599)
			fail_msg("%s %s, %s: %d", method, address, faults[i], answer.status);
		assert_status(ask(asker, "DELETE", "/_sandbox/faults", NULL), 204);
	}
}

/* Nobody has been recognised there: the words must not be looked for in an account. */
static void operations_without_an_account_can_fail(void **state)
{
	struct asker *asker = *state;

	asker->token = NULL;
	for (size_t i = 0; sb_vendors[i]; i++) {
		const struct sb_vendor *vendor = sb_vendors[i];

		for (size_t j = 0; j < vendor->nroutes; j++) {
			const struct sb_route *route = &vendor->routes[j];

			if (route->flags & SB_PUBLIC)
				strike(asker, vendor,
				       *route->method == '*' ? "GET" : route->method,
				       address_of(asker->arena, vendor, route->pattern));
		}
		strike(asker, vendor, "GET",
		       arena_printf(asker->arena, "/%s/none/such", vendor->name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(operations_without_an_account_can_fail, asker_setup,
						asker_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
