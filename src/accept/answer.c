/* answer.c - refusals as problem documents (RFC 9457). Threads: pure. */
#include "accept/accept.h"

#include "base/http_message.h"

static void add_member(struct buf *buf, const char *name, const char *text, bool is_first)
{
	buf_addf(buf, "%s\"%s\":", is_first ? "" : ",", name);
	buf_add_json(buf, text);
}

void answer_problems(struct arena *arena, const struct problems *problems,
		     struct answer *answer)
{
	struct buf buf;

	buf_init(&buf, arena, 256u << 10);
	buf_addf(&buf,
		 "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,"
		 "\"code\":\"invalid\",\"detail\":\"%zu %s; nothing was taken\",\"errors\":[",
		 problems->count,
		 problems->count == 1 ? "field has a problem" : "fields have problems");
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
	answer->status = 422;
	answer->body = buf_text(&buf);
}

void answer_problem(struct arena *arena, int status, const char *code, const char *detail,
		    struct answer *answer)
{
	struct buf buf;

	buf_init(&buf, arena, 16u << 10);
	buf_add(&buf, "{\"type\":\"about:blank\"");
	add_member(&buf, "title", http_reason(status), false);
	buf_addf(&buf, ",\"status\":%d", status);
	add_member(&buf, "code", code, false);
	add_member(&buf, "detail", detail, false);
	buf_addc(&buf, '}');
	answer->status = status;
	answer->body = buf_text(&buf);
}
