/* answer.c - refusals as problem documents (RFC 9457). Threads: pure. */
#include "accept/accept.h"

#include "base/http_message.h"

static void add_member(struct buf *buf, const char *name, const char *text, bool is_first)
{
	buf_addf(buf, "%s\"%s\":", is_first ? "" : ",", name);
	buf_add_json(buf, text);
}

static void begin(struct buf *buf, struct arena *arena, int status, const char *code,
		  const char *detail)
{
	buf_init(buf, arena, 256u << 10);
	buf_add(buf, "{\"type\":\"about:blank\"");
	add_member(buf, "title", http_reason(status), false);
	buf_addf(buf, ",\"status\":%d", status);
	add_member(buf, "code", code, false);
	add_member(buf, "detail", detail, false);
}

void answer_refused(struct arena *arena, int status, const char *code, const char *detail,
		    const struct problems *problems, struct answer *answer)
{
	struct buf buf;

	begin(&buf, arena, status, code, detail);
	buf_add(&buf, ",\"errors\":[");
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		buf_add(&buf, i > 0 ? ",{" : "{");
		add_member(&buf, "field", p->field, true);
		add_member(&buf, "code", p->code, false);
		add_member(&buf, "message", p->message, false);
		add_member(&buf, "instruction", p->instruction, false);
		buf_addc(&buf, '}');
	}
	buf_add(&buf, "]}");
	answer->status = status;
	answer->body = buf_text(&buf);
}

void answer_problems(struct arena *arena, const struct problems *problems,
		     struct answer *answer)
{
	answer_refused(arena, 422, "invalid",
		       arena_printf(arena, "%zu %s; nothing was taken", problems->count,
				    problems->count == 1 ? "field has a problem" :
							   "fields have problems"),
		       problems, answer);
}

void answer_problem(struct arena *arena, int status, const char *code, const char *detail,
		    struct answer *answer)
{
	struct buf buf;

	begin(&buf, arena, status, code, detail);
	buf_addc(&buf, '}');
	answer->status = status;
	answer->body = buf_text(&buf);
}
