/* attributes.h - the few compiler words we use. Threads: pure. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#define PRINTF_LIKE(at, args) __attribute__((format(printf, at, args)))
#define MUST_USE __attribute__((warn_unused_result))
#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
