/* config_test.c - configuration items, read and built. */
#include "config_support.h"

/* Every member that there is. */
static const char full[] =
	"{'version':1,"
	"'settings':{'enquiry_window_days':14,'default_country':'IN',"
	"  'time_zone':'Asia/Kolkata','wait_for_lookup':'no',"
	"  'webhook':'https://hooks.example.org/x','webhook_secret':{'env':'HOOK'},"
	"  'keep':{'raw_days':10,'rejected_days':5,'body_days':7}},"
	"'people':[{'name':'Ada Lovelace','email':'ada@example.org',"
	"  'users':{'hub':51,'books':'005A'}},{'name':'Grace'}],"
	"'pools':[{'name':'North','people':['Grace','Ada Lovelace']}],"
	"'sources':["
	"  {'name':'website','kind':'form','label':'Our web site','default_country':'DE',"
	"   'time_zone':'Europe/Berlin','mandatory':['name','phone','custom.budget'],"
	"   'keys':['phone','email'],'unique':['custom.pan'],'behaviour':'create_only',"
	"   'reject_in_process':'yes','map':{'Your phone':'phone','x':'custom.x'},"
	"   'ignore':['csrf'],'lane':'normal','address':'aB3dE5gH7jK9mN1p',"
	"   'form':{'origins':['https://www.example.org','http://localhost:8080'],"
	"     'thank_you':'https://www.example.org/thanks','honeypot':'fax'}},"
	"  {'name':'fair','kind':'file','may_clear':true}],"
	"'connections':["
	"  {'name':'hub','connector':'hubspot','settings':{'portal':'1'},'auth':'oauth2',"
	"   'secret':{'client_secret':{'env':'A'},'refresh_token':{'file':'/run/b'}},"
	"   'assigns':'crm','unset':{'owner':['0','queue'],'status':['NEW']},"
	"   'limits':{'concurrency':4,'calls':100,'per_s':10,'hold_ms':0,'retries':5,"
	"     'first_ms':2000,'max_age':'3d'},'notify':'Grace'},"
	"  {'name':'books','connector':'rest','secret':{'env':'BOOKS'},"
	"   'settings':{'auth':{'kind':'header','header':'X-Key'}}}],"
	"'mappings':[{'name':'contacts','owner':'Ada Lovelace','connection':'hub',"
	"   'object':'contacts','fields':["
	"     {'from':'phone','to':'phone','via':[{'e164':{}},{'truncate':40}],"
	"      'default':'x','direction':'both','on':'yes','policy':'newest',"
	"      'every_value':'no'},"
	"     {'from':'status','to':'hs_lead_status','direction':'in'},"
	"     {'to':'lifecyclestage','default':'lead'}]}],"
	"'syncs':[{'mapping':'contacts','mode':'real-time','behaviour':'capture',"
	"   'paused':'on'}],"
	"'score':[{'name':'rich','when':{'field':'custom.budget','op':'more','value':1000},"
	"   'points':15,'reason':'has a budget'},"
	"  {'name':'always','points':-1}],"
	"'routes':[{'name':'south','when':[{'field':'country','op':'in','value':['DE','AT']},"
	"   {'field':'phone','op':'exists'}],'pool':'North'},"
	"  {'name':'rest','owner':'Grace'}]}";

static void every_member_is_read_into_its_place(void **state)
{
	struct arena *arena = arena_new();
	const struct connection *hub, *books;
	const struct source *website;
	const struct mapping *m;
	struct config c;

	(void)state;
	build_well(arena, full, &c);
	assert_int_equal(c.workspace, 1);
	assert_int_equal(c.version, 5);
	assert_memory_equal(&c.hash_key, &test_key, sizeof(test_key));

	assert_int_equal(c.settings.enquiry_window_ms, INT64_C(14) * 86400000);
	assert_string_equal(c.settings.default_country, "IN");
	assert_string_equal(c.settings.time_zone, "Asia/Kolkata");
	assert_false(c.settings.wait_for_lookup);
	assert_string_equal(c.settings.webhook_url, "https://hooks.example.org/x");
	assert_true(c.settings.is_webhook_signed);
	assert_int_equal(c.settings.raw_days, 10);
	assert_int_equal(c.settings.rejected_days, 5);
	assert_int_equal(c.settings.body_days, 7);

	assert_int_equal(c.npeople, 2);
	assert_string_equal(c.people[0].email, "ada@example.org");
	assert_string_equal(json_string_of(c.people[0].users, "hub"), "51");
	assert_string_equal(json_string_of(c.people[0].users, "books"), "005A");
	assert_null(config_person(&c, "Grace")->email);
	assert_null(config_person(&c, "Grace")->users);
	assert_int_equal(c.npools, 1);
	assert_int_equal(c.pools[0].npeople, 2);
	assert_string_equal(c.pools[0].people[0], "Grace");
	assert_ptr_equal(config_pool(&c, "North"), &c.pools[0]);
	assert_null(config_pool(&c, "South"));

	website = config_source(&c, "website");
	assert_int_equal(website->kind, SOURCE_FORM);
	assert_int_equal(website->trust, TRUST_PUBLIC);
	assert_string_equal(website->label, "Our web site");
	assert_string_equal(website->default_country, "DE");
	assert_string_equal(website->time_zone, "Europe/Berlin");
	assert_int_equal(website->nmandatory, 3);
	assert_string_equal(website->mandatory[2], "custom.budget");
	assert_int_equal(website->nkeys, 2);
	assert_string_equal(website->keys[0], "phone");
	assert_int_equal(website->nunique, 1);
	assert_string_equal(website->unique[0], "custom.pan");
	assert_int_equal(website->behaviour, BEHAVIOUR_CREATE_ONLY);
	assert_true(website->reject_in_process);
	assert_false(website->may_clear);
	assert_int_equal(website->nrenames, 2);
	assert_string_equal(website->renames[0].from, "Your phone");
	assert_string_equal(website->renames[0].to, "phone");
	assert_int_equal(website->nignored, 1);
	assert_string_equal(website->ignored[0], "csrf");
	assert_int_equal(website->lane, LANE_NORMAL);
	assert_string_equal(website->address, "aB3dE5gH7jK9mN1p");
	assert_int_equal(website->form.norigins, 2);
	assert_string_equal(website->form.origins[1], "http://localhost:8080");
	assert_string_equal(website->form.thank_you, "https://www.example.org/thanks");
	assert_string_equal(website->form.honeypot, "fax");
	assert_true(config_source(&c, "fair")->may_clear);

	hub = config_connection(&c, "hub");
	assert_string_equal(hub->connector, "hubspot");
	assert_string_equal(connection_setting(hub, "portal"), "1");
	assert_true(hub->has_auth);
	assert_int_equal(hub->auth, AUTH_OAUTH2);
	assert_int_equal(hub->assigns, ASSIGNS_CRM);
	assert_int_equal(hub->nunset_owners, 2);
	assert_string_equal(hub->unset_owners[1], "queue");
	assert_int_equal(hub->nunset_statuses, 1);
	assert_int_equal(hub->limits.concurrency, 4);
	assert_int_equal(hub->limits.calls, 100);
	assert_int_equal(hub->limits.per_ms, 10000);
	assert_int_equal(hub->limits.hold_ms, 0);
	assert_int_equal(hub->limits.max_age_ms, INT64_C(3) * 86400000);
	assert_int_equal(hub->limits.retry.retries, 5);
	assert_int_equal(hub->limits.retry.first_ms, 2000);
	assert_string_equal(hub->notify, "Grace");
	books = config_connection(&c, "books");
	assert_int_equal(books->auth, AUTH_HEADER);

	m = config_mapping(&c, "contacts");
	assert_int_equal(m->version, 5);
	assert_string_equal(m->owner, "Ada Lovelace");
	assert_int_equal(m->nfields, 3);
	assert_int_equal(m->fields[0].direction, DIRECTION_BOTH);
	assert_int_equal(json_array_size(m->fields[0].via), 2);
	assert_int_equal(m->fields[1].policy, POLICY_CRM);
	assert_true(m->fields[1].is_every_value);
	assert_null(m->fields[2].from);

	assert_int_equal(c.nsyncs, 1);
	assert_string_equal(c.syncs[0].mapping, "contacts");
	assert_int_equal(c.syncs[0].mode, SYNC_REAL_TIME);
	assert_true(c.syncs[0].is_paused);

	assert_int_equal(c.nscore, 2);
	assert_int_equal(c.score[0].points, 15);
	assert_int_equal(c.score[0].nwhen, 1);
	assert_int_equal(c.score[0].when[0].op, OP_MORE);
	assert_string_equal(c.score[1].reason, "always");
	assert_int_equal(c.score[1].nwhen, 0);
	assert_int_equal(c.nroutes, 2);
	assert_int_equal(c.routes[0].nwhen, 2);
	assert_int_equal(c.routes[0].when[0].nitems, 2);
	assert_string_equal(c.routes[0].pool, "North");
	assert_string_equal(c.routes[1].owner, "Grace");
	assert_null(c.routes[1].pool);
	arena_free(arena);
}

static void what_is_left_out_has_its_default(void **state)
{
	struct arena *arena = arena_new();
	const struct connection *n;
	const struct source *s;
	struct config c;

	(void)state;
	build_well(arena,
		   "{'version':1,'sources':[{'name':'f','kind':'form'},"
		   "{'name':'u','kind':'file'},{'name':'p','kind':'api','trust':'public',"
		   "'label':null}],"
		   "'connections':[{'name':'c','connector':'rest'}],"
		   "'mappings':[{'name':'m','connection':'c','object':'o','fields':[]}],"
		   "'syncs':[{'mapping':'m'}]}",
		   &c);
	assert_int_equal(c.settings.enquiry_window_ms, INT64_C(30) * 86400000);
	assert_int_equal(c.settings.raw_days, 90);
	assert_int_equal(c.settings.rejected_days, 30);
	assert_int_equal(c.settings.body_days, 30);
	assert_true(c.settings.wait_for_lookup);
	assert_null(c.settings.default_country);

	s = config_source(&c, "f");
	assert_string_equal(s->label, "f");
	assert_string_equal(s->time_zone, "UTC");
	assert_null(s->default_country);
	assert_int_equal(s->nkeys, 2);
	assert_string_equal(s->keys[0], "email");
	assert_string_equal(s->keys[1], "phone");
	assert_int_equal(s->nmandatory, 0);
	assert_int_equal(s->behaviour, BEHAVIOUR_CAPTURE);
	assert_false(s->reject_in_process);
	assert_int_equal(s->lane, LANE_HOT);
	assert_int_equal(s->trust, TRUST_PUBLIC);
	assert_int_equal(config_source(&c, "u")->lane, LANE_BULK);
	assert_int_equal(config_source(&c, "u")->trust, TRUST_TRUSTED);
	assert_int_equal(config_source(&c, "p")->trust, TRUST_PUBLIC);

	n = config_connection(&c, "c");
	assert_false(n->has_auth);
	assert_int_equal(n->assigns, ASSIGNS_FAIRLEAD);
	assert_int_equal(n->limits.concurrency, 0);
	assert_int_equal(n->limits.calls, 0);
	assert_int_equal(n->limits.hold_ms, 200);
	assert_int_equal(n->limits.max_age_ms, INT64_C(72) * 3600000);
	assert_int_equal(n->limits.retry.retries, 3);
	assert_int_equal(n->limits.retry.first_ms, 10000);
	assert_int_equal(json_object_size(n->settings), 0);

	assert_int_equal(c.syncs[0].mode, SYNC_REAL_TIME);
	assert_int_equal(c.syncs[0].behaviour, BEHAVIOUR_CAPTURE);
	assert_false(c.syncs[0].is_paused);
	arena_free(arena);
}

static void the_source_api_is_always_there(void **state)
{
	struct arena *arena = arena_new();
	struct config c;
	struct error err;

	(void)state;
	assert_int_equal(config_build(arena, 1, 0, &test_key, NULL, 0, &c, &err), 0);
	assert_int_equal(c.nsources, 1);
	assert_string_equal(c.sources[0].name, "api");
	assert_int_equal(c.sources[0].trust, TRUST_TRUSTED);
	assert_int_equal(c.sources[0].nkeys, 2);
	assert_string_equal(c.sources[0].time_zone, "UTC");
	assert_ptr_equal(config_source_by_id(&c, CONFIG_SOURCE_API_ID), &c.sources[0]);

	build_well(arena,
		   "{'version':1,'settings':{'default_country':'IN'},"
		   "'sources':[{'name':'api','kind':'api','label':'Portal'}]}", &c);
	assert_int_equal(c.nsources, 1);
	assert_string_equal(c.sources[0].label, "Portal");
	assert_string_equal(c.sources[0].default_country, "IN");
	/* Leads that came before it was configured still find their source. */
	assert_ptr_equal(config_source_by_id(&c, CONFIG_SOURCE_API_ID), &c.sources[0]);
	assert_ptr_equal(config_source_by_id(&c, 101), &c.sources[0]);
	assert_null(config_source_by_id(&c, 99));
	arena_free(arena);
}

static void a_snapshot_does_not_need_its_items(void **state)
{
	struct arena *arena = arena_new(), *items_arena = arena_new();
	struct config_item *items;
	struct config c;
	struct error err;
	size_t count;

	(void)state;
	assert_int_equal(config_split(items_arena, quoted_json(items_arena, full), &items,
				      &count, &err), 0);
	assert_int_equal(config_build(arena, 1, 1, &test_key, items, count, &c, &err), 0);
	arena_free(items_arena);
	assert_string_equal(connection_setting(config_connection(&c, "hub"), "portal"), "1");
	assert_string_equal(c.mappings[0].fields[0].fallback.text, "x");
	assert_non_null(json_object_get(json_array_get(c.mappings[0].fields[0].via, 1),
					"truncate"));
	assert_string_equal(json_string_of(c.people[0].users, "books"), "005A");
	assert_string_equal(config_source(&c, "website")->renames[0].from, "Your phone");
	arena_free(arena);
}

static void items_come_in_an_order_that_can_be_applied(void **state)
{
	static const char *const order[] = { "settings", "person", "person", "pool", "source",
					     "source", "connection", "connection", "mapping",
					     "sync", "score", "score", "route", "route" };
	struct arena *arena = arena_new();
	struct config_item *items;
	struct error err;
	size_t count;

	(void)state;
	assert_int_equal(config_split(arena, quoted_json(arena, full), &items, &count, &err),
			 0);
	assert_int_equal(count, ARRAY_LEN(order));
	for (size_t i = 0; i < count; i++)
		assert_string_equal(items[i].kind, order[i]);
	assert_string_equal(items[0].name, "settings");
	assert_string_equal(items[0].path, "settings");
	assert_string_equal(items[1].name, "Ada Lovelace");
	assert_string_equal(items[2].path, "people[1]");
	assert_string_equal(items[9].name, "contacts"); /* a sync is called by its mapping */
	assert_string_equal(json_string_of(items[4].spec, "label"), "Our web site");
	arena_free(arena);
}

static void secrets_are_named_and_listed(void **state)
{
	struct config_secret secrets[CONFIG_SECRETS_MAX];
	struct arena *arena = arena_new();
	struct config_item *items;
	struct error err;
	size_t count;

	(void)state;
	assert_int_equal(config_split(arena, quoted_json(arena, full), &items, &count, &err),
			 0);
	assert_int_equal(config_item_secrets(&items[6], secrets), 2);
	assert_string_equal(secrets[0].name, "client_secret");
	assert_string_equal(secrets[0].env, "A");
	assert_null(secrets[0].file);
	assert_string_equal(secrets[1].name, "refresh_token");
	assert_string_equal(secrets[1].file, "/run/b");
	assert_int_equal(config_item_secrets(&items[7], secrets), 1);
	assert_string_equal(secrets[0].name, "");
	assert_string_equal(secrets[0].env, "BOOKS");
	assert_int_equal(config_item_secrets(&items[4], secrets), 0);
	assert_int_equal(config_item_secrets(&items[0], secrets), 1); /* the settings */
	assert_string_equal(secrets[0].env, "HOOK");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_read_into_its_place),
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(the_source_api_is_always_there),
		cmocka_unit_test(a_snapshot_does_not_need_its_items),
		cmocka_unit_test(items_come_in_an_order_that_can_be_applied),
		cmocka_unit_test(secrets_are_named_and_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
