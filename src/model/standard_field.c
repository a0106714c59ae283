/* standard_field.c - the fields every lead may have, and what files call them.
 * Threads: pure. */
#include <string.h>

#include "base/text.h"
#include "model/lead.h"

/* Synonyms are compared folded (see fold()), so case, blanks, punctuation and accents
 * need no entry of their own. None may stand twice: a test looks. */
const struct standard_field standard_fields[] = {
	{ "first_name", "First name", FIELD_NAME, 100, true, true,
	  "first|fname|given name|forename|christian name|vorname|rufname|prenom|nombre|"
	  "nombres|primeiro nome|nome|voornaam|fornavn|fornamn|imie|имя|प्रथम नाम|名" },
	{ "last_name", "Last name", FIELD_NAME, 100, true, true,
	  "last|lname|surname|family name|second name|nachname|familienname|nom|"
	  "nom de famille|apellido|apellidos|sobrenome|cognome|achternaam|etternavn|"
	  "efternavn|efternamn|nazwisko|фамилия|उपनाम|姓" },
	{ "name", "Name", FIELD_NAME, 200, true, true,
	  "full name|fullname|complete name|contact person|person name|whole name|"
	  "vollständiger name|vor und nachname|ansprechpartner|nom complet|"
	  "nom et prenom|nombre completo|nombre y apellidos|nome completo|nome e cognome|"
	  "volledige naam|naam|navn|namn|фио|नाम|पूरा नाम|姓名|名前|氏名|الاسم" },
	{ "email", "E-mail", FIELD_EMAIL, 254, true, true,
	  "mail|email address|email id|mail id|mail address|work email|business email|"
	  "office email|personal email|email 1|email 1 value|email address 1|emailaddress1|"
	  "mailadresse|e-mail-adresse|elektronische post|adresse mail|adresse email|"
	  "adresse electronique|courriel|mel|correo|correo electronico|"
	  "direccion de correo|endereco de email|correio eletronico|posta elettronica|"
	  "indirizzo email|e-mailadres|epost|adres e-mail|почта|электронная почта|"
	  "ईमेल|邮箱|电子邮件|メール|メールアドレス|البريد الالكتروني" },
	{ "phone", "Phone", FIELD_PHONE, 64, true, true,
	  "tel|telephone|telephone number|phone number|phone no|ph|ph no|phone 1|"
	  "phone 1 value|mobile|mobile number|mobile no|mobile phone|mob|mob no|cell|"
	  "cell phone|cellphone|cell number|contact number|contact no|contact phone|"
	  "work phone|work phone number|business phone|home phone|day phone|"
	  "whatsapp|whatsapp number|whatsapp no|phone mobile|"
	  "telefon|telefonnummer|telefon nr|rufnummer|handy|handynummer|mobil|mobilnummer|"
	  "mobiltelefon|mobilfunk|tel nr|tel no|numero de telephone|no de telephone|"
	  "portable|telephone portable|numero de portable|gsm|telefono|numero de telefono|"
	  "movil|telefono movil|celular|numero de celular|telefone|telemovel|"
	  "numero de telefone|numero di telefono|cellulare|telefoonnummer|telefoon|"
	  "mobiele nummer|puhelin|telefonnumer|numer telefonu|телефон|номер телефона|"
	  "मोबाइल|मोबाइल नंबर|फोन|फोन नंबर|电话|手机|手机号|電話|電話番号|携帯|الهاتف|"
	  "رقم الهاتف|الجوال" },
	{ "company", "Company", FIELD_TEXT, 200, true, true,
	  "company name|organisation|organization|organisation name|organization name|"
	  "account name|business|business name|employer|firm|firm name|firma|firmenname|"
	  "unternehmen|entreprise|nom de l'entreprise|societe|raison sociale|empresa|"
	  "nombre de la empresa|nome da empresa|compania|azienda|nome azienda|societa|"
	  "bedrijf|bedrijfsnaam|virksomhed|foretag|компания|организация|कंपनी|公司|会社名|"
	  "الشركة" },
	{ "title", "Job title", FIELD_TEXT, 128, true, true,
	  "job title|jobtitle|job|position|job position|role|job role|designation|"
	  "occupation|profession|berufsbezeichnung|jobtitel|funktion|stellenbezeichnung|"
	  "poste|fonction|intitule du poste|cargo|puesto|ruolo|functie|должность|पद|职位|"
	  "役職" },
	{ "country", "Country", FIELD_COUNTRY, 64, true, true,
	  "country name|country code|country iso|country region|nation|land|pays|pais|"
	  "paese|nazione|kraj|страна|देश|国家|国|الدولة" },
	{ "postal_code", "Postal code", FIELD_POSTAL, 16, true, true,
	  "postcode|post code|zip|zip code|zipcode|pin|pin code|pincode|pin no|area pin|"
	  "zip postal code|postal zip code|postal|plz|postleitzahl|code postal|cp|"
	  "codigo postal|cep|cap|codice postale|codice di avviamento postale|postnummer|"
	  "kod pocztowy|индекс|почтовый индекс|पिन कोड|पिन|邮编|邮政编码|郵便番号" },
	{ "city", "City", FIELD_TEXT, 100, true, true,
	  "town|city name|city town|locality|ort|stadt|wohnort|ville|commune|ciudad|"
	  "localidad|cidade|citta|comune|stad|plaats|woonplaats|miasto|город|शहर|城市|市|"
	  "المدينة" },
	{ "region", "Region", FIELD_TEXT, 100, true, true,
	  "state|province|state province|state region|state name|county|territory|"
	  "federal state|bundesland|kanton|departement|provincia|estado|comunidad autonoma|"
	  "regione|provincie|wojewodztwo|область|регион|राज्य|省|都道府県" },
	{ "language", "Language", FIELD_LANGUAGE, 35, true, true,
	  "lang|preferred language|locale|language code|sprache|langue|idioma|lingua|taal|"
	  "język|язык|भाषा|语言|言語" },
	{ "enquiry_id", "Enquiry id", FIELD_WORD, 128, true, true,
	  "enquiry no|enquiry number|inquiry id|inquiry no|inquiry number|lead id|"
	  "lead no|lead number|leadgen id|external id|reference|reference no|"
	  "reference number|reference id|ref no|unique query id|query id|request id|"
	  "ticket id|anfrage id|anfragenummer|vorgangsnummer|numero de demande|"
	  "id de consulta" },
	{ "source", "Source", FIELD_WORD, 64, false, true,
	  "lead source|source name|origin|channel|lead origin|utm source|quelle|herkunft|"
	  "provenance|origine|fuente|origen|origem|fonte|bron|источник|स्रोत|来源" },
	{ "message", "Message", FIELD_TEXT, 10000, true, true,
	  "comment|comments|note|notes|remark|remarks|enquiry|inquiry|query|question|"
	  "questions|description|details|requirement|requirements|query message|"
	  "enquiry message|comments questions|how can we help|nachricht|anfrage|bemerkung|"
	  "bemerkungen|kommentar|commentaire|commentaires|demande|mensaje|comentario|"
	  "comentarios|mensagem|messaggio|commenti|bericht|opmerking|opmerkingen|"
	  "wiadomosc|сообщение|комментарий|संदेश|留言|备注|お問い合わせ内容|الرسالة" },
	{ "occurred_at", "Occurred at", FIELD_TIME, 40, false, true,
	  "occurred|date|date time|datetime|timestamp|time stamp|created|created at|"
	  "created on|created time|created date|create date|creation date|date created|"
	  "date added|submitted|submitted at|submitted on|submission date|submission time|"
	  "submit date|lead date|lead time|lead created|enquiry date|enquiry time|"
	  "inquiry date|query time|lead submit time|received at|received on|datum|"
	  "erstellt|erstellt am|erstelldatum|eingang|eingangsdatum|date de creation|cree le|"
	  "fecha|fecha de creacion|fecha y hora|data|data e hora|data de criacao|"
	  "data creazione|data di creazione|дата|दिनांक|तारीख|日期|日時" },

	/* Concluded by Fairlead or told by a CRM: no source may send them. */
	{ "status", "Status", FIELD_WORD, 100, false, false, "" },
	{ "owner", "Owner", FIELD_WORD, 128, false, false, "" },
	{ "disqualify_reason", "Disqualify reason", FIELD_TEXT, 1000, true, false, "" },
	{ "qualification_status", "Qualification status", FIELD_WORD, 64, false, false, "" },
	{ "qualification_at", "Qualified at", FIELD_TIME, 40, false, false, "" },
	{ "qualification_channel", "Qualification channel", FIELD_WORD, 64, false, false, "" },
	{ "qualification_attempt", "Qualification attempt", FIELD_TEXT, 100, false, false,
	  "" },
	{ "callback_at", "Callback at", FIELD_TIME, 40, true, false, "" },
	{ "score", "Score", FIELD_NUMBER, 20, false, false, "" },
	{ "score_reasons", "Score reasons", FIELD_TEXT, 4000, true, false, "" },
	{ NULL, NULL, FIELD_TEXT, 0, false, false, NULL },
};

const struct standard_field *standard_field_find(const char *name)
{
	for (const struct standard_field *f = standard_fields; f->name; f++)
		if (f->name[0] == name[0] && strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

#define FOLDED_MAX 96 /* bytes; no header that we know is longer */

/* Base letters of U+00C0 to U+017F: "Prénom" and "Prenom" are one header. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuyts"
			    "aaaaaaaceeeeiiiidnooooo ouuuuyty"
			    "aaaaaaccccccccddddeeeeeeeeeegggg"
			    "gggghhhhiiiiiiiiiiiijjkkklllllll"
			    "lllnnnnnnnnnoooooooorrrrrrssssss"
			    "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/* The code point at *text (well-formed UTF-8), which moves behind it. */
static unsigned next_point(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	int more = *p < 0x80 ? 0 : *p < 0xE0 ? 1 : *p < 0xF0 ? 2 : 3;
	unsigned point = more == 0 ? *p : *p & (0x3Fu >> more);

	for (p++; more > 0 && (*p & 0xC0) == 0x80; more--, p++)
		point = point << 6 | (*p & 0x3F);
	*text = (const char *)p;
	return point;
}

/* What remains of a code point when headers are compared; 0: nothing. */
static unsigned fold_point(unsigned point)
{
	if (point >= 0xFF01 && point <= 0xFF5E)
		point -= 0xFF01 - '!'; /* full width */
	if (point < 0x80) {
		if (point >= 'A' && point <= 'Z')
			return point + ('a' - 'A');
		return (point >= 'a' && point <= 'z') || (point >= '0' && point <= '9') ?
			       point : 0;
	}
	if (point < 0xC0 || (point >= 0x300 && point <= 0x36F) ||
	    (point >= 0x2000 && point <= 0x206F) || (point >= 0x3000 && point <= 0x303F) ||
	    point == 0xFEFF)
		return 0; /* signs, combining accents, punctuation, byte order mark */
	if (point < 0x180)
		return latin[point - 0xC0] == ' ' ? 0 : (unsigned char)latin[point - 0xC0];
	if (point >= 0x410 && point <= 0x42F)
		return point + 0x20; /* Cyrillic */
	return point;
}

/* Folds up to `end` (or the NUL) into `folded`; false when it is too long. */
static bool fold(const char *text, const char *end, char folded[FOLDED_MAX])
{
	size_t len = 0;

	while (*text && text != end) {
		unsigned point = fold_point(next_point(&text));

		if (!point)
			continue;
		if (len + 5 > FOLDED_MAX)
			return false;
		if (point < 0x80) {
			folded[len++] = (char)point;
			continue;
		}
		if (point >= 0x10000) {
			folded[len++] = (char)(0xF0 | point >> 18);
			folded[len++] = (char)(0x80 | (point >> 12 & 0x3F));
		} else if (point >= 0x800) {
			folded[len++] = (char)(0xE0 | point >> 12);
		}
		folded[len++] = (char)(point < 0x800 ? 0xC0 | point >> 6 :
						       0x80 | (point >> 6 & 0x3F));
		folded[len++] = (char)(0x80 | (point & 0x3F));
	}
	folded[len] = '\0';
	return len > 0;
}

static bool means(const struct standard_field *field, const char *folded)
{
	const char *at = field->synonyms;
	char other[FOLDED_MAX];

	if (fold(field->name, NULL, other) && strcmp(other, folded) == 0)
		return true;
	while (*at) {
		const char *end = at + strcspn(at, "|");

		if (fold(at, end, other) && strcmp(other, folded) == 0)
			return true;
		at = *end ? end + 1 : end;
	}
	return false;
}

static const struct standard_field *guess_folded(const char *folded)
{
	for (const struct standard_field *f = standard_fields; f->name; f++)
		if (f->is_given && means(f, folded))
			return f;
	return NULL;
}

const struct standard_field *standard_field_guess(const char *header)
{
	static const char *const whose[] = { "your", "lead", "contact", "customer", "client",
					     "sender", "user", "prospect", "primary", "buyer",
					     "patient", "student", "applicant" };
	const struct standard_field *field;
	char folded[FOLDED_MAX];

	if (!fold(header, NULL, folded))
		return NULL;
	field = guess_folded(folded);
	for (size_t i = 0; !field && i < ARRAY_LEN(whose); i++)
		if (text_starts(folded, whose[i]) && folded[strlen(whose[i])])
			field = guess_folded(folded + strlen(whose[i]));
	return field;
}
