/* form_lead.c - one lead as a form or a simple sender posts it. Threads: pure. */
#include "sources/form_lead.h"

int form_lead_prepare(struct arena *arena, const struct form_lead *lead,
		      struct submission *submission, struct error *err)
{
	struct problems errors = { 0 };
	struct form_post post;
	struct given *items;

	if (form_post_read(arena, lead->content_type, lead->body, lead->len, &lead->source->form,
		      &post, err) < 0)
		return -1;
	items = arena_array(arena, post.nfields, sizeof(*items));
	for (size_t i = 0; i < post.nfields; i++)
		items[i] = (struct given){ .name = post.fields[i].name,
					   .value = post.fields[i].value };
	if (post.is_trapped)
		problem_add(&errors, NULL, "honeypot",
			    "the field that people leave empty was filled: a robot's post",
			    "nothing to do; if people fill it, hide it from them");
	prepare_submission(arena, &(struct given_lead){
		.config = lead->config,
		.source = lead->source,
		.naming = NAMING_LENIENT,
		.items = items,
		.nitems = post.nfields,
		.errors = &errors,
		.received_at = lead->received_at,
		.raw = lead->body,
		.raw_len = lead->len,
		.content_type = lead->content_type,
		.key = lead->key,
	}, submission);
	return 0;
}
