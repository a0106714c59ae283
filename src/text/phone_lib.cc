/* phone_lib.cc - Google's libphonenumber, for C. Threads: pure after
 * phone_lib_init(), which one thread calls first. */
#include "text/phone_lib.h"

#include <cstring>
#include <exception>
#include <string>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/* Whether it fitted. */
template <size_t room> static bool put(const std::string &text, char (&out)[room])
{
	if (text.size() >= room)
		return false;
	memcpy(out, text.c_str(), text.size() + 1);
	return true;
}

static phone_lib_result result_of(PhoneNumberUtil::ErrorType error)
{
	switch (error) {
	case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
		return PHONE_LIB_INVALID_COUNTRY_CODE;
	case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
		return PHONE_LIB_TOO_SHORT_AFTER_IDD;
	case PhoneNumberUtil::TOO_SHORT_NSN:
		return PHONE_LIB_TOO_SHORT_NSN;
	case PhoneNumberUtil::TOO_LONG_NSN:
		return PHONE_LIB_TOO_LONG_NSN;
	case PhoneNumberUtil::NOT_A_NUMBER:
	case PhoneNumberUtil::NO_PARSING_ERROR:
		break;
	}
	return PHONE_LIB_NOT_A_NUMBER;
}

static phone_lib_result result_of(const PhoneNumberUtil &util, const PhoneNumber &number)
{
	switch (util.IsPossibleNumberWithReason(number)) {
	case PhoneNumberUtil::IS_POSSIBLE:
		break;
	case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY:
		return PHONE_LIB_LOCAL_ONLY;
	case PhoneNumberUtil::INVALID_COUNTRY_CODE:
		return PHONE_LIB_NO_SUCH_COUNTRY;
	case PhoneNumberUtil::TOO_SHORT:
		return PHONE_LIB_TOO_SHORT;
	case PhoneNumberUtil::INVALID_LENGTH:
		return PHONE_LIB_INVALID_LENGTH;
	case PhoneNumberUtil::TOO_LONG:
		return PHONE_LIB_TOO_LONG;
	}
	return PHONE_LIB_POSSIBLE;
}

static phone_lib_type type_of(PhoneNumberUtil::PhoneNumberType type)
{
	switch (type) {
	case PhoneNumberUtil::FIXED_LINE:
		return PHONE_LIB_FIXED_LINE;
	case PhoneNumberUtil::MOBILE:
		return PHONE_LIB_MOBILE;
	case PhoneNumberUtil::FIXED_LINE_OR_MOBILE:
		return PHONE_LIB_FIXED_LINE_OR_MOBILE;
	case PhoneNumberUtil::TOLL_FREE:
		return PHONE_LIB_TOLL_FREE;
	case PhoneNumberUtil::PREMIUM_RATE:
		return PHONE_LIB_PREMIUM_RATE;
	case PhoneNumberUtil::SHARED_COST:
		return PHONE_LIB_SHARED_COST;
	case PhoneNumberUtil::VOIP:
		return PHONE_LIB_VOIP;
	case PhoneNumberUtil::PERSONAL_NUMBER:
		return PHONE_LIB_PERSONAL;
	case PhoneNumberUtil::PAGER:
		return PHONE_LIB_PAGER;
	case PhoneNumberUtil::UAN:
		return PHONE_LIB_UAN;
	case PhoneNumberUtil::VOICEMAIL:
		return PHONE_LIB_VOICEMAIL;
	case PhoneNumberUtil::UNKNOWN:
		break;
	}
	return PHONE_LIB_UNKNOWN;
}

static bool describe(const PhoneNumberUtil &util, const PhoneNumber &number,
		     struct phone_lib *out)
{
	std::string e164, region;

	util.Format(number, PhoneNumberUtil::E164, &e164);
	util.GetRegionCodeForNumber(number, &region);
	if (region == "ZZ")
		region.clear();
	out->calling_code = number.country_code();
	return put(e164, out->e164) && put(region, out->region) &&
	       put(number.extension(), out->extension);
}

/* A number is valid to the library when it finds its type: asking both would match the
 * same patterns twice. */
static bool is_valid(const PhoneNumberUtil &util, const PhoneNumber &number,
		     struct phone_lib *out)
{
	out->type = type_of(util.GetNumberType(number));
	return out->type != PHONE_LIB_UNKNOWN;
}

/* Takes the number that its own E.164 is read as. The library takes one national prefix off,
 * off an international number too (Mexico's old 1), so what was written with two ("01 1 551 234
 * 5678") has an E.164 that is another valid number. Written as its E.164 it was read so
 * already. */
static void settle(const PhoneNumberUtil &util, const char *text, struct phone_lib *out)
{
	struct phone_lib other = *out;
	std::string e164 = out->e164;
	PhoneNumber again;

	if (e164 == text)
		return;
	if (*out->extension)
		e164.append(" ext. ").append(out->extension);
	if (util.Parse(e164, "ZZ", &again) == PhoneNumberUtil::NO_PARSING_ERROR &&
	    describe(util, again, &other) && strcmp(other.e164, out->e164) != 0 &&
	    is_valid(util, again, &other))
		*out = other;
}

static void parse(const char *text, const char *region, struct phone_lib *out)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
	PhoneNumber number;
	PhoneNumberUtil::ErrorType error = util.Parse(text, region, &number);

	if (error != PhoneNumberUtil::NO_PARSING_ERROR) {
		out->result = result_of(error);
		return;
	}
	if (!describe(util, number, out))
		return;
	out->result = result_of(util, number);
	if (out->result != PHONE_LIB_POSSIBLE || !is_valid(util, number, out))
		return;
	out->result = PHONE_LIB_VALID;
	settle(util, text, out);
}

void phone_lib_parse(const char *text, const char *region, struct phone_lib *out)
{
	memset(out, 0, sizeof(*out));
	out->result = PHONE_LIB_FAILED;
	if (strlen(text) > 250) {
		out->result = PHONE_LIB_NOT_A_NUMBER;
		return;
	}
	try {
		parse(text, region, out);
	} catch (const std::exception &) {
		out->result = PHONE_LIB_FAILED;
	}
}

static bool format(const char *e164, const char *extension, enum phone_lib_form form,
		   char (&out)[PHONE_LIB_FORM_SIZE])
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
	PhoneNumber number;
	std::string text = e164;

	if (extension)
		text.append(" ext. ").append(extension);
	if (util.Parse(text, "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR)
		return false;
	util.Format(number,
		    form == PHONE_LIB_NATIONAL ? PhoneNumberUtil::NATIONAL :
						 PhoneNumberUtil::INTERNATIONAL,
		    &text);
	return put(text, out);
}

bool phone_lib_format(const char *e164, const char *extension, enum phone_lib_form form,
		      char out[PHONE_LIB_FORM_SIZE])
{
	try {
		return format(e164, extension, form,
			      *reinterpret_cast<char(*)[PHONE_LIB_FORM_SIZE]>(out));
	} catch (const std::exception &) {
		return false;
	}
}

bool phone_lib_init(void)
{
	struct phone_lib out;

	phone_lib_parse("+919876543210", "ZZ", &out);
	return out.result == PHONE_LIB_VALID;
}

int phone_lib_calling_code(const char *region)
{
	try {
		return PhoneNumberUtil::GetInstance()->GetCountryCodeForRegion(region);
	} catch (const std::exception &) {
		return 0;
	}
}

void phone_lib_region(int calling_code, char region[4])
{
	std::string name;

	memcpy(region, "ZZ", 3);
	try {
		PhoneNumberUtil::GetInstance()->GetRegionCodeForCountryCode(calling_code,
									    &name);
	} catch (const std::exception &) {
		return;
	}
	if (name.size() < 4)
		memcpy(region, name.c_str(), name.size() + 1);
}
