#include "../support/check.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/text.h"
#include "http/client.h"
#include "raw.h"

/* A server with a certificate of its own for 127.0.0.1, valid for a day. */
struct tls {
	SSL_CTX *context;
	char ca_file[64];
	enum { TLS_REPLY, TLS_CLOSE, TLS_CUT } then;
	_Atomic int requests;
};

static X509 *certificate_new(EVP_PKEY *key)
{
	X509 *x509 = X509_new();
	X509_NAME *name = X509_get_subject_name(x509);
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
						  "IP:127.0.0.1");

	X509_set_version(x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
				   -1, 0);
	X509_set_issuer_name(x509, name);
	X509_set_pubkey(x509, key);
	X509_add_ext(x509, san, -1);
	X509_EXTENSION_free(san);
	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	return x509;
}

static void tls_init(struct tls *tls)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = certificate_new(key);
	FILE *file;

	strcpy(tls->ca_file, "/tmp/fairlead-test-ca-XXXXXX");
	file = fdopen(mkstemp(tls->ca_file), "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, x509), 1);
	fclose(file);
	tls->context = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(tls->context, x509), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(tls->context, key), 1);
	X509_free(x509);
	EVP_PKEY_free(key);
}

static void tls_end(struct tls *tls)
{
	SSL_CTX_free(tls->context);
	unlink(tls->ca_file);
}

static void serve_tls(int fd, int n, void *context)
{
	static const char with_length[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok";
	struct tls *tls = context;
	SSL *ssl = SSL_new(tls->context);
	char request[4096];

	(void)n;
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof(request)) > 0) {
		tls->requests++;
		if (tls->then == TLS_REPLY)
			SSL_write(ssl, with_length, sizeof(with_length) - 1);
		if (tls->then == TLS_CUT) /* and no close_notify */
			SSL_write(ssl, cut, sizeof(cut) - 1);
		else
			SSL_shutdown(ssl);
	}
	SSL_free(ssl);
}

static void serve_plainly(int fd, int n, void *context)
{
	char bytes[64];

	(void)n;
	(void)context;
	raw_read(fd, bytes, 16, 1000);
	raw_send(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

static struct http_reply *post(struct arena *arena, const char *ca_file, const char *host,
			       int port)
{
	static struct http_network loopback[2];
	const struct http_client_config config = { .allowed = loopback,
						   .nallowed = 2,
						   .ca_file = ca_file };
	struct http_request request = { .method = "POST", .body = "x", .body_len = 1 };
	struct http_client *client;
	struct http_reply *reply;

	http_network_parse("127.0.0.0/8", &loopback[0], NULL);
	http_network_parse("::1", &loopback[1], NULL);
	request.url = arena_printf(arena, "https://%s:%d/", host, port);
	client = http_client_new(&config);
	reply = http_client_fetch(client, &request, NULL, arena);
	http_client_free(client);
	return reply;
}

static const struct {
	const char *name, *host;
	bool with_ca;
	long max_version;
	int then;
	enum http_failure failure;
	const char *why; /* within the words */
	int requests;
} cases[] = {
	{ "known", "127.0.0.1", true, 0, TLS_REPLY, HTTP_REPLIED, NULL, 1 },
	{ "TLS 1.2", "127.0.0.1", true, TLS1_2_VERSION, TLS_REPLY, HTTP_REPLIED, NULL, 1 },
	{ "unknown", "127.0.0.1", false, 0, TLS_REPLY, HTTP_NOT_SENT, "certificate", 0 },
	{ "another name", "localhost", true, 0, TLS_REPLY, HTTP_NOT_SENT, "localhost", 0 },
	{ "TLS 1.1", "127.0.0.1", true, TLS1_1_VERSION, TLS_REPLY, HTTP_NOT_SENT, "", 0 },
	{ "closes after reading", "127.0.0.1", true, 0, TLS_CLOSE, HTTP_LOST, "Empty reply", 1 },
	{ "cut without a notice", "127.0.0.1", true, 0, TLS_CUT, HTTP_LOST, "remaining", 1 },
};

static void certificate_and_name_are_always_verified(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tls tls = { .then = cases[i].then };
		struct arena *arena = arena_new();
		struct raw_server *server;
		struct http_reply *reply;

		tls_init(&tls);
		if (cases[i].max_version) {
			SSL_CTX_set_security_level(tls.context, 0);
			SSL_CTX_set_min_proto_version(tls.context, TLS1_VERSION);
			SSL_CTX_set_max_proto_version(tls.context, (int)cases[i].max_version);
		}
		server = raw_server_start(serve_tls, &tls);
		reply = post(arena, cases[i].with_ca ? tls.ca_file : NULL, cases[i].host,
			     raw_server_port(server));
		raw_server_stop(server);
		if (reply->failure != cases[i].failure ||
		    (cases[i].why && !strstr(reply->why, cases[i].why)))
			fail_msg("%s: failure %d, why %s", cases[i].name, (int)reply->failure,
				 reply->why ? reply->why : "-");
		assert_int_equal(tls.requests, cases[i].requests);
		tls_end(&tls);
		arena_free(arena);
	}
}

static void plain_server_gets_no_request(void **state)
{
	struct raw_server *server = raw_server_start(serve_plainly, NULL);
	struct arena *arena = arena_new();
	struct http_reply *reply = post(arena, NULL, "127.0.0.1", raw_server_port(server));

	(void)state;
	assert_int_equal(reply->failure, HTTP_NOT_SENT);
	raw_server_stop(server);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_and_name_are_always_verified),
		cmocka_unit_test(plain_server_gets_no_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
