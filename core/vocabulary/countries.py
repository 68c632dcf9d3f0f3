"""Names of countries in English and in their own languages, as they stand behind an address."""

from core.vocabulary.folding import WORD, fold

_NAMES = """
Afghanistan, Albania, Algeria, Andorra, Angola, Argentina, Armenia, Australia, Austria, Azerbaijan,
Bahamas, Bahrain, Bangladesh, Barbados, Belarus, Belgium, Belize, Benin, Bhutan, Bolivia,
Bosnia and Herzegovina, Botswana, Brazil, Brunei, Bulgaria, Burkina Faso, Burundi, Cambodia,
Cameroon, Canada, Chad, Chile, China, Colombia, Congo, Costa Rica, Croatia, Cuba, Cyprus, Czechia,
Czech Republic, Denmark, Djibouti, Dominican Republic, Ecuador, Egypt, El Salvador, England,
Eritrea, Estonia, Eswatini, Ethiopia, Fiji, Finland, France, Gabon, Gambia, Georgia, Germany,
Ghana, Great Britain, Greece, Grenada, Guatemala, Guinea, Guyana, Haiti, Honduras, Hungary,
Iceland, India, Indonesia, Iran, Iraq, Ireland, Israel, Italy, Ivory Coast, Jamaica, Japan,
Jordan, Kazakhstan, Kenya, Kosovo, Kuwait, Kyrgyzstan, Laos, Latvia, Lebanon, Lesotho, Liberia,
Libya, Liechtenstein, Lithuania, Luxembourg, Madagascar, Malawi, Malaysia, Maldives, Mali, Malta,
Mauritania, Mauritius, Mexico, Moldova, Monaco, Mongolia, Montenegro, Morocco, Mozambique,
Myanmar, Namibia, Nepal, Netherlands, New Zealand, Nicaragua, Niger, Nigeria, North Macedonia,
Northern Ireland, Norway, Oman, Pakistan, Panama, Paraguay, Peru, Philippines, Poland, Portugal,
Qatar, Romania, Russia, Rwanda, San Marino, Saudi Arabia, Scotland, Senegal, Serbia, Singapore,
Slovakia, Slovenia, Somalia, South Africa, South Korea, Spain, Sri Lanka, Sudan, Suriname, Sweden,
Switzerland, Syria, Taiwan, Tajikistan, Tanzania, Thailand, Togo, Tunisia, Turkey, Turkmenistan,
Uganda, Ukraine, United Arab Emirates, United Kingdom, UK, United States,
United States of America, USA, Uruguay, Uzbekistan, Venezuela, Vietnam, Wales, Yemen, Zambia,
Zimbabwe,
België, Belgien, Belgique, Brasil, Česko, Česká republika, Danmark, Deutschland, Eesti, España,
Finlande, Frankreich, Hrvatska, Ísland, Italia, Latvija, Lietuva, Magyarország, México, Nederland,
Norge, Österreich, Perú, Polska, România, Schweiz, Slovenija, Slovensko, Srbija, Suisse, Suomi,
Sverige, Svizzera, Türkiye, Ελλάδα, България, Беларусь, Казахстан, Қазақстан, Россия,
Российская Федерация, Україна, 日本, 中国
"""
COUNTRIES = frozenset(
    " ".join(WORD.findall(fold(name))) for name in _NAMES.replace("\n", " ").split(",")
)
"""Folded names, their words joined by one blank."""


def is_country(name: str) -> bool:
    """Whether a text is the name of a country."""
    return " ".join(WORD.findall(fold(name))) in COUNTRIES
