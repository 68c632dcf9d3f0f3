"""Other languages: detection, words, compounds, word order, and the tables themselves."""

import json
from pathlib import Path

import pytest

from core.retrieval.negation import denials_in
from core.vocabulary.kinds import KINDS, family_of
from core.vocabulary.languages.detection import is_unknown_language, language_of
from core.vocabulary.languages.gloss import gloss
from core.vocabulary.languages.lexicon import CODES, lexicon
from core.vocabulary.languages.schema_names import kind_of, rewrite
from core.vocabulary.languages.sign_words import sign_words
from core.vocabulary.languages.tables import TABLES, Row, read_rows, write_rows

TESTS = Path(__file__).resolve().parent.parent
OTHER = TESTS / "descriptions_other_languages.jsonl"


def rows_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def english_texts() -> list[str]:
    others = {str(row["text"]) for row in rows_of(OTHER)}
    texts = [
        str(row["text"])
        for path in sorted(TESTS.rglob("*.jsonl"))
        if path != OTHER and path.name not in ("addresses.jsonl", "evidence_labels.jsonl")
        for row in rows_of(path)
        if row["text"] not in others and row.get("lang", "en") == "en"
    ]
    examples = json.loads((TESTS.parent / "assets" / "examples.json").read_text(encoding="utf-8"))
    listed = [row for rows in examples.values() for row in rows]
    return texts + [row["text"] for row in listed if row.get("language", "en") == "en"]


def test_no_english_description_is_taken_for_another_language() -> None:
    texts = english_texts()
    assert len(texts) > 250
    assert {text: language for text in texts if (language := language_of(text))} == {}


def test_every_description_in_another_language_is_recognised() -> None:
    rows = rows_of(OTHER)
    assert {row["lang"] for row in rows} == {"cs", "de", "es", "fi", "fr", "pt", "ru", "sv"}
    wrong = [row["id"] for row in rows if language_of(str(row["text"])) != row["lang"]]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bahnhof", "de"),
        ("alter Wasserturm", "de"),
        ("Marina", None),
        ("Mannerheimintie", None),
        ("Bahnhof und Kirche", "de"),
        ("église et pont", "fr"),
        ("церковь", "ru"),
        ("白い教会の隣", "ja"),
        ("piazza con fontana e chiesa", "it"),
        ("kościół obok mostu", "pl"),
        ("Kirche am Park", "de"),
        ("Statue vor dem Museum", "de"),
        ("a dos cuadras de la iglesia", "es"),
        ("statue park, hotel bar", None),
        ("Rue des Roses 9", None),
        ("Hermann-von-Maltzan-Weg 24", None),
        ("Brandenburg Gate, Unter den Linden", None),
        ("Rathaus am Markt, Brunnen", "de"),
        ("Площа Ринок, ратуша і вежа", None),
        ("keine einzige Bank", "de"),
        ("ei yhtään penkkiä", "fi"),
        ("bez obchodů", "cs"),
        ("", None),
    ],
)
def test_short_texts_and_addresses(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("egy fehér templom a híd mellett", True),
        ("köprünün yanında beyaz bir kilise", True),
        ("een witte kerk naast de brug, met een klein park ervoor", True),
        ("a white church next to the bridge", False),
        ("Kalevankatu Yrjönkatu Mannerheimintie", False),
        ("bistro", False),
    ],
)
def test_a_language_without_a_table_is_noticed(text: str, unknown: bool) -> None:
    assert language_of(text) is None
    assert is_unknown_language(text) is unknown


def test_no_english_description_is_taken_for_an_unknown_language() -> None:
    texts = english_texts()
    assert len(texts) > 250
    assert [text for text in texts if is_unknown_language(text)] == []


def test_names_belong_to_no_language() -> None:
    text = "Plaza de los Treinta y Tres"
    assert language_of(text) == "es"
    assert language_of(text, [(0, len(text))]) is None


@pytest.mark.parametrize(
    ("language", "text", "english"),
    [
        ("de", "neben der Backsteinkirche", "next to brick church"),
        ("de", "die Marienkirche", "Marienkirche church"),
        ("de", "in der Turmstraße", "in Turmstraße street"),
        ("de", "zwei hohe Türme, kein Baum", "two tall tower, no trees"),
        ("fr", "l'église blanche en face de la gare", "white church opposite railway station"),
        ("es", "una torre alta de piedra", "tall stone tower"),
        ("pt", "ao lado da ponte de ferro", "next to iron bridge"),
        ("fi", "vanhan kirkon vieressä", "next to old church"),
        ("fi", "kirkko ison puiston vieressä", "church next to large park"),
        ("fi", "kirkko puistoa vastapäätä", "church opposite park"),
        ("fi", "puiston takana on kirkko", "church behind park"),
        ("de", "Kirche an einem kleinen Platz", "church near small square"),
        ("sv", "kyrka vid ett torg", "church near square"),
        ("ja", "公園の隣の教会", "church next to park"),
        ("cs", "za dřevěným kostelem", "behind wooden church"),
        ("sv", "mittemot tegelkyrkan", "opposite brick church"),
        ("ru", "рядом с каменным мостом", "next to stone bridge"),
        ("it", "accanto alla fontana", "next to fountain"),
        ("pl", "naprzeciwko kościoła", "opposite church"),
        ("de", "ein Park nördlich der Kirche", "park north of church"),
        ("fi", "kirkon pohjoispuolella", "north of church"),
        ("fr", "à l'ouest du pont", "west of bridge"),
        ("ja", "白い教会の隣に広場", "square next to white church"),
        ("ja", "赤い橋、池", "red bridge, pond"),
        ("it", "due ristoranti", "two restaurant"),
        ("fi", "torin laidalla", "at the edge of square"),
        ("fr", "piscine en plein air", "outdoor swimming pool"),
        ("es", "a dos cuadras de la plaza", "two blocks from square"),
        ("pt", "a três quarteirões da igreja", "three blocks from church"),
        ("fr", "à deux rues du casino", "two blocks from casino"),
        ("de", "zwei Querstraßen von der Kirche", "two blocks from church"),
        ("sv", "några kvarter från stationen", "a few blocks from railway station"),
        ("fi", "kahden korttelin päässä kauppakeskuksesta", "two blocks from shopping centre"),
        ("fi", "Liisankadulla on kirkko", "Liisankatu street church"),
        ("fi", "kaksi korttelia rautatieasemalta", "two blocks from railway station"),
        ("ru", "в двух кварталах от вокзала", "two blocks from railway station"),
        ("it", "a due isolati dalla stazione", "two blocks from railway station"),
        ("pl", "dwie przecznice od kościoła", "two blocks from church"),
        ("cs", "dva bloky od kostela", "two blocks from church"),
        ("es", "hay canchas de fútbol", "football pitch"),
    ],
)
def test_glosses(language: str, text: str, english: str) -> None:
    assert gloss(text, lexicon(language)).english == english


@pytest.mark.parametrize(
    ("language", "text", "english"),
    [
        ("de", "weder Straßenbahn noch Busse", "no tram nor buses"),
        ("de", "kein Baum weit und breit", "no trees in sight"),
        ("de", "nichts Grünes hier", "nothing green"),
        ("de", "nicht am Wasser", "not at water"),
        ("fr", "il n'y a pas d'arbres ici", "no trees"),
        ("fr", "pas un seul banc", "no bench"),
        ("es", "no hay ningún parque cerca", "no park near"),
        ("es", "sin árboles", "without trees"),
        ("es", "no hay nada verde", "nothing green"),
        ("pt", "não há árvores aqui", "no trees"),
        ("it", "non ci sono alberi", "no trees"),
        ("fi", "tällä kadulla ei ole puita", "street no trees"),
        ("fi", "ei puistoa lähellä", "no park near"),
        ("sv", "varken spårvagnar eller bussar", "no tram or bus stop"),
        ("sv", "ingen bänk, ingen bank", "no bench, no bank"),
        ("cs", "nejsou tu žádné stromy", "no trees"),
        ("pl", "nie ma drzew", "no trees"),
        ("ru", "ни одной скамейки", "no bench"),
        ("ja", "木がない", "without trees"),
    ],
)
def test_denials_are_read_in_every_language(language: str, text: str, english: str) -> None:
    assert gloss(text, lexicon(language)).english == english
    assert denials_in(english)


def test_a_stretch_of_the_english_leads_back_to_the_original_words() -> None:
    text = "Seison vanhan kirkon vieressä, edessä silta"
    found = gloss(text, lexicon("fi"))
    assert found.english == "next to old church, in front of bridge"
    start = found.english.index("old church")
    begin, end = found.original_span(start, start + len("old church"))
    assert text[begin:end] == "vanhan kirkon"
    begin, end = found.original_span(0, len(found.english))
    assert text[begin:end] == "vanhan kirkon vieressä, edessä silta"


def test_names_stay_and_unknown_words_are_listed() -> None:
    text = "Kirche am Marktplatz, ein Quastenflosser"
    start = text.index("Marktplatz")
    found = gloss(text, lexicon("de"), names=[(start, start + len("Marktplatz"))])
    assert found.english == "church at Marktplatz, Quastenflosser"
    assert found.understood == ("church",)
    assert found.not_understood == ("Quastenflosser",)
    assert found.kept_words() == ["Kirche"]


def test_a_synonym_counts_only_where_the_gallery_has_the_kind() -> None:
    word = next(
        row for row in read_rows(TABLES / "de.csv") if row.role == "also" and "|" not in row.english
    )
    assert gloss(word.said, lexicon("de"), {word.english}).english == word.english
    assert gloss(word.said, lexicon("de"), frozenset()).english != word.english


@pytest.mark.parametrize("code", CODES)
def test_tables_are_whole(code: str) -> None:
    rows = read_rows(TABLES / f"{code}.csv")
    assert lexicon(code).name.isalpha()
    roles = {row.role for row in rows}
    assert {"setting", "function", "relation", "denial", "number", "adjective", "noun"} <= roles
    kinds = [
        kind for row in rows if row.role in ("kind", "also") for kind in row.english.split("|")
    ]
    assert len(kinds) > 300
    assert [kind for kind in kinds if kind not in KINDS and family_of(kind) is None] == []


def test_an_invalid_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "xx.csv"
    path.write_text("said,english,role\nKirche,church,thing\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"xx\.csv: invalid row Kirche,church,thing"):
        read_rows(path)


def test_names_of_kinds_come_from_the_presets_and_rows_by_hand_stay(tmp_path: Path) -> None:
    package, table = tmp_path / "package", tmp_path / "xx.csv"
    (package / "dist" / "translations").mkdir(parents=True)
    presets = {
        "amenity/bench": {"tags": {"amenity": "bench"}},
        "leisure/pitch/tennis": {"tags": {"leisure": "pitch", "sport": "tennis"}},
        "odd": {"tags": {"odd": "yes"}},
    }
    names = {
        "amenity/bench": {"name": "Sitzbank (mit Lehne)", "terms": ["parkbank", "pause"]},
        "leisure/pitch/tennis": {"name": "Tennisplatz / Court"},
        "odd": {"name": "Kurios"},
    }
    (package / "dist" / "presets.json").write_text(json.dumps(presets), encoding="utf-8")
    (package / "dist" / "translations" / "xx.json").write_text(
        json.dumps({"xx": {"presets": {"presets": names}}}), encoding="utf-8"
    )
    by_hand = Row("Kirche", "church", "noun")
    write_rows(table, [by_hand, Row("veraltet", "bench", "kind")])
    assert rewrite(package, table) == 4
    assert read_rows(table) == [
        by_hand,
        Row("court", "tennis sports pitch", "kind"),
        Row("sitzbank", "bench", "kind"),
        Row("tennisplatz", "tennis sports pitch", "kind"),
        Row("parkbank", "bench", "also"),
    ]
    assert read_rows(table, by_hand=True) == [by_hand]


def test_a_preset_with_an_unknown_tag_has_no_kind() -> None:
    assert kind_of({"highway": "footway", "footway": "nonsense"}) == ""
    assert kind_of({"amenity": "bench"}) == "bench"


def test_words_of_signs_name_kinds_and_tell_more_than_the_tables() -> None:
    named = set(KINDS) | {
        row.english for code in CODES for row in read_rows(TABLES / f"{code}.csv")
    }
    words = sign_words()
    assert len(words) > 150
    assert {word.english for word in words.values()} <= named
    assert {word.language for word in words.values()} <= set(CODES)
    assert language_of("BANCO, une brasserie") is None
    same = [
        said
        for said, word in words.items()
        if (entry := lexicon(word.language).entry(said.split()))
        and entry.role in ("noun", "kind")
        and entry.english[0] == word.english
    ]
    assert same == []


def test_words_that_english_has_too_do_not_hide_a_language() -> None:
    assert language_of("am Ring, Ampel, kein Supermarkt, kein See") == "de"
    assert language_of("I am at the ring road, see the lake, no shops") is None


@pytest.mark.parametrize(
    ("code", "said", "english"),
    [
        ("es", "al norte una torre alta", "to the north, tall tower"),
        ("de", "im Norden ein Turm", "to the north, tower"),
        ("de", "neben der Kirche ein Backsteinturm", "next to church, brick tower"),
        ("es", "una iglesia con una torre", "church with tower"),
    ],
)
def test_a_new_article_begins_another_thing(code: str, said: str, english: str) -> None:
    assert gloss(said, lexicon(code)).english == english
