/* metrics.c - figures in Prometheus' text format. Numbers only; from loopback nobody needs
 * to be known. Threads: workers. */
#include "api/internal.h"
#include "base/text.h"
#include "deliver/deliver.h"

static void add(struct buf *buf, const char *name, const char *type, const char *help,
		int64_t value)
{
	buf_addf(buf, "# HELP fairlead_%s %s\n# TYPE fairlead_%s %s\nfairlead_%s %lld\n", name,
		 help, name, type, name, (long long)value);
}

static void add_queue(struct buf *buf, const struct queue_counts *q)
{
	const struct {
		const char *state;
		int64_t count;
	} rows[] = {
		{ "at_rest", q->at_rest },     { "pending", q->pending },
		{ "dead", q->dead },           { "uncertain", q->uncertain },
		{ "rejected", q->rejected },   { "erased", q->erased },
	};

	add(buf, "submissions_total", "counter", "Submissions received.", q->received);
	buf_add(buf, "# HELP fairlead_submissions Submissions by where they stand.\n"
		     "# TYPE fairlead_submissions gauge\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		buf_addf(buf, "fairlead_submissions{state=\"%s\"} %lld\n", rows[i].state,
			 (long long)rows[i].count);
}

static void add_store(struct buf *buf, struct store *store)
{
	struct store_stats s = store_stats(store);

	add(buf, "store_units_total", "counter", "Units of work committed.", s.units);
	add(buf, "store_transactions_total", "counter", "Transactions.", s.transactions);
	add(buf, "store_waiting", "gauge", "Units that wait for the committer.", s.waiting);
	add(buf, "store_log_bytes", "gauge", "Size of the write-ahead log.", s.log_bytes);
	if (s.free_bytes >= 0)
		add(buf, "disk_free_bytes", "gauge", "Free disk under the store.",
		    s.free_bytes);
}

static void add_deliveries(struct buf *buf, struct deliverer *deliverer)
{
	struct deliver_stats s = deliverer_stats(deliverer);

	add(buf, "calls_total", "counter", "Calls to CRMs.", s.calls);
	add(buf, "circuits_open", "gauge", "Connections that are left alone.",
	    s.circuits_open);
	add(buf, "deliverer_looks_total", "counter",
	    "Times that delivering asked the store what people changed.", s.looks);
	buf_add(buf, "# HELP fairlead_attempts_total Attempts by outcome.\n"
		     "# TYPE fairlead_attempts_total counter\n");
	for (int i = OUTCOME_UNCERTAIN; i <= OUTCOME_CONNECTION; i++)
		buf_addf(buf, "fairlead_attempts_total{outcome=\"%s\"} %lld\n",
			 outcome_name((enum outcome)i), (long long)s.outcomes[i]);
}

static void add_server(struct buf *buf, const struct http_server *server)
{
	struct http_server_stats s = http_server_stats(server);

	add(buf, "http_requests_total", "counter", "Requests received.", s.requests_total);
	add(buf, "http_connections", "gauge", "Connections open.", s.connections_open);
	add(buf, "http_refused_busy_total", "counter", "Requests answered 503 for memory.",
	    s.refused_busy);
	add(buf, "http_cut_total", "counter", "Peers cut by a deadline.",
	    s.cut_headers + s.cut_body);
	add(buf, "http_body_bytes", "gauge", "Request bodies held.", s.body_bytes_held);
}

static bool may_read(struct api_call *call)
{
	const char *value = http_header_find(&call->http->headers, "Authorization");
	struct error err = { 0 };

	if (text_equal(call->http->peer, "127.0.0.1") || text_equal(call->http->peer, "::1")) {
		call->actor.workspace = 1;
		return true;
	}
	if (value && text_starts(value, "Bearer ") &&
	    api_identify(call, value + 7, &err) == 1 &&
	    call->token.scopes & (SCOPE_READ | SCOPE_ADMIN))
		return true;
	api_problem(call, 401, "unauthenticated", "send a token; none is needed from loopback");
	return false;
}

void api_metrics(struct api_call *call)
{
	struct http_headers headers = { 0 };
	struct queue_counts queue;
	struct error err = { 0 };
	struct view *view;
	struct buf buf;
	int rc;

	if (!may_read(call))
		return;
	view = api_view(call);
	if (!view)
		return;
	rc = queue_counts(view, call->actor.workspace, &queue, &err);
	view_close(view);
	if (rc < 0) {
		api_fail(call, &err);
		return;
	}
	buf_init(&buf, call->arena, 64u << 10);
	add_queue(&buf, &queue);
	add_store(&buf, call->store);
	if (call->api->config.deliverer)
		add_deliveries(&buf, call->api->config.deliverer);
	add_server(&buf, call->api->server);
	http_header_add(&headers, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	http_answer(call->http, 200, &headers, buf_text(&buf), buf.len);
}
