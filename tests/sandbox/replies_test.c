/* replies_test.c - answers say what was there when they were made: they are rendered when
 * the lock is free, while others change what they tell of. The thread sanitizer sees each
 * value that an answer still shares with its account; the address sanitizer those that
 * are freed meanwhile. */
#include <pthread.h>

#include "close_ask.h"
#include "copper_ask.h"

#define ROUNDS 300

/* What is done ROUNDS times in a thread: 0, or the status of an answer that was not good. */
typedef int turn(struct asker *asker, const char *path, int round);

struct work {
	struct asker asker; /* the thread's own, but for the sandbox */
	const char *path;
	turn *turn;
	int failed;
};

static void *run(void *context)
{
	struct work *work = context;

	for (int i = 0; i < ROUNDS && !work->failed; i++) {
		work->asker.arena = arena_new();
		work->failed = work->turn(&work->asker, work->path, i);
		arena_free(work->asker.arena);
	}
	return NULL;
}

/* Writes and reads `path` at the same time. */
static void at_once(const struct asker *asker, const char *path, turn *write, turn *read)
{
	struct work reading = { .asker = *asker, .path = path, .turn = read };
	struct work writing = { .asker = *asker, .path = path, .turn = write };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, run, &reading), 0);
	run(&writing);
	pthread_join(thread, NULL);
	assert_int_equal(reading.failed, 0);
	assert_int_equal(writing.failed, 0);
}

static void limit(struct asker *asker, const char *vendor, const char *limits)
{
	assert_status(ask(asker, "PATCH",
			  arena_printf(asker->arena, "/_sandbox/accounts/%s/default/settings",
				       vendor),
			  arena_printf(asker->arena, "{\"limits\":%s}", limits)),
		      200);
}

static int failure_of(const struct answer *answer)
{
	return answer->status == 200 && answer->json ? 0 : answer->status ? answer->status : -1;
}

/* --- Copper's definitions of fields --- */

static int edit_definition(struct asker *asker, const char *path, int round)
{
	struct answer a = call(asker, "PUT", path,
			       arena_printf(asker->arena,
					    "{\"name\":\"Fit %d\",\"options\":[{\"name\":\"%d\"}]}",
					    round, round));

	return failure_of(&a);
}

static int read_definitions(struct asker *asker, const char *path, int round)
{
	struct answer a = call(asker, "GET", round % 2 ? path : "/custom_field_definitions", NULL);

	return failure_of(&a);
}

static void a_definition_is_read_while_it_is_edited(void **state)
{
	struct asker *asker = *state;
	int64_t id;

	limit(asker, "copper", "{\"minute\":100000}");
	id = add(asker, "/custom_field_definitions",
		 "{\"name\":\"Fit\",\"data_type\":\"Dropdown\",\"available_on\":"
		 "[\"lead\"],\"options\":[{\"name\":\"High\"}]}");
	at_once(asker,
		arena_printf(asker->arena, "/custom_field_definitions/%lld", (long long)id),
		edit_definition, read_definitions);
}

/* --- LeadSquared's requests that are answered first --- */

static struct answer lsq(struct asker *asker, const char *method, const char *path,
			 const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };

	request.url = arena_printf(asker->arena, "/leadsquared%s", path);
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Content-Type", "application/json");
	http_header_add(&request.headers, "x-LSQ-AccessKey", "u$r5a4d1ead5a4d1ead5a4d1ead5a4d1ead");
	http_header_add(&request.headers, "x-LSQ-SecretKey",
			"5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4");
	http_header_add(&request.headers, "x-api-key", "sandboxLeadSquaredAsyncKey0123456789abcd");
	return send_request(asker, &request);
}

static int settle_request(struct asker *asker, const char *path, int round)
{
	struct answer a;

	(void)path;
	if (round != ROUNDS / 2)
		return 0;
	a = ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":1000}");
	return failure_of(&a);
}

static int read_request(struct asker *asker, const char *path, int round)
{
	struct answer a = lsq(asker, "GET", path, NULL);

	(void)round;
	return failure_of(&a);
}

static void a_request_is_asked_for_while_it_is_done(void **state)
{
	struct asker *asker = *state;
	struct answer a = lsq(asker, "POST", "/lead/capture",
			      "[{\"Attribute\":\"EmailAddress\",\"Value\":\"ann@acme.test\"}]");
	const char *path = arena_printf(asker->arena, "/lead/status?RequestId=%s",
					text_at(&a, "$.RequestID"));

	limit(asker, "leadsquared", "{\"calls\":100000,\"bulk\":100000}");
	at_once(asker, path, settle_request, read_request);
	a = lsq(asker, "GET", path, NULL);
	assert_text_at(a, "$.Status", "Success");
}

/* --- Close's events, several changes put together --- */

static int edit_lead(struct asker *asker, const char *path, int round)
{
	static const char *const members[] = { "name", "url", "description" };
	struct answer a = api(asker, "PUT", path,
			      arena_printf(asker->arena, "{\"%s\":\"%d\"}",
					   members[round % ARRAY_LEN(members)], round));

	return failure_of(&a);
}

static int read_events(struct asker *asker, const char *path, int round)
{
	struct answer a = api(asker, "GET", "/event/", NULL);

	(void)path;
	(void)round;
	return failure_of(&a);
}

static void events_are_read_while_they_grow(void **state)
{
	struct asker *asker = *state;
	const char *id = made(asker, "/lead/", "{\"name\":\"Acme\"}");

	limit(asker, "close", "{\"organization\":100000,\"lead.write\":100000,\"other\":100000}");
	at_once(asker, arena_printf(asker->arena, "/lead/%s/", id), edit_lead, read_events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_definition_is_read_while_it_is_edited),
		TEST(a_request_is_asked_for_while_it_is_done),
		TEST(events_are_read_while_they_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
