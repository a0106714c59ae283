/* client.c - sends HTTP, and mail, through libcurl multi. Threads: the client's one.
 *
 * What happened to a request is told exactly, as another system's records depend on it.
 * libcurl calls send_may_begin() when name, connection and TLS are done and nothing was
 * sent; a request that fails before that has surely not been acted upon. When a kept
 * connection dies before the reply's first byte, libcurl would send the request again,
 * which is wrong for all that is not safe: the second call is refused there. */
#include "http/client_inside.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define CONNECT_MS 5000
#define TOTAL_MS 20000
#define BODY_MAX (4u << 20)
#define HEADERS_MAX (16u << 10)

/* A kept connection unused for so long is not used again: many servers close after 5 s,
 * and a request that meets the close is lost. */
#define KEPT_S 4L

/* One request on its way. */
struct exchange {
	struct exchange *next, **link;
	struct http_client *client;
	CURL *curl;
	struct curl_slist *lines; /* of the request's headers; of mail the recipient */
	const struct http_request *request;
	const struct http_mail *mail; /* instead of a request; or NULL */
	size_t mail_sent;             /* bytes of the message */
	struct arena *arena;
	http_done *done;
	void *context;
	struct http_limits limits;
	struct http_reply *reply;
	struct buf body;
	size_t headers_len;
	int sends;       /* times that sending began */
	int64_t began_us;
	bool is_plain;   /* http, not https */
	bool is_too_large;
	bool is_garbled;  /* the reply's first line is none */
	bool has_headers; /* the empty line after its headers came */
	bool is_ambiguous; /* two different lengths */
	const char *content_length;
	const char *refused; /* by us, and why */
	char curl_says[CURL_ERROR_SIZE];
};

struct http_client {
	struct http_client_config config;
	CURLM *multi;
	struct exchange *exchanges;         /* at libcurl */
	struct exchange *refused, **refused_end; /* done before they began */
	int nexchanges;
};

static void start_libcurl(void)
{
	struct sigaction action;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	/* OpenSSL writes to sockets whose peer may have gone. */
	if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

struct http_client *http_client_new(const struct http_client_config *config)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http_client *client = calloc(1, sizeof(*client));

	pthread_once(&once, start_libcurl);
	if (!client)
		abort();
	client->config = *config;
	client->refused_end = &client->refused;
	client->multi = curl_multi_init();
	if (!client->multi)
		abort();
	if (config->connections_per_host > 0)
		curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
				  (long)config->connections_per_host);
	curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return client;
}

static void exchange_detach(struct exchange *x)
{
	struct http_client *client = x->client;

	*x->link = x->next;
	if (x->next)
		x->next->link = x->link;
	client->nexchanges--;
	curl_multi_remove_handle(client->multi, x->curl);
	/* Never used again: in 7.88 a handle remembers the last header of its last reply
	 * after freeing it, and a reply that begins with a folded line is added to it. */
	curl_easy_cleanup(x->curl);
	curl_slist_free_all(x->lines);
	x->lines = NULL;
	x->curl = NULL;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	while (client->exchanges)
		exchange_detach(client->exchanges);
	curl_multi_cleanup(client->multi);
	free(client);
}

/* Called for each socket that libcurl wants to connect, after it has resolved the name:
 * a name that changes its address between a check and the connection gains nothing. */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
				 struct curl_sockaddr *address)
{
	struct exchange *x = context;
	const struct http_client_config *config = &x->client->config;
	char text[48];
	int port = 0;

	if (address->family == AF_INET)
		port = ntohs(((struct sockaddr_in *)&address->addr)->sin_port);
	else if (address->family == AF_INET6)
		port = ntohs(((struct sockaddr_in6 *)&address->addr)->sin6_port);
	if (purpose != CURLSOCKTYPE_IPCXN ||
	    !(x->is_plain ? client_address_is_named(config, &address->addr, port) :
			    http_address_allowed(config, &address->addr, port))) {
		client_address_text(&address->addr, text);
		x->refused = arena_printf(x->arena, "%saddress %s port %d is not allowed",
					  x->is_plain ? "plain http: " : "", text, port);
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool is_safe(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static int send_may_begin(void *context, char *remote, char *local, int remote_port,
			  int local_port)
{
	struct exchange *x = context;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	if (x->sends > 0 && (x->mail || !is_safe(x->request->method))) {
		x->refused = "the connection died before any reply";
		return CURL_PREREQFUNC_ABORT;
	}
	if (x->limits.may_begin && !x->limits.may_begin(x->limits.may_begin_context)) {
		x->refused = "whoever sends it thought better of it";
		return CURL_PREREQFUNC_ABORT;
	}
	x->sends++;
	return CURL_PREREQFUNC_OK;
}

static bool is_2xx(const struct exchange *x)
{
	return x->reply->status >= 200 && x->reply->status <= 299;
}

static size_t take_body(char *bytes, size_t one, size_t len, void *context)
{
	struct exchange *x = context;

	(void)one;
	if (x->limits.sink && is_2xx(x)) {
		if (x->limits.sink(x->limits.sink_context, bytes, len) == 0)
			return len;
		x->refused = "whoever takes the reply's body broke off";
		return 0;
	}
	buf_addn(&x->body, bytes, len);
	x->is_too_large |= x->body.is_over;
	return x->body.is_over ? 0 : len;
}

static void add_reply_header(struct exchange *x, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	char *name, *value;

	if (!colon || colon == line || !text_is_utf8(line, len))
		return;
	name = arena_strndup(x->arena, line, (size_t)(colon - line));
	value = text_trim(x->arena,
			  arena_strndup(x->arena, colon + 1, (size_t)(line + len - colon - 1)));
	if (text_equal_nocase(name, "Content-Length")) {
		x->is_ambiguous |= x->content_length && !text_equal(x->content_length, value);
		x->content_length = value;
	}
	http_header_add(&x->reply->headers, name, value); /* those past the 64th are left out */
}

/* The line that begins a reply: the one before it was interim (1xx). Returns whether it
 * is one; libcurl takes anything that begins with "HTTP/" for a 200. */
static bool begin_reply(struct exchange *x, const char *line, size_t len)
{
	int status = 0;

	x->has_headers = false;
	x->content_length = NULL;
	x->reply->headers.count = 0;
	x->reply->status = 0;
	if (len < 13 || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') ||
	    line[8] != ' ' || !strchr(" \r\n", line[12]))
		return false;
	for (int i = 9; i < 12; i++) {
		if (line[i] < '0' || line[i] > '9')
			return false;
		status = status * 10 + (line[i] - '0');
	}
	x->reply->status = status >= 100 && status <= 599 ? status : 0;
	return x->reply->status != 0;
}

static size_t take_header(char *line, size_t one, size_t len, void *context)
{
	struct exchange *x = context;

	(void)one;
	x->headers_len += len;
	if (x->headers_len > x->limits.headers_max) {
		x->is_too_large = true;
		return 0;
	}
	if (x->has_headers && x->reply->status >= 200)
		return len; /* a trailer */
	if (x->reply->status == 0 || x->has_headers) {
		x->is_garbled = !begin_reply(x, line, len);
		return x->is_garbled ? 0 : len;
	}
	if (line[0] == '\r' || line[0] == '\n')
		x->has_headers = true;
	else
		add_reply_header(x, line, len);
	return len;
}

static void add_line(struct exchange *x, const char *name, const char *value)
{
	/* "Name;" is how libcurl is told of a header without a value. */
	char *line = *value ? arena_printf(x->arena, "%s: %s", name, value) :
			      arena_printf(x->arena, "%s;", name);
	struct curl_slist *lines = curl_slist_append(x->lines, line);

	if (!lines)
		abort();
	x->lines = lines;
}

/* Returns what is wrong with the headers or NULL. */
static const char *add_lines(struct exchange *x)
{
	const struct http_headers *headers = &x->request->headers;
	bool has_type = false, has_agent = false;

	for (size_t i = 0; i < headers->count; i++) {
		const struct http_header *header = &headers->items[i];

		if (!http_header_is_valid(header->name, header->value))
			return "a header of the request is malformed";
		if (text_equal_nocase(header->name, "Host") ||
		    text_equal_nocase(header->name, "Content-Length") ||
		    text_equal_nocase(header->name, "Transfer-Encoding"))
			return "Host and the length are not the caller's to set";
		has_type |= text_equal_nocase(header->name, "Content-Type");
		has_agent |= text_equal_nocase(header->name, "User-Agent");
		add_line(x, header->name, header->value);
	}
	/* What libcurl would add of its own: waiting for "100 Continue", and types. */
	x->lines = curl_slist_append(x->lines, "Expect:");
	if (!has_type)
		x->lines = curl_slist_append(x->lines, "Content-Type:");
	if (!has_agent && x->client->config.user_agent)
		add_line(x, "User-Agent", x->client->config.user_agent);
	return NULL;
}

static void set_method(CURL *curl, const struct http_request *request)
{
	bool is_post = strcmp(request->method, "POST") == 0;

	if (strcmp(request->method, "HEAD") == 0) {
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
		return;
	}
	if (request->body || is_post || strcmp(request->method, "PUT") == 0 ||
	    strcmp(request->method, "PATCH") == 0) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)request->body_len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body ? request->body : "");
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_rules(struct exchange *x)
{
	CURL *curl = x->curl;
	const char *ca_file = x->client->config.ca_file;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
			 x->mail ? "smtp" : x->is_plain ? "http" : "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, KEPT_S);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)x->limits.connect_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)x->limits.total_ms);
	/* A look-up that hangs must not hold up the others when its exchange ends. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, x);
	curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, send_may_begin);
	curl_easy_setopt(curl, CURLOPT_PREREQDATA, x);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, x->curl_says);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, x);
}

static void refuse(struct exchange *x, const char *why)
{
	x->refused = why;
	*x->client->refused_end = x;
	x->client->refused_end = &x->next;
}

static bool is_method(const char *method)
{
	return method && *method && strlen(method) <= 16 &&
	       strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(method);
}

/* Libcurl is given the URL as we understood it, so that what was checked is what is
 * used. */
static const char *prepare(struct exchange *x)
{
	struct url url;
	const char *why;

	if (!is_method(x->request->method))
		return "the method is malformed";
	if (!x->request->url || !url_parse(x->arena, x->request->url, &url))
		return "the URL is malformed";
	why = add_lines(x);
	if (why)
		return why;
	x->is_plain = strcmp(url.scheme, "http") == 0;
	curl_easy_setopt(x->curl, CURLOPT_URL,
			 arena_printf(x->arena, "%s://%s:%d%s", url.scheme, url.host, url.port,
				      url.target));
	set_rules(x);
	set_method(x->curl, x->request);
	curl_easy_setopt(x->curl, CURLOPT_HTTPHEADER, x->lines);
	return NULL;
}

/* --- mail --- */

static size_t take_mail_line(char *line, size_t one, size_t len, void *context)
{
	(void)line;
	(void)one;
	(void)context;
	return len; /* the code is asked for at the end */
}

static size_t give_mail(char *room, size_t one, size_t len, void *context)
{
	struct exchange *x = context;
	size_t left = x->mail->len - x->mail_sent;

	(void)one;
	len = len < left ? len : left;
	memcpy(room, x->mail->message + x->mail_sent, len);
	x->mail_sent += len;
	return len;
}

static bool is_mail_address(const char *text)
{
	return text && !strpbrk(text, "<>\r\n \t") && strlen(text) <= 254;
}

/* Returns what is wrong or NULL. */
static const char *prepare_mail(struct exchange *x)
{
	const struct http_mail *mail = x->mail;
	const char *as_http = text_starts(mail->url, "smtp://") ?
				      arena_printf(x->arena, "http%s", mail->url + 4) :
				      "";
	struct url url;

	if (!url_parse(x->arena, as_http, &url) || !text_equal(url.target, "/"))
		return "the URL is malformed";
	if (!is_mail_address(mail->from) || !is_mail_address(mail->to) || !*mail->to)
		return "an address is malformed";
	x->is_plain = true;
	set_rules(x);
	x->lines = curl_slist_append(NULL, arena_printf(x->arena, "<%s>", mail->to));
	if (!x->lines)
		abort();
	/* The path is the name that EHLO gives. */
	curl_easy_setopt(x->curl, CURLOPT_URL,
			 arena_printf(x->arena, "smtp://%s:%d/localhost", url.host, url.port));
	curl_easy_setopt(x->curl, CURLOPT_MAIL_FROM,
			 arena_printf(x->arena, "<%s>", mail->from));
	curl_easy_setopt(x->curl, CURLOPT_MAIL_RCPT, x->lines);
	curl_easy_setopt(x->curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(x->curl, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(x->curl, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(x->curl, CURLOPT_READFUNCTION, give_mail);
	curl_easy_setopt(x->curl, CURLOPT_READDATA, x);
	curl_easy_setopt(x->curl, CURLOPT_HEADERFUNCTION, take_mail_line);
	return NULL;
}

static struct http_limits with_defaults(const struct http_limits *limits)
{
	struct http_limits l = limits ? *limits : (struct http_limits){ 0 };

	l.connect_ms = l.connect_ms ? l.connect_ms : CONNECT_MS;
	l.total_ms = l.total_ms ? l.total_ms : TOTAL_MS;
	l.body_max = l.body_max ? l.body_max : BODY_MAX;
	l.headers_max = l.headers_max ? l.headers_max : HEADERS_MAX;
	return l;
}

static void begin(struct http_client *client, const struct http_request *request,
		  const struct http_mail *mail, const struct http_limits *limits,
		  struct arena *arena, http_done *done, void *context)
{
	struct exchange *x = arena_alloc(arena, sizeof(*x));
	const char *why;

	*x = (struct exchange){ .client = client,
				.request = request,
				.mail = mail,
				.arena = arena,
				.done = done,
				.context = context,
				.limits = with_defaults(limits),
				.began_us = clock_mono_us() };
	x->reply = arena_alloc(arena, sizeof(*x->reply));
	buf_init(&x->body, arena, x->limits.body_max);
	x->curl = curl_easy_init();
	if (!x->curl)
		abort();
	x->next = client->exchanges;
	x->link = &client->exchanges;
	if (x->next)
		x->next->link = &x->next;
	client->exchanges = x;
	client->nexchanges++;

	why = mail ? prepare_mail(x) : prepare(x);
	if (why) {
		exchange_detach(x);
		x->next = NULL;
		refuse(x, why);
	} else if (curl_multi_add_handle(client->multi, x->curl) != CURLM_OK) {
		abort();
	}
}

void http_client_send(struct http_client *client, const struct http_request *request,
		      const struct http_limits *limits, struct arena *arena, http_done *done,
		      void *context)
{
	begin(client, request, NULL, limits, arena, done, context);
}

void http_client_mail(struct http_client *client, const struct http_mail *mail,
		      const struct http_limits *limits, struct arena *arena, http_done *done,
		      void *context)
{
	begin(client, NULL, mail, limits, arena, done, context);
}

static enum http_failure failure_of(const struct exchange *x, CURLcode code)
{
	if (x->is_too_large)
		return HTTP_TOO_LARGE;
	if (x->sends == 0)
		return HTTP_NOT_SENT;
	if (x->mail) /* libcurl fails what the server refuses, and knows its code */
		return x->reply->status && (code == CURLE_OK || x->reply->status >= 400) ?
			       HTTP_REPLIED :
			       HTTP_LOST;
	if (code != CURLE_OK || x->reply->status == 0 || !x->has_headers || x->is_ambiguous)
		return HTTP_LOST;
	return HTTP_REPLIED;
}

static const char *why_of(const struct exchange *x, CURLcode code)
{
	if (x->refused)
		return x->refused;
	if (x->is_too_large)
		return x->body.is_over ? "the reply's body is too large" :
					 "the reply's headers are too large";
	if (x->is_garbled)
		return "the reply's first line is malformed";
	if (code == CURLE_OK)
		return x->is_ambiguous ? "the reply has two lengths" : "the reply is cut off";
	return arena_strdup(x->arena, x->curl_says[0] ? x->curl_says : curl_easy_strerror(code));
}

static void finish(struct exchange *x, CURLcode code)
{
	struct http_reply *reply = x->reply;

	reply->failure = failure_of(x, code);
	reply->body = x->body.text;
	reply->body_len = x->body.len;
	reply->took_ms = (clock_mono_us() - x->began_us) / 1000;
	if (reply->failure != HTTP_REPLIED)
		reply->why = why_of(x, code);
	x->done(x->context, reply);
}

static int finish_refused(struct http_client *client)
{
	struct exchange *x = client->refused;
	int count = 0;

	client->refused = NULL;
	client->refused_end = &client->refused;
	while (x) {
		struct exchange *next = x->next;

		finish(x, CURLE_FAILED_INIT);
		x = next;
		count++;
	}
	return count;
}

static int finish_done(struct http_client *client)
{
	CURLMsg *message;
	int left, count = 0;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		CURLcode code = message->data.result;
		struct exchange *x = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
		if (x->mail) {
			long status = 0;

			curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
			x->reply->status = (int)status;
		}
		exchange_detach(x); /* before `done`, which may free the arena */
		finish(x, code);
		count++;
	}
	return count;
}

int http_client_poll(struct http_client *client, int timeout_ms)
{
	int running, count = finish_refused(client);

	curl_multi_perform(client->multi, &running);
	count += finish_done(client);
	if (count == 0) {
		curl_multi_poll(client->multi, NULL, 0, timeout_ms, NULL);
		curl_multi_perform(client->multi, &running);
		finish_done(client);
	}
	return client->nexchanges + (client->refused != NULL);
}

void http_client_wake(struct http_client *client)
{
	curl_multi_wakeup(client->multi);
}

static void fetched(void *context, struct http_reply *reply)
{
	*(struct http_reply **)context = reply;
}

struct http_reply *http_client_fetch(struct http_client *client,
				     const struct http_request *request,
				     const struct http_limits *limits, struct arena *arena)
{
	struct http_reply *reply = NULL;

	http_client_send(client, request, limits, arena, fetched, &reply);
	while (!reply)
		http_client_poll(client, 1000);
	return reply;
}
