/* config_fault_test.c - what is wrong with a configuration, said where it stands. */
#include "config_support.h"

/* A file with one thing wrong: where, and the sentence that a person reads. */
#define FILE_OF(sections) "{'version':1," sections "}"
#define SOURCE(members) \
	FILE_OF("'sources':[{'name':'website','kind':'form'" members "}]")
#define CONNECTION(members) \
	FILE_OF("'connections':[{'name':'hub','connector':'hubspot'" members "}]")
#define HUB "'connections':[{'name':'hub','connector':'hubspot'},{'name':'sf'," \
	    "'connector':'salesforce'}],"
#define MAPPING(members) \
	FILE_OF(HUB "'mappings':[{'name':'m','connection':'hub','object':'c'" members "}]")
#define LINE(members) MAPPING(",'fields':[{'from':'email','to':'email'},{" members "}]")
/* Mappings a, of the same connection, and b, of another; and what the third is. */
#define CHAIN(members) \
	FILE_OF(HUB "'mappings':[{'name':'a','connection':'hub','object':'c','fields':[]}," \
		    "{'name':'b','connection':'sf','object':'Lead','fields':[]}," \
		    "{'name':'m','connection':'hub','object':'d'," members "}]")
#define RULE(members) FILE_OF("'score':[{'name':'s','points':1" members "}]")
#define WHEN(members) RULE(",'when':{" members "}")
#define SETTINGS(members) FILE_OF("'settings':{" members "}")

static const struct { const char *file, *path, *message; } faults[] = {
	/* the file itself */
	{ "[]", "", "workspace: must hold version and sections such as sources" },
	{ "{}", "", "workspace: version: missing; write version: 1 at the top" },
	{ "{'version':2}", "version", "workspace: version: must be 1: other forms are not "
	  "known" },
	{ "{'version':'1'}", "version", "workspace: version: must be 1: other forms are not "
	  "known" },
	{ FILE_OF("'source':[]"), "source",
	  "workspace: unknown member \"source\"; did you mean \"sources\"?" },
	{ FILE_OF("'sources':{}"), "sources", "workspace: sources: must be a list" },
	{ FILE_OF("'sources':[7]"), "sources[0]", "sources[0]: must hold names and values" },
	{ FILE_OF("'sources':[{'kind':'api'}]"), "sources[0]", "sources[0]: name: missing" },
	{ FILE_OF("'sources':[{'name':5,'kind':'api'}]"), "sources[0].name",
	  "sources[0]: name: must be text: put it in quotes" },
	{ FILE_OF("'syncs':[{'mode':'batch'}]"), "syncs[0]", "syncs[0]: mapping: missing" },
	{ FILE_OF("'settings':[]"), "settings", "settings: must hold names and values" },
	{ FILE_OF("'people':[{'name':'A'},{'name':'B'},{'name':'A'}]"), "people[2]",
	  "people[2] A: there is another person of this name" },

	/* sources */
	{ SOURCE(",'keys':['email','fone']"), "sources[0].keys[1]",
	  "sources[0] website: keys[1]: unknown field \"fone\"; did you mean \"phone\"?" },
	{ SOURCE(",'keys':['city']"), "sources[0].keys[0]",
	  "sources[0] website: keys[0]: \"city\" does not tell persons apart: email, phone, "
	  "enquiry_id or a custom field do" },
	{ SOURCE(",'keys':[]"), "sources[0].keys",
	  "sources[0] website: keys: must name at least one field" },
	{ SOURCE(",'keys':['email','email']"), "sources[0].keys[1]",
	  "sources[0] website: keys[1]: \"email\" stands there twice" },
	{ SOURCE(",'keys':'email'"), "sources[0].keys",
	  "sources[0] website: keys: must be a list, such as [a, b]" },
	{ SOURCE(",'mandatory':['score']"), "sources[0].mandatory[0]",
	  "sources[0] website: mandatory[0]: \"score\" is concluded by Fairlead: no source "
	  "sends it" },
	{ SOURCE(",'mandatory':['custom.']"), "sources[0].mandatory[0]",
	  "sources[0] website: mandatory[0]: unknown field \"custom.\"" },
	{ SOURCE(",'lable':'x'"), "sources[0].lable",
	  "sources[0] website: unknown member \"lable\"; did you mean \"label\"?" },
	{ SOURCE(",'what is this':'x'"), "sources[0]",
	  "sources[0] website: unknown member \"what is this\"" },
	{ SOURCE(",'trust':'publik'"), "sources[0].trust",
	  "sources[0] website: trust: unknown word \"publik\"; did you mean \"public\"?" },
	{ SOURCE(",'trust':'everybody'"), "sources[0].trust",
	  "sources[0] website: trust: must be trusted or public" },
	{ SOURCE(",'behaviour':7"), "sources[0].behaviour",
	  "sources[0] website: behaviour: must be capture, create_only, update_only or none" },
	{ SOURCE(",'default_country':'UK'"), "sources[0].default_country",
	  "sources[0] website: default_country: unknown country \"UK\": two capital letters "
	  "of ISO 3166, such as IN or DE; did you mean \"GB\"?" },
	{ SOURCE(",'default_country':'in'"), "sources[0].default_country",
	  "sources[0] website: default_country: unknown country \"in\": two capital letters "
	  "of ISO 3166, such as IN or DE" },
	{ SOURCE(",'time_zone':'+05:30'"), "sources[0].time_zone",
	  "sources[0] website: time_zone: \"+05:30\" is no time zone: such as Asia/Kolkata or "
	  "UTC" },
	{ SOURCE(",'may_clear':true"), "sources[0].may_clear",
	  "sources[0] website: may_clear: a public source cannot clear a value: anybody may "
	  "write to it" },
	{ SOURCE(",'may_clear':'maybe'"), "sources[0].may_clear",
	  "sources[0] website: may_clear: must be yes or no" },
	{ SOURCE(",'map':{'Tel':'fone'}"), "sources[0].map.Tel",
	  "sources[0] website: map.Tel: unknown field \"fone\"; did you mean \"phone\"?" },
	{ SOURCE(",'map':['x']"), "sources[0].map",
	  "sources[0] website: map: must hold the sender's names and our fields, such as "
	  "{\"Your phone\": phone}" },
	{ SOURCE(",'form':{'origins':['https://x.org','https://x.org/']}"),
	  "sources[0].form.origins[1]",
	  "sources[0] website: form.origins[1]: must be scheme and host alone, in lower case, "
	  "such as https://www.example.org" },
	{ SOURCE(",'form':{'origins':['*']}"), "sources[0].form.origins[0]",
	  "sources[0] website: form.origins[0]: must be scheme and host alone, in lower case, "
	  "such as https://www.example.org" },
	{ SOURCE(",'form':{'thank_you':'/thanks'}"), "sources[0].form.thank_you",
	  "sources[0] website: form.thank_you: must be a whole address, such as "
	  "https://example.org/thanks" },
	{ SOURCE(",'form':{'thank_you':'javascript:alert(1)'}"), "sources[0].form.thank_you",
	  "sources[0] website: form.thank_you: must be a whole address, such as "
	  "https://example.org/thanks" },
	{ SOURCE(",'form':{'honey_pot':'x'}"), "sources[0].form.honey_pot",
	  "sources[0] website: form: unknown member \"honey_pot\"; did you mean \"honeypot\"?" },
	{ SOURCE(",'address':'guessme'"), "sources[0].address",
	  "sources[0] website: address: must be 16 to 64 letters and digits that nobody can "
	  "guess" },
	{ SOURCE(",'label':''"), "sources[0].label",
	  "sources[0] website: label: must not be empty" },
	{ SOURCE(",'label':' x'"), "sources[0].label",
	  "sources[0] website: label: begins or ends with a blank" },
	{ SOURCE(",'label':'a\\nb'"), "sources[0].label",
	  "sources[0] website: label: holds a control character" },
	{ FILE_OF("'sources':[{'name':'a b','kind':'api'}]"), "sources[0].name",
	  "sources[0] a b: name: \"a b\" is no name: letters, digits, \".\", \"_\" and \"-\", "
	  "beginning with a letter or digit" },
	{ FILE_OF("'sources':[{'name':'x'}]"), "sources[0]", "sources[0] x: kind: missing" },
	{ FILE_OF("'sources':[{'name':'x','kind':'file','form':{}}]"), "sources[0].form",
	  "sources[0] x: form: only a source of kind form has a form" },
	{ FILE_OF("'sources':[{'name':'api','kind':'form'}]"), "sources[0]",
	  "sources[0] api: the source \"api\" is there already, of kind api: take another "
	  "name" },

	/* connections */
	{ CONNECTION(",'secret':'abc123'"), "connections[0].secret",
	  "connections[0] hub: secret: must be {env: NAME} or {file: PATH}: a secret itself is "
	  "never written in this file" },
	{ CONNECTION(",'secret':{'env':'A','file':'b'}"), "connections[0].secret",
	  "connections[0] hub: secret: must be either {env: NAME} or {file: PATH}" },
	{ CONNECTION(",'secret':{'token':{'evn':'A'}}"), "connections[0].secret.token.evn",
	  "connections[0] hub: secret.token: unknown member \"evn\"; did you mean \"env\"?" },
	{ CONNECTION(",'secret':{'token':{}}"), "connections[0].secret.token",
	  "connections[0] hub: secret.token: must be either {env: NAME} or {file: PATH}" },
	{ CONNECTION(",'secret':{}"), "connections[0].secret",
	  "connections[0] hub: secret: must name 1 to 8 secrets" },
	{ CONNECTION(",'auth':'oauth'"), "connections[0].auth",
	  "connections[0] hub: auth: unknown word \"oauth\"; did you mean \"oauth2\"?" },
	{ CONNECTION(",'settings':{'auth':{'kind':'magic'}}"),
	  "connections[0].settings.auth.kind",
	  "connections[0] hub: settings.auth.kind: unknown word \"magic\"; did you mean "
	  "\"basic\"?" },
	{ CONNECTION(",'settings':[]"), "connections[0].settings",
	  "connections[0] hub: settings: must hold names and values" },
	{ CONNECTION(",'limits':{'concurrency':0}"), "connections[0].limits.concurrency",
	  "connections[0] hub: limits.concurrency: must be a whole number from 1 to 256" },
	{ CONNECTION(",'limits':{'per_s':10}"), "connections[0].limits",
	  "connections[0] hub: limits: per_s says nothing without calls" },
	{ CONNECTION(",'limits':{'max_age':72}"), "connections[0].limits.max_age",
	  "connections[0] hub: limits.max_age: must be a time such as 90s, 30m, 72h or 3d, at "
	  "most 2160h" },
	{ CONNECTION(",'limits':{'max_age':'91d'}"), "connections[0].limits.max_age",
	  "connections[0] hub: limits.max_age: must be a time such as 90s, 30m, 72h or 3d, at "
	  "most 2160h" },
	{ CONNECTION(",'unset':{'owners':[]}"), "connections[0].unset.owners",
	  "connections[0] hub: unset: unknown member \"owners\"; did you mean \"owner\"?" },
	{ CONNECTION(",'notify':'Ada'"), "connections[0].notify",
	  "connections[0] hub: notify: there is no person \"Ada\"" },

	/* mappings and syncs */
	{ MAPPING(",'fields':[{'to':'a','policy':'newst'}]"), "mappings[0].fields[0].policy",
	  "mappings[0] m: fields[0]: policy: unknown word \"newst\"; did you mean \"newest\"?" },
	{ MAPPING(",'fields':[],'owner':'Adda'"), "mappings[0].owner",
	  "mappings[0] m: owner: there is no person \"Adda\"" },
	{ FILE_OF(HUB "'mappings':[{'name':'m','connection':'hob','object':'c','fields':[]}]"),
	  "mappings[0].connection",
	  "mappings[0] m: connection: there is no connection \"hob\"; did you mean \"hub\"?" },
	{ LINE("'from':'fone','to':'phone'"), "mappings[0].fields[1].from",
	  "mappings[0] m: fields[1].from: unknown field \"fone\"; did you mean \"phone\"?" },
	{ LINE("'from':'phone','to':'email'"), "mappings[0].fields[1]",
	  "mappings[0] m: fields[1]: to: fields[0] writes \"email\" already" },
	{ LINE("'to':'x','direction':'in'"), "mappings[0].fields[1]",
	  "mappings[0] m: fields[1]: from: missing: what is read must go somewhere" },
	{ MAPPING(",'fields':[{'from':'phone','to':'a','direction':'in'},"
		  "{'from':'phone','to':'b','direction':'both'}]"),
	  "mappings[0].fields[1]",
	  "mappings[0] m: fields[1]: from: fields[0] reads \"phone\" already" },
	{ FILE_OF(HUB "'mappings':["
		  "{'name':'a','connection':'hub','object':'c','fields':["
		  "  {'from':'status','to':'s'}]},"
		  "{'name':'b','connection':'sf','object':'Lead','fields':["
		  "  {'from':'email','to':'e'},{'from':'status','to':'Status'}]}]"),
	  "mappings[1].fields[1]",
	  "mappings[1] b: fields[1]: connection \"hub\" owns \"status\" already (mapping "
	  "\"a\"): only one can; give this line another policy" },
	{ CHAIN("'fields':[],'depends_on':'aa'"), "mappings[2].depends_on",
	  "mappings[2] m: depends_on: there is no mapping \"aa\"; did you mean \"a\"?" },
	{ CHAIN("'fields':[],'depends_on':'b'"), "mappings[2].depends_on",
	  "mappings[2] m: depends_on: mapping \"b\" is of connection \"sf\": only a record of "
	  "the same connection can be waited for" },
	{ CHAIN("'fields':[],'depends_on':'m'"), "mappings[2].depends_on",
	  "mappings[2] m: depends_on: each would wait for the other: m -> m" },
	{ FILE_OF(HUB "'mappings':["
		  "{'name':'a','connection':'hub','object':'c','fields':[],'depends_on':'b'},"
		  "{'name':'b','connection':'hub','object':'d','fields':[],'depends_on':'c'},"
		  "{'name':'c','connection':'hub','object':'e','fields':[],'depends_on':'a'}]"),
	  "mappings[0].depends_on",
	  "mappings[0] a: depends_on: each would wait for the other: a -> b -> c -> a" },
	{ FILE_OF(HUB "'mappings':[{'name':'a','connection':'hub','object':'c','fields':[],"
		  "'activities':['status']},"
		  "{'name':'m','connection':'hub','object':'d','fields':[],'depends_on':'a'}]"),
	  "mappings[1].depends_on",
	  "mappings[1] m: depends_on: mapping \"a\" makes a record of each activity: none of "
	  "them is the one to wait for" },
	{ CHAIN("'depends_on':'a','fields':[{'from':'remote_id.b','to':'x'}]"),
	  "mappings[2].fields[0].from",
	  "mappings[2] m: fields[0].from: \"remote_id.b\": the mapping does not depend on "
	  "\"b\"; write depends_on: b" },
	{ FILE_OF(HUB "'mappings':[{'name':'a','connection':'hub','object':'c','fields':[]},"
		  "{'name':'m','connection':'hub','object':'d','fields':[],'depends_on':'a'}],"
		  "'syncs':[{'mapping':'m'}]"),
	  "syncs[0].mapping",
	  "syncs[0] m: mapping: \"m\" depends on \"a\", which no sync delivers: add a sync for "
	  "that mapping too" },
	{ CHAIN("'fields':[],'activities':['statos']"), "mappings[2].activities[0]",
	  "mappings[2] m: activities[0]: unknown word \"statos\"; did you mean \"status\"?" },
	{ CHAIN("'fields':[],'activities':[]"), "mappings[2].activities",
	  "mappings[2] m: activities: must be a list of kinds" },
	{ CHAIN("'fields':[{'from':'activity.text','to':'x'}]"), "mappings[2].fields[0].from",
	  "mappings[2] m: fields[0].from: \"activity.text\" is of an activity: say which in "
	  "activities: of the mapping" },
	{ FILE_OF("'syncs':[{'mapping':'m'}]"), "syncs[0].mapping",
	  "syncs[0] m: mapping: there is no mapping \"m\"" },

	/* people, pools, routes */
	{ FILE_OF("'people':[{'name':'Ada','email':'ada'}]"), "people[0].email",
	  "people[0] Ada: email: must be an e-mail address" },
	{ FILE_OF("'people':[{'name':'Ada','users':{'hub':'1'}}]"), "people[0].users.hub",
	  "people[0] Ada: users.hub: there is no connection \"hub\"" },
	{ FILE_OF("'people':[{'name':'Ada','users':{'hub':true}}]"), "people[0].users.hub",
	  "people[0] Ada: users.hub: must be text: put it in quotes" },
	{ FILE_OF("'pools':[{'name':'p','people':[]}]"), "pools[0].people",
	  "pools[0] p: people: must name at least one person" },
	{ FILE_OF("'people':[{'name':'Grace'}],'pools':[{'name':'p','people':['Grace',"
		  "'Grase']}]"), "pools[0].people[1]",
	  "pools[0] p: people[1]: there is no person \"Grase\"; did you mean \"Grace\"?" },
	{ FILE_OF("'routes':[{'name':'r','pool':'North'}]"), "routes[0].pool",
	  "routes[0] r: pool: there is no pool \"North\"" },
	{ FILE_OF("'routes':[{'name':'r'}]"), "routes[0]",
	  "routes[0] r: must name either a pool or an owner" },
	{ FILE_OF("'people':[{'name':'A'}],'pools':[{'name':'p','people':['A']}],"
		  "'routes':[{'name':'r','pool':'p','owner':'A'}]"), "routes[0]",
	  "routes[0] r: must name either a pool or an owner" },

	/* scores and conditions */
	{ FILE_OF("'score':[{'name':'s','points':1.5}]"), "score[0].points",
	  "score[0] s: points: must be a whole number from -1000 to 1000" },
	{ FILE_OF("'score':[{'name':'s'}]"), "score[0]", "score[0] s: points: missing" },
	{ WHEN("'field':'cuntry','op':'is','value':'DE'"), "score[0].when.field",
	  "score[0] s: when.field: unknown field \"cuntry\"; did you mean \"country\"?" },
	{ WHEN("'field':'country','op':'isnt','value':'DE'"), "score[0].when.op",
	  "score[0] s: when.op: unknown word \"isnt\"; did you mean \"is\"?" },
	{ WHEN("'field':'country','value':'DE'"), "score[0].when",
	  "score[0] s: when: op: missing" },
	{ WHEN("'field':'country','op':'is'"), "score[0].when",
	  "score[0] s: when: \"is\" takes one value" },
	{ WHEN("'field':'country','op':'is','value':['DE']"), "score[0].when.value",
	  "score[0] s: when.value: \"is\" takes one value; of several, any: use \"in\"" },
	{ WHEN("'field':'country','op':'in','value':'DE'"), "score[0].when.value",
	  "score[0] s: when.value: \"in\" takes a list, such as value: [a, b]" },
	{ WHEN("'field':'country','op':'exists','value':'DE'"), "score[0].when.value",
	  "score[0] s: when.value: \"exists\" takes no value" },
	{ WHEN("'field':'custom.x','op':'more','value':'5'"), "score[0].when.value",
	  "score[0] s: when.value: \"more\" takes a number" },
	{ WHEN("'field':'custom.x','op':'is','value':{}"), "score[0].when.value",
	  "score[0] s: when.value: nested objects are not taken; send each member as a field "
	  "of its own" },
	{ RULE(",'when':[{'field':'phone','op':'exists'},{'field':'x','op':'exists'}]"),
	  "score[0].when[1].field", "score[0] s: when[1].field: unknown field \"x\"" },
	{ RULE(",'when':'always'"), "score[0].when",
	  "score[0] s: when: must hold names and values" },

	/* settings */
	{ SETTINGS("'keep':{'raw_days':0}"), "settings.keep.raw_days",
	  "settings: keep.raw_days: must be a whole number from 1 to 3650" },
	{ SETTINGS("'keep':30"), "settings.keep", "settings: keep: must hold names and values" },
	{ SETTINGS("'webhook':'ftp://x.org/'"), "settings.webhook",
	  "settings: webhook: must be a whole address, such as https://example.org/thanks" },
	{ SETTINGS("'webhook':'https://x.org/','webhook_secret':'whsec_x'"),
	  "settings.webhook_secret",
	  "settings: webhook_secret: must be {env: NAME} or {file: PATH}: a secret itself is "
	  "never written in this file" },
	{ SETTINGS("'webhook':'https://x.org/','webhook_secret':{}"), "settings.webhook_secret",
	  "settings: webhook_secret: must be either {env: NAME} or {file: PATH}" },
	{ SETTINGS("'webhook_secret':{'env':'X'}"), "settings.webhook_secret",
	  "settings: webhook_secret: says nothing without webhook" },
	{ SETTINGS("'wait_for_look_up':true"), "settings.wait_for_look_up",
	  "settings: unknown member \"wait_for_look_up\"; did you mean \"wait_for_lookup\"?" },
};

static void a_fault_is_named_where_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct arena *arena = arena_new();
		struct problems problems;
		struct config c;

		assert_int_equal(build_file(arena, faults[i].file, &c, &problems), -1);
		assert_string_equal(problems.items[0].message, faults[i].message);
		assert_string_equal(problems.items[0].field, faults[i].path);
		if (problems.count != 1)
			fail_msg("%s; and: %s", faults[i].message, problems.items[1].message);
		assert_true(strlen(problems.items[0].code) > 2);
		arena_free(arena);
	}
}

static void all_faults_are_found_at_once(void **state)
{
	struct arena *arena = arena_new();
	struct problems problems;
	struct config c;

	(void)state;
	assert_int_equal(build_file(arena,
				    "{'version':1,'sources':[{'name':'a','kind':'frm',"
				    "'keys':['fone','city'],'x':1},{'kind':'api'}],"
				    "'score':[{'name':'s','points':'1'}]}",
				    &c, &problems), -1);
	assert_int_equal(problems.count, 6);
	assert_string_equal(problems.items[5].field, "score[0].points");
	arena_free(arena);
}

static void items_from_the_store_are_named_by_kind(void **state)
{
	struct arena *arena = arena_new();
	struct config_item items[] = {
		{ .id = 5, .kind = "source", .name = "website",
		  .spec = quoted_json(arena, "{'kind':'form','keys':['fone']}") },
	};
	struct problems problems = { .count = 0 };
	struct config c;
	struct error err;

	(void)state;
	assert_int_equal(config_build(arena, 1, 1, &test_key, items, 1, &c, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(err.message, "source website: name: missing");
	json_object_set_new((json_t *)items[0].spec, "name", json_string("website"));
	assert_int_equal(config_build_all(arena, 1, 1, &test_key, items, 1, &c, &problems),
			 -1);
	assert_string_equal(problems.items[0].message, "source website: keys[0]: unknown field "
						       "\"fone\"; did you mean \"phone\"?");
	assert_string_equal(problems.items[0].field, "keys[0]");
	arena_free(arena);
}

static void items_that_are_none_are_refused(void **state)
{
	struct arena *arena = arena_new();
	json_t *spec = quoted_json(arena, "{'name':'a','kind':'api'}");
	const struct { struct config_item items[2]; const char *message; } cases[] = {
		{ { { .kind = "sauce", .name = "a", .spec = spec } },
		  "sauce a: is of no kind that there is" },
		{ { { .kind = "source", .name = "a", .spec = NULL } },
		  "source a: must hold names and values" },
		{ { { .kind = "source", .name = "b", .spec = spec } },
		  "source b: name: not the name of the item" },
		{ { { .kind = "source", .name = "a", .spec = spec },
		    { .kind = "source", .name = "a", .spec = spec } },
		  "source a: there is another source of this name" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t count = cases[i].items[1].kind ? 2 : 1;
		struct config c;
		struct error err;

		assert_int_equal(config_build(arena, 1, 1, &test_key, cases[i].items, count, &c,
					      &err), -1);
		assert_string_equal(err.message, cases[i].message);
	}
	arena_free(arena);
}

static void what_others_find_is_named_like_our_own(void **state)
{
	const struct config_item item = { .kind = "connection", .name = "hub",
					  .path = "connections[3]" };
	struct problems problems = { .count = 0 }, found = { .count = 0 };
	struct arena *arena = arena_new();
	struct error err;

	(void)state;
	error_set(&err, ERR_INVALID, "settings.find: unknown \"pth\"");
	config_add_error(arena, &item, &err, &problems);
	error_set(&err, ERR_INVALID, "This is none: so it stays");
	config_add_error(arena, &item, &err, &problems);
	problem_add(&found, "fields[2].via[0]", "unknown_transform", "no such", "use another");
	problem_add(&found, NULL, "empty", "has no lines", NULL);
	config_add_problems(arena, &item, &found, &problems);

	assert_int_equal(problems.count, 4);
	assert_string_equal(problems.items[0].field, "connections[3].settings.find");
	assert_string_equal(problems.items[0].message,
			    "connections[3] hub: settings.find: unknown \"pth\"");
	assert_string_equal(problems.items[1].field, "connections[3]");
	assert_string_equal(problems.items[1].message,
			    "connections[3] hub: This is none: so it stays");
	assert_string_equal(problems.items[2].field, "connections[3].fields[2].via[0]");
	assert_string_equal(problems.items[2].code, "unknown_transform");
	assert_string_equal(problems.items[2].message,
			    "connections[3] hub: fields[2].via[0]: no such");
	assert_string_equal(problems.items[2].instruction, "use another");
	assert_string_equal(problems.items[3].field, "connections[3]");
	assert_string_equal(problems.items[3].message, "connections[3] hub: has no lines");
	arena_free(arena);
}

/* One owner is enough to be refused; these are not. */
static const char *const allowed[] = {
	/* two mappings of one connection */
	FILE_OF(HUB "'mappings':[{'name':'a','connection':'hub','object':'c','fields':["
		    "{'from':'status','to':'s'}]},{'name':'b','connection':'hub',"
		    "'object':'d','fields':[{'from':'status','to':'s'}]}]"),
	/* the second leaves the word to Fairlead */
	FILE_OF(HUB "'mappings':[{'name':'a','connection':'hub','object':'c','fields':["
		    "{'from':'status','to':'s'}]},{'name':'b','connection':'sf',"
		    "'object':'Lead','fields':[{'from':'status','to':'s',"
		    "'policy':'fairlead'}]}]"),
	/* the first is off */
	FILE_OF(HUB "'mappings':[{'name':'a','connection':'hub','object':'c','fields':["
		    "{'from':'status','to':'s','on':'no'}]},{'name':'b','connection':'sf',"
		    "'object':'Lead','fields':[{'from':'status','to':'s'}]}]"),
	/* the second is off */
	FILE_OF(HUB "'mappings':[{'name':'a','connection':'hub','object':'c','fields':["
		    "{'from':'status','to':'s'}]},{'name':'b','connection':'sf',"
		    "'object':'Lead','fields':[{'from':'status','to':'s','on':'no'}]}]"),
	/* one field out to one target, in from another */
	MAPPING(",'fields':[{'from':'phone','to':'a'},{'from':'phone','to':'b',"
		"'direction':'in'},{'from':'email','to':'b'}]"),
	/* a line that is off takes no place */
	MAPPING(",'fields':[{'from':'phone','to':'a','on':'off'},{'from':'email','to':'a'}]"),
	FILE_OF("'sources':null,'people':[]"),
	SOURCE(",'form':{},'mandatory':[],'map':{}"),
};

static void what_is_no_fault_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		struct arena *arena = arena_new();
		struct config c;

		build_well(arena, allowed[i], &c);
		arena_free(arena);
	}
}

static void long_and_foreign_words_are_cut_at_a_letter(void **state)
{
	struct arena *arena = arena_new();
	struct problems problems;
	struct buf buf;
	struct config c;

	(void)state;
	buf_init(&buf, arena, 100000);
	buf_add(&buf, "{'version':1,'sources':[{'name':'w','kind':'api','");
	for (int i = 0; i < 5000; i++)
		buf_add(&buf, "\xE2\x82\xAC");
	buf_add(&buf, "':1}]}");
	assert_int_equal(build_file(arena, buf_text(&buf), &c, &problems), -1);
	assert_true(strlen(problems.items[0].message) < 150);
	assert_true(text_is_utf8(problems.items[0].message,
				 strlen(problems.items[0].message)));
	assert_string_equal(problems.items[0].field, "sources[0]");
	arena_free(arena);
}

static void a_long_name_of_a_sender_is_refused(void **state)
{
	struct arena *arena = arena_new();
	struct problems problems;
	struct config c;
	char name[6001];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(build_file(arena,
				    arena_printf(arena, SOURCE(",'map':{'%s':'phone'}"), name),
				    &c, &problems), -1);
	assert_non_null(strstr(problems.items[0].message,
			       "...: the sender's name must have 1 to 500 bytes"));
	arena_free(arena);
}

/* The words of the tables must stand in the order of the enums. */
static void words_of_members_are_those_of_the_enums(void **state)
{
	struct arena *arena = arena_new();
	struct config c;

	(void)state;
	for (int i = SOURCE_API; i <= SOURCE_FILE; i++) {
		build_well(arena, arena_printf(arena, FILE_OF("'sources':[{'name':'s',"
							      "'kind':'%s'}]"),
					       source_kind_name((enum source_kind)i)), &c);
		assert_int_equal(config_source(&c, "s")->kind, i);
	}
	for (int i = TRUST_TRUSTED; i <= TRUST_PUBLIC; i++) {
		build_well(arena, arena_printf(arena, SOURCE(",'trust':'%s'"),
					       trust_name((enum trust)i)), &c);
		assert_int_equal(config_source(&c, "website")->trust, i);
	}
	for (int i = LANE_HOT; i <= LANE_BULK; i++) {
		build_well(arena, arena_printf(arena, SOURCE(",'lane':'%s'"),
					       lane_name((enum lane)i)), &c);
		assert_int_equal(config_source(&c, "website")->lane, i);
	}
	for (int i = BEHAVIOUR_CAPTURE; i <= BEHAVIOUR_NONE; i++) {
		build_well(arena, arena_printf(arena, SOURCE(",'behaviour':'%s'"),
					       behaviour_name((enum behaviour)i)), &c);
		assert_int_equal(config_source(&c, "website")->behaviour, i);
	}
	for (int i = AUTH_NONE; i <= AUTH_CLIENT_CREDENTIALS; i++) {
		build_well(arena, arena_printf(arena, CONNECTION(",'auth':'%s'"),
					       auth_name((enum auth)i)), &c);
		assert_int_equal(config_connection(&c, "hub")->auth, i);
	}
	for (int i = SYNC_REAL_TIME; i <= SYNC_SHADOW; i++) {
		build_well(arena,
			   arena_printf(arena, MAPPING(",'fields':[]}],'syncs':[{"
						       "'mapping':'m','mode':'%s'"),
					sync_mode_name((enum sync_mode)i)), &c);
		assert_int_equal(c.syncs[0].mode, i);
	}
	for (int i = BEHAVIOUR_CAPTURE; i <= BEHAVIOUR_NONE; i++) {
		build_well(arena,
			   arena_printf(arena, MAPPING(",'fields':[]}],'syncs':[{"
						       "'mapping':'m','behaviour':'%s'"),
					behaviour_name((enum behaviour)i)), &c);
		assert_int_equal(c.syncs[0].behaviour, i);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_named_where_it_stands),
		cmocka_unit_test(all_faults_are_found_at_once),
		cmocka_unit_test(items_from_the_store_are_named_by_kind),
		cmocka_unit_test(items_that_are_none_are_refused),
		cmocka_unit_test(what_others_find_is_named_like_our_own),
		cmocka_unit_test(what_is_no_fault_is_taken),
		cmocka_unit_test(long_and_foreign_words_are_cut_at_a_letter),
		cmocka_unit_test(a_long_name_of_a_sender_is_refused),
		cmocka_unit_test(words_of_members_are_those_of_the_enums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
