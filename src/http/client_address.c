/* client_address.c - which addresses may be connected to. Threads: pure.
 *
 * The list is that of RFC 6890 and the IANA registries after it, as in the webhooks
 * fact sheet, section 6. An address is judged as IPv6, an IPv4 one as IPv4-mapped; the
 * forms that carry an IPv4 address inside are judged by that. */
#include "http/client_inside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct range {
	const char *first;
	int prefix;
};

static const struct range special_v4[] = {
	{ "0.0.0.0", 8 },	 { "10.0.0.0", 8 },    { "100.64.0.0", 10 },
	{ "127.0.0.0", 8 },	 { "169.254.0.0", 16 }, { "172.16.0.0", 12 },
	{ "192.0.0.0", 24 },	 { "192.0.2.0", 24 },  { "192.88.99.0", 24 },
	{ "192.168.0.0", 16 },	 { "198.18.0.0", 15 }, { "198.51.100.0", 24 },
	{ "203.0.113.0", 24 },	 { "224.0.0.0", 4 },   { "240.0.0.0", 4 },
};

/* ::/96 holds "::", "::1" and the long dead IPv4-compatible addresses. */
static const struct range special_v6[] = {
	{ "::", 96 },	    { "64:ff9b:1::", 48 }, { "100::", 64 }, { "2001::", 23 },
	{ "2001:db8::", 32 }, { "3fff::", 20 },	   { "5f00::", 16 }, { "fc00::", 7 },
	{ "fe80::", 9 },    { "ff00::", 8 },
};

/* Where an IPv4 address stands inside an IPv6 one: mapped, NAT64, 6to4. */
static const struct {
	struct range range;
	int at;
} carriers[] = {
	{ { "::ffff:0:0", 96 }, 12 },
	{ { "64:ff9b::", 96 }, 12 },
	{ { "2002::", 16 }, 2 },
};

static bool same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
	int bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, (size_t)bytes) != 0)
		return false;
	return rest == 0 || ((a[bytes] ^ b[bytes]) & (0xff << (8 - rest) & 0xff)) == 0;
}

static bool in_range(int family, const unsigned char *address, const struct range *range)
{
	unsigned char first[16];

	return inet_pton(family, range->first, first) == 1 &&
	       same_bits(address, first, range->prefix);
}

static bool is_public_v4(const unsigned char address[4])
{
	for (size_t i = 0; i < ARRAY_LEN(special_v4); i++)
		if (in_range(AF_INET, address, &special_v4[i]))
			return false;
	return true;
}

static bool is_public(const unsigned char address[16])
{
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++)
		if (in_range(AF_INET6, address, &carriers[i].range))
			return is_public_v4(address + carriers[i].at);
	for (size_t i = 0; i < ARRAY_LEN(special_v6); i++)
		if (in_range(AF_INET6, address, &special_v6[i]))
			return false;
	return true;
}

static void map_v4(unsigned char address[16], const void *four)
{
	memset(address, 0, 10);
	memset(address + 10, 0xff, 2);
	memcpy(address + 12, four, 4);
}

static bool address_of(const void *sockaddr, unsigned char address[16])
{
	const struct sockaddr *any = sockaddr;

	if (any->sa_family == AF_INET)
		map_v4(address, &((const struct sockaddr_in *)sockaddr)->sin_addr);
	else if (any->sa_family == AF_INET6)
		memcpy(address, &((const struct sockaddr_in6 *)sockaddr)->sin6_addr, 16);
	else
		return false;
	return true;
}

bool client_address_is_named(const struct http_client_config *config, const void *sockaddr,
			     int port)
{
	unsigned char address[16];

	if (!address_of(sockaddr, address))
		return false;
	for (size_t i = 0; i < config->nallowed; i++) {
		const struct http_network *network = &config->allowed[i];

		if ((network->port == 0 || network->port == port) &&
		    same_bits(address, network->address, network->prefix))
			return true;
	}
	return false;
}

bool http_address_allowed(const struct http_client_config *config, const void *sockaddr,
			  int port)
{
	unsigned char address[16];

	return address_of(sockaddr, address) &&
	       (is_public(address) || client_address_is_named(config, sockaddr, port));
}

void client_address_text(const void *sockaddr, char text[48])
{
	unsigned char address[16];
	int is_v4;

	snprintf(text, 48, "?");
	if (!address_of(sockaddr, address))
		return;
	is_v4 = in_range(AF_INET6, address, &carriers[0].range);
	inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? address + 12 : address, text, 48);
}

/* Cuts `text` at the last `mark` and reads the number after it; false if that is not
 * one of 0 to `max`. Without a mark *number stays. */
static bool cut_number(char *text, char mark, int max, int *number)
{
	char *at = strrchr(text, mark);
	int64_t value;

	if (!at)
		return true;
	if (at[1] < '0' || at[1] > '9' || !text_int(at + 1, &value) || value > max)
		return false;
	*at = '\0';
	*number = (int)value;
	return true;
}

static bool read_v6(char *text, struct http_network *network)
{
	char *end = strchr(text, ']');
	int bits = 128;

	if (text[0] == '[') {
		if (!end || !cut_number(end, ':', 65535, &network->port) ||
		    !cut_number(end, '/', 128, &bits) || end[1])
			return false;
		*end = '\0';
		text++;
	} else if (!cut_number(text, '/', 128, &bits)) {
		return false;
	}
	network->prefix = bits;
	return inet_pton(AF_INET6, text, network->address) == 1;
}

static bool read_v4(char *text, struct http_network *network)
{
	int bits = 32;
	unsigned char four[4];

	if (!cut_number(text, ':', 65535, &network->port) || !cut_number(text, '/', 32, &bits) ||
	    inet_pton(AF_INET, text, four) != 1)
		return false;
	map_v4(network->address, four);
	network->prefix = 96 + bits;
	return true;
}

int http_network_parse(const char *text, struct http_network *network, struct error *err)
{
	char copy[80];
	bool is_v6;

	*network = (struct http_network){ .port = 0 };
	if (strlen(text) < sizeof(copy)) {
		strcpy(copy, text);
		is_v6 = copy[0] == '[' || strchr(copy, ':') != strrchr(copy, ':');
		if (is_v6 ? read_v6(copy, network) : read_v4(copy, network))
			return 0;
	}
	return error_set(err, ERR_INVALID,
			 "network %.64s: not like 10.1.0.0/16 or 127.0.0.1:8090 or [fd00::]/8:443",
			 text);
}
