/* connector.h - what a CRM's connector declares. Threads: pure.
 *
 * A connector is one file under connectors/; registry.c lists them. How to add one:
 * CONTRIBUTING.md. */
#ifndef MODEL_CONNECTOR_H
#define MODEL_CONNECTOR_H

#include "model/exchange.h"

enum setting_type { SETTING_TEXT, SETTING_URL, SETTING_NUMBER, SETTING_CHOICE,
		    SETTING_OBJECT, SETTING_LIST, SETTING_BOOL };

/* One thing that a connection of this connector is told. */
struct setting {
	const char *name;         /* NULL ends the list */
	const char *label;        /* shown to people */
	const char *help;         /* one sentence: what it is and where to find it */
	enum setting_type type;
	bool is_required;
	const char *fallback;     /* used when absent, or NULL */
	const char *choices;      /* of SETTING_CHOICE: "a|b|c" */
};

/* Calls that share a budget. The first rule is for requests that name no bucket. */
struct rate_rule {
	const char *bucket; /* "search"; NULL ends the list */
	int calls;
	int64_t per_ms;
};

/* One line of an object's default mapping. */
struct default_field {
	const char *from, *to; /* from NULL ends the list */
	const char *via;       /* JSON of the transforms, or NULL */
};

struct connector_object {
	const char *name;      /* "contacts"; NULL ends the list */
	const char *title;     /* "Contact" */
	const char *const *also; /* other objects to look in before the first write, NULL
				    ended; may be NULL */
	const struct default_field *mapping;
	const struct record_key *keys; /* fields to look by, strongest first: `value` is the
					  lead field it comes from; object NULL ends */
};

struct connector {
	const char *name;  /* "hubspot": stored, never changes */
	const char *title; /* "HubSpot": shown to people */
	const enum auth *auths; /* nauths of them, the default first */
	size_t nauths;
	const struct setting *settings;
	const char *const *hosts; /* suffixes its credentials may go to (".hubapi.com" or a
				     whole host), NULL ended; NULL: the base URL's host */
	const char *base_url;     /* unless the setting base_url says another (a sandbox, an
				     account's own host); NULL: from that setting only */
	const char *token_path;   /* OAuth token endpoint, under the base URL, unless the
				     setting token_url says another; or NULL */
	const struct rate_rule *rates;
	int concurrency;          /* calls at once, unless the connection says otherwise */
	const struct connector_object *objects;
	const char *remote_key;   /* field that holds our id there, or NULL */
	int batch_max;            /* records in one write, which takes one call when all
				     of them have the same action, else one of each */
	int find_max, read_max;   /* records in one find, one read */
	int index_lag_ms;         /* how late a find may see a write */
	bool is_full_write;       /* write needs all mapped fields, not only the changed */

	/* What the connection's settings change of the above (the rest connector): NULL, or
	 * fills *mine, which starts as a copy. What it makes lives in `arena` and refers to
	 * the connection's settings. Call it through connector_of(). */
	void (*adjust)(struct arena *arena, const struct connection *connection,
		       struct connector *mine);
	/* Refuses settings that cannot work, naming the setting; NULL: settings suffice. */
	int (*validate)(const struct connection *connection, struct error *err);

	/* Creates and updates. What an update found GONE has been followed: found[0] is the
	 * record with its survivor_id if there is one, nothing is found if it was deleted.
	 * An update answered under another id than the one written
	 * to (a merged record) is DELIVERED with that id as remote_id: relink. */
	connector_turn *write; /* required */
	/* Looks for each record by exactly its keys, strongest first; weaker ones are tried
	 * only when no stronger one found. DELIVERED: all was looked for, nfound tells;
	 * any other outcome: this record's search failed. The remote key is looked by only
	 * if it is among the keys. A record without keys cannot be looked for: UNCERTAIN;
	 * do not ask for a lead that was never sent. */
	connector_turn *find;
	/* Each record's remote_id with x->names. DELIVERED: found[0] is it; GONE: absent,
	 * and where it went, if the CRM tells, stands in found[0].survivor_id. */
	connector_turn *read;
	connector_turn *check; /* does this connection work? */
	connector_turn *describe; /* x->object's catalog */
	connector_turn *limits;
	/* Makes the remote key field on x->object; x->report says whether it is there now and
	 * what a person has to do besides. A connector that has this is not written to before
	 * describe shows the field, and marks records that it finds with it. */
	connector_turn *create_key;
};

#endif
