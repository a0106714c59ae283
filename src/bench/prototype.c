/* prototype.c - the least that takes a lead. Threads: the HTTP server's pool parses; one
 * writer inserts, commits and answers; the queue is under `lock`. */
#include "bench/prototype.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "http/server.h"

#define BATCH_MAX 128

struct row {
	struct row *next;
	struct http_call *call;
	const char *email;
};

struct prototype {
	struct http_server *server;
	sqlite3 *db;
	sqlite3_stmt *insert;
	pthread_t writer;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct row *first, **last;
	bool is_ending;
	_Atomic int64_t commits, rows;
};

static enum http_verdict begin(struct http_call *call, void *context, size_t *body_max)
{
	(void)call;
	(void)context;
	*body_max = 64u << 10;
	return HTTP_TAKE;
}

static void problem(struct http_call *call, void *context, int status, const char *code,
		    const char *detail)
{
	(void)context;
	(void)code;
	(void)detail;
	http_answer(call, status, NULL, "{}", 2);
}

static void handle(struct http_call *call, void *context)
{
	struct prototype *p = context;
	struct row *row = arena_alloc(call->arena, sizeof(*row));
	struct error err = { 0 };
	json_t *json = json_parse(call->arena, call->body, call->body_len, &json_limits_lead,
				  &err);

	row->call = call;
	row->email = json_string_of(json, "email");
	if (!row->email) {
		http_answer(call, 400, NULL, "{}", 2);
		return;
	}
	pthread_mutex_lock(&p->lock);
	*p->last = row;
	p->last = &row->next;
	pthread_cond_signal(&p->filled);
	pthread_mutex_unlock(&p->lock);
}

/* Waits for rows; fewer than 1 means the end. */
static int take_rows(struct prototype *p, struct row **rows)
{
	int count = 0;

	pthread_mutex_lock(&p->lock);
	while (!p->first && !p->is_ending)
		pthread_cond_wait(&p->filled, &p->lock);
	for (; p->first && count < BATCH_MAX; p->first = p->first->next)
		rows[count++] = p->first;
	if (!p->first)
		p->last = &p->first;
	pthread_mutex_unlock(&p->lock);
	return count;
}

static bool insert_row(struct prototype *p, const struct row *row)
{
	bool is_done;

	sqlite3_bind_text(p->insert, 1, row->email, -1, SQLITE_STATIC);
	sqlite3_bind_text(p->insert, 2, row->call->body, (int)row->call->body_len,
			  SQLITE_STATIC);
	is_done = sqlite3_step(p->insert) == SQLITE_DONE;
	sqlite3_reset(p->insert);
	return is_done;
}

static bool keep_rows(struct prototype *p, struct row **rows, int count)
{
	bool is_kept = sqlite3_exec(p->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;

	for (int i = 0; is_kept && i < count; i++)
		is_kept = insert_row(p, rows[i]);
	return is_kept && sqlite3_exec(p->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

static void *write_rows(void *context)
{
	struct prototype *p = context;
	struct row *rows[BATCH_MAX];
	int count;

	while ((count = take_rows(p, rows)) > 0) {
		bool is_kept = keep_rows(p, rows, count);

		if (is_kept) {
			p->commits++;
			p->rows += count;
		} else {
			sqlite3_exec(p->db, "ROLLBACK", NULL, NULL, NULL);
		}
		for (int i = 0; i < count; i++)
			http_answer(rows[i]->call, is_kept ? 201 : 503, NULL, "{}", 2);
	}
	return NULL;
}

static int open_db(struct prototype *p, const char *path, struct error *err)
{
	if (sqlite3_open(path, &p->db) == SQLITE_OK &&
	    sqlite3_exec(p->db,
			 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			 "PRAGMA cache_size = -65536;"
			 "CREATE TABLE lead (id INTEGER PRIMARY KEY, email TEXT, body TEXT)",
			 NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(p->db, "INSERT INTO lead (email, body) VALUES (?, ?)", -1,
			       &p->insert, NULL) == SQLITE_OK)
		return 0;
	return error_set(err, ERR_UNAVAILABLE, "prototype: %s", sqlite3_errmsg(p->db));
}

static void free_prototype(struct prototype *p)
{
	sqlite3_finalize(p->insert);
	sqlite3_close(p->db);
	pthread_cond_destroy(&p->filled);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void end_writer(struct prototype *p)
{
	pthread_mutex_lock(&p->lock);
	p->is_ending = true;
	pthread_cond_signal(&p->filled);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->writer, NULL);
}

struct prototype *prototype_start(const char *path, struct error *err)
{
	struct prototype *p = calloc(1, sizeof(*p));
	struct http_server_config config = {
		.address = "127.0.0.1", .threads = 2, .connections_max = 2000,
		.idle_ms = 60000, .body_ms = 60000, .headers_max = 8u << 10,
		.budget = 64u << 20, .begin = begin, .handle = handle,
		.problem = problem, .context = p,
	};

	if (!p)
		abort();
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->filled, NULL);
	if (open_db(p, path, err) < 0) {
		free_prototype(p);
		return NULL;
	}
	if (pthread_create(&p->writer, NULL, write_rows, p) != 0)
		abort();
	p->server = http_server_start(&config, err);
	if (p->server)
		return p;
	end_writer(p);
	free_prototype(p);
	return NULL;
}

int prototype_port(const struct prototype *p)
{
	return http_server_port(p->server);
}

int64_t prototype_commits(const struct prototype *p)
{
	return p->commits;
}

int64_t prototype_rows(const struct prototype *p)
{
	return p->rows;
}

void prototype_stop(struct prototype *p)
{
	http_server_stop(p->server, 5000);
	end_writer(p);
	free_prototype(p);
}
