/* error.c - what went wrong, said once and carried up. Threads: pure. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A cut message must still be UTF-8: drops the last character unless it is ASCII, when
 * the message is as long as can be. */
static void trim_broken_tail(char *message, size_t size)
{
	size_t len = strnlen(message, size - 1);

	if (len < size - 1)
		return;
	while (len > 0 && ((unsigned char)message[len - 1] & 0xC0) == 0x80)
		len--;
	if (len > 0 && (unsigned char)message[len - 1] >= 0xC0)
		len--;
	message[len] = '\0';
}

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
	char message[sizeof(err->message)]; /* err->message may be an argument */
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	trim_broken_tail(message, sizeof(message));
	memcpy(err->message, message, strlen(message) + 1);
	err->code = code;
	return -1;
}

static enum error_code code_of_errno(int number)
{
	switch (number) {
	case ENOENT:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_CONFLICT;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case ENOSPC:
	case EDQUOT:
	case EADDRINUSE:
	case EADDRNOTAVAIL:
	case EAGAIN:
	case EMFILE:
	case ENFILE:
	case ECONNREFUSED:
	case ETIMEDOUT:
		return ERR_UNAVAILABLE;
	case EINVAL:
	case ENAMETOOLONG:
	case ENOTDIR:
	case EISDIR:
		return ERR_INVALID;
	default:
		return ERR_INTERNAL;
	}
}

int error_errno(struct error *err, const char *what)
{
	int number = errno;

	return error_set(err, code_of_errno(number), "%s: %s", what, strerror(number));
}

int error_wrap(struct error *err, const char *format, ...)
{
	char context[sizeof(err->message)], inner[sizeof(err->message)];
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	memcpy(inner, err->message, sizeof(inner));
	return error_set(err, err->code, "%s: %s", context, inner);
}

const char *error_code_name(enum error_code code)
{
	switch (code) {
	case ERR_NONE:
		return "none";
	case ERR_INVALID:
		return "invalid";
	case ERR_NOT_FOUND:
		return "not_found";
	case ERR_CONFLICT:
		return "conflict";
	case ERR_DENIED:
		return "denied";
	case ERR_LIMIT:
		return "limit";
	case ERR_UNAVAILABLE:
		return "unavailable";
	case ERR_INTERNAL:
		return "internal";
	}
	return "internal";
}
