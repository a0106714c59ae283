/* smtp_tls.c - TLS over bytes in memory, by OpenSSL. Threads: one at a time. */
#include "sandbox/smtp_tls.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define DAYS 3650

struct smtp_tls {
	SSL_CTX *context;
	char *pem;
};

struct smtp_tls_conn {
	SSL *ssl;
	BIO *in, *out; /* the SSL's */
};

static int fail(struct error *err, const char *what)
{
	char words[160];

	ERR_error_string_n(ERR_get_error(), words, sizeof(words));
	return error_set(err, ERR_INTERNAL, "%s: %s", what, words);
}

/* --- the certificate --- */

static bool add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool is_added;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	is_added = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return is_added;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
	static const unsigned char name[] = "Fairlead sandbox mail";
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_set_version(certificate, 2) &&
	       ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
	       X509_gmtime_adj(X509_getm_notBefore(certificate), -24 * 3600) &&
	       X509_time_adj_ex(X509_getm_notAfter(certificate), DAYS, 0, NULL) &&
	       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) &&
	       X509_set_issuer_name(certificate, subject) && X509_set_pubkey(certificate, key) &&
	       add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
	       add_extension(certificate, NID_subject_key_identifier, "hash") &&
	       add_extension(certificate, NID_subject_alt_name,
			     "DNS:localhost,DNS:mx.sandbox.example,IP:127.0.0.1,IP:::1") &&
	       X509_sign(certificate, key, EVP_sha256());
}

static char *pem_of(X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL, *bytes;
	long len;

	if (bio && PEM_write_bio_X509(bio, certificate)) {
		len = BIO_get_mem_data(bio, &bytes);
		text = strndup(bytes, (size_t)len);
	}
	BIO_free(bio);
	return text;
}

struct smtp_tls *smtp_tls_new(struct error *err)
{
	struct smtp_tls *tls = calloc(1, sizeof(*tls));
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();

	if (!tls)
		abort();
	tls->context = SSL_CTX_new(TLS_server_method());
	if (key && certificate && tls->context && fill(certificate, key) &&
	    SSL_CTX_use_certificate(tls->context, certificate) == 1 &&
	    SSL_CTX_use_PrivateKey(tls->context, key) == 1 &&
	    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) == 1)
		tls->pem = pem_of(certificate);
	X509_free(certificate);
	EVP_PKEY_free(key);
	if (tls->pem) {
		SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION);
		return tls;
	}
	fail(err, "certificate");
	smtp_tls_free(tls);
	return NULL;
}

void smtp_tls_free(struct smtp_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->context);
	free(tls->pem);
	free(tls);
}

const char *smtp_tls_pem(const struct smtp_tls *tls)
{
	return tls->pem;
}

/* --- connections --- */

struct smtp_tls_conn *smtp_tls_accept(struct smtp_tls *tls)
{
	struct smtp_tls_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		abort();
	conn->ssl = SSL_new(tls->context);
	conn->in = BIO_new(BIO_s_mem());
	conn->out = BIO_new(BIO_s_mem());
	if (!conn->ssl || !conn->in || !conn->out)
		abort();
	SSL_set_bio(conn->ssl, conn->in, conn->out);
	SSL_set_accept_state(conn->ssl);
	return conn;
}

void smtp_tls_conn_free(struct smtp_tls_conn *conn)
{
	if (!conn)
		return;
	SSL_free(conn->ssl);
	free(conn);
}

void smtp_tls_put(struct smtp_tls_conn *conn, const char *bytes, size_t len)
{
	if (BIO_write(conn->in, bytes, (int)len) != (int)len)
		abort(); /* memory takes all */
}

int smtp_tls_read(struct smtp_tls_conn *conn, char *bytes, size_t room)
{
	int n;

	ERR_clear_error();
	n = SSL_read(conn->ssl, bytes, (int)room);
	if (n > 0)
		return n;
	return SSL_get_error(conn->ssl, n) == SSL_ERROR_WANT_READ ? 0 : -1;
}

size_t smtp_tls_write(struct smtp_tls_conn *conn, const char *bytes, size_t len)
{
	int n;

	ERR_clear_error();
	n = SSL_is_init_finished(conn->ssl) ? SSL_write(conn->ssl, bytes, (int)len) : 0;
	return n > 0 ? (size_t)n : 0;
}

void smtp_tls_bye(struct smtp_tls_conn *conn)
{
	ERR_clear_error();
	if (SSL_is_init_finished(conn->ssl))
		SSL_shutdown(conn->ssl); /* does not wait for the peer's */
}

size_t smtp_tls_get(struct smtp_tls_conn *conn, char *bytes, size_t room)
{
	int n = BIO_read(conn->out, bytes, (int)room);

	return n > 0 ? (size_t)n : 0;
}
