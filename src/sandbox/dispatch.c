/* dispatch.c - one request from beginning to end. Threads: under the sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "sandbox/journal.h"
#include "sandbox/later.h"
#include "sandbox/state.h"

#define INNER_DEPTH 4

static const char proxy_page[] =
	"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
	"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
	"</body>\r\n</html>\r\n";

static void reply_html(struct sb_call *call, int status)
{
	call->reply_headers.count = 0;
	sb_reply_text(call, status, "text/html", proxy_page, sizeof(proxy_page) - 1);
}

/* What a fault does instead of the handler. Broken connections have no reply. */
static void strike_before(struct sb_call *call, const struct sb_fault *fault,
			  struct sb_outcome *outcome)
{
	const struct sb_vendor *vendor = call->vendor;

	switch (fault->kind) {
	case SB_FAULT_RATE:
		vendor->problem(call, SB_PROBLEM_RATE, 0);
		break;
	case SB_FAULT_STATUS:
		vendor->problem(call, SB_PROBLEM_SERVER, fault->status);
		break;
	case SB_FAULT_HTML:
		reply_html(call, fault->status);
		break;
	case SB_FAULT_EXPIRED:
		vendor->problem(call, SB_PROBLEM_EXPIRED, 0);
		break;
	case SB_FAULT_REVOKED:
		if (call->token)
			call->token->is_revoked = true;
		vendor->problem(call, SB_PROBLEM_REVOKED, 0);
		break;
	case SB_FAULT_FORBIDDEN:
		vendor->problem(call, SB_PROBLEM_FORBIDDEN, 0);
		break;
	case SB_FAULT_LOCKED:
		vendor->problem(call, SB_PROBLEM_LOCKED, 0);
		break;
	case SB_FAULT_RESET:
	case SB_FAULT_CLOSE:
	case SB_FAULT_HANG:
	case SB_FAULT_SLOW:
	case SB_FAULT_TRUNCATED:
	case SB_FAULT_DRIP:
	case SB_FAULT_BAD_RECORD:
		outcome->fault = &outcome->copy;
		break;
	}
	outcome->copy = *fault;
	outcome->struck = sb_fault_kind_name(fault->kind);
}

static void strike_after(struct sb_call *call, const struct sb_fault *fault,
			 struct sb_outcome *outcome)
{
	outcome->copy = *fault;
	outcome->struck = sb_fault_kind_name(fault->kind);
	if (fault->kind == SB_FAULT_STATUS)
		call->vendor->problem(call, SB_PROBLEM_SERVER, fault->status);
	else if (fault->kind == SB_FAULT_HTML)
		reply_html(call, fault->status);
	else
		outcome->fault = &outcome->copy;
}

/* A call whose answer is held back is under way until it is sent, or given up. */
static void note_under_way(struct sb_call *call, const struct sb_fault *fault)
{
	if (call->account &&
	    (fault->kind == SB_FAULT_SLOW || fault->kind == SB_FAULT_HANG ||
	     fault->kind == SB_FAULT_DRIP))
		sb_under_way_add(call, fault->ms);
}

static void run_handler(struct sb_call *call)
{
	const struct sb_route *route = call->route;

	if (!route || !route->handle)
		sb_not_imitated(call, route ? route->tag : NULL);
	else
		route->handle(call);
	if (!call->status)
		call->vendor->problem(call, SB_PROBLEM_SERVER, 500);
}

static void tell_changes(struct sb_call *call, const struct sb_account *account, uint64_t before)
{
	for (uint64_t number = before; number < account->changes; number++) {
		for (size_t i = 0; i < account->nobjects; i++) {
			const struct sb_change *change;
			struct sb_change copy;

			if (!sb_changes_after(account->objects[i], number, &change) ||
			    change->number != number + 1)
				continue;
			copy = *change;
			call->vendor->changed(call, &copy);
			break;
		}
	}
}

/* A link that was made and removed again is not as its entry says. */
static void tell_links(struct sb_call *call)
{
	for (const struct sb_link_change *link = call->linked; link; link = link->next)
		if (sb_link_has(link->from, link->to, link->type) != link->is_removed)
			call->vendor->linked(call, link);
}

void sb_tell_changes(struct sb_call *call, const struct sb_account *account, uint64_t before)
{
	if (call->account != account)
		return;
	if (call->vendor->changed)
		tell_changes(call, account, before);
	if (call->vendor->linked)
		tell_links(call);
}

bool sb_admit(struct sb_call *call, const char *window, int64_t cost)
{
	if (sb_window_take(sb_window_find(call->account, window), call->now, cost))
		return true;
	call->vendor->problem(call, SB_PROBLEM_RATE, 0);
	return false;
}

static void run_vendor(struct sb_call *call, struct sb_outcome *outcome)
{
	const struct sb_vendor *vendor = call->vendor;
	unsigned flags = call->route ? call->route->flags : SB_UNLIMITED;
	struct sb_trouble trouble = { NULL, NULL };
	struct sb_account *account;
	uint64_t before;

	if (!(flags & SB_PUBLIC) && !vendor->authenticate(call))
		return;
	if (call->sandbox->is_replaying)
		call->bad_record = call->sandbox->replay_bad_record;
	else
		trouble = sb_faults_choose(call);
	if (trouble.before) {
		strike_before(call, trouble.before, outcome);
		note_under_way(call, trouble.before);
		return;
	}
	/* Of a public operation nobody is known yet: there is nothing to count against. */
	if (!(flags & SB_UNLIMITED) && call->account && vendor->admit && !vendor->admit(call))
		return;
	account = call->account;
	before = account ? account->changes : 0;
	run_handler(call);
	if (account)
		sb_tell_changes(call, account, before);
	if (trouble.after) {
		strike_after(call, trouble.after, outcome);
		note_under_way(call, trouble.after);
	}
}

static void no_vendor(struct sb_call *call)
{
	json_t *names = json_array();

	for (size_t i = 0; sb_vendors[i]; i++)
		json_array_append_new(names, sb_json_printf("/%s", sb_vendors[i]->name));
	sb_reply_json(call, 404,
		      json_pack("{ss ss so}", "error", "no_such_vendor", "message",
				"the path begins with a vendor, or with /_sandbox/ (see "
				"/_sandbox/ui)",
				"vendors", names));
}

static bool is_control(const char *path)
{
	return strcmp(path, "/_sandbox") == 0 || text_starts(path, "/_sandbox/");
}

/* A target as it came, cut into path and query. */
static void cut_target(struct sb_call *call, const char *target)
{
	const char *mark = strchr(target, '?');

	call->target = target;
	call->path = mark ? arena_strndup(call->arena, target, (size_t)(mark - target)) : target;
	call->query = mark ? mark + 1 : NULL;
	call->prefix = "";
}

int64_t sb_clock_pin(struct sandbox *sandbox)
{
	sandbox->real_at = sb_vclock_real(&sandbox->clock);
	sandbox->clock.pinned_at = sandbox->real_at;
	return sb_vclock_now(&sandbox->clock);
}

void sb_clock_unpin(struct sandbox *sandbox)
{
	sandbox->clock.pinned_at = 0;
}

void sb_dispatch(struct sandbox *sandbox, struct sb_call *call, struct sb_outcome *outcome)
{
	int64_t started = clock_mono_us();
	uint64_t writes;
	bool is_of_control;

	call->sandbox = sandbox;
	call->now = sb_clock_pin(sandbox);
	sb_later_run(sandbox, call->now, NULL);
	writes = sandbox->writes;
	call->bad_record = -1;
	cut_target(call, call->target);
	is_of_control = is_control(call->path);
	/* Looking at the sandbox must not change what the dice do to the vendors' calls. */
	call->id = is_of_control ? 0 : ++sandbox->requests;
	call->rng = sb_rng_of(sandbox->seed, call->id);
	if (is_of_control) {
		sb_control(call);
	} else if (sb_vendor_choose(call, call->path)) {
		call->route = sb_route_find(call, call->vendor->routes, call->vendor->nroutes);
		run_vendor(call, outcome);
		if (call->status && call->vendor->finish)
			call->vendor->finish(call);
		sb_seen_add(&sandbox->seen, call, outcome->struck,
			    clock_mono_us() - started);
	} else {
		no_vendor(call);
	}
	if (sandbox->writes != writes && !sandbox->is_replaying)
		sb_journal_add(call);
	sb_clock_unpin(sandbox);
}

struct sb_call *sb_inner(struct sb_call *call, const char *method, const char *target,
			 const struct http_headers *headers, const char *body, size_t body_len)
{
	struct sb_call *inner = arena_alloc(call->arena, sizeof(*inner));

	inner->sandbox = call->sandbox;
	inner->arena = call->arena;
	inner->vendor = call->vendor;
	inner->account = call->account;
	inner->token = call->token;
	inner->id = call->id;
	inner->now = call->now;
	inner->rng = call->rng;
	inner->key = call->key;
	inner->method = method;
	inner->headers = headers ? headers : call->headers;
	inner->body = body ? body : "";
	inner->body_len = body ? body_len : 0;
	inner->bad_record = -1;
	inner->depth = call->depth + 1;
	cut_target(inner, target);
	inner->prefix = call->prefix;
	inner->route = sb_route_find(inner, inner->vendor->routes, inner->vendor->nroutes);
	if (inner->depth > INNER_DEPTH)
		sb_not_imitated(inner, "calls nested too deep");
	else
		run_handler(inner);
	call->rng = inner->rng;
	return inner;
}
