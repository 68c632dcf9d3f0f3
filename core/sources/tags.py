"""How OpenStreetMap's tags read in plain English: kinds, groups and names. Knows no geometry."""

import re
from collections.abc import Callable, Mapping

Tags = Mapping[str, str]

# Value → words, where "the value with spaces" is not what a person would say.
_AMENITY = {
    "atm": "cash machine / ATM",
    "bbq": "barbecue place",
    "bicycle_parking": "bicycle parking / bike rack",
    "bicycle_rental": "bike rental station",
    "bus_station": "bus station",
    "bureau_de_change": "currency exchange",
    "cafe": "cafe / coffee shop",
    "car_rental": "car rental",
    "car_sharing": "car sharing station",
    "charging_station": "charging station for electric cars",
    "childcare": "childcare / nursery",
    "college": "college",
    "courthouse": "courthouse",
    "dentist": "dentist",
    "doctors": "doctor's practice",
    "drinking_water": "drinking water tap",
    "fast_food": "fast food restaurant",
    "ferry_terminal": "ferry terminal",
    "fire_station": "fire station",
    "fuel": "petrol station / gas fuel",
    "grit_bin": "grit bin",
    "hunting_stand": "hunting stand",
    "ice_cream": "ice cream parlour",
    "kindergarten": "kindergarten",
    "marketplace": "market / stalls",
    "motorcycle_parking": "motorcycle parking",
    "nightclub": "nightclub",
    "nursing_home": "nursing home",
    "parking": "car park / parking lot",
    "parking_entrance": "entrance of a parking garage",
    "parking_space": "parking space",
    "pharmacy": "pharmacy / drugstore chemist",
    "police": "police station",
    "post_box": "post box / mailbox",
    "pub": "pub",
    "recycling": "recycling containers",
    "restaurant": "restaurant",
    "social_facility": "social facility",
    "taxi": "taxi stand",
    "telephone": "public telephone",
    "theatre": "theatre",
    "toilets": "public toilets",
    "townhall": "town hall",
    "university": "university",
    "vending_machine": "vending machine",
    "waste_basket": "litter bin",
    "waste_disposal": "waste containers",
    "public_bookcase": "public bookcase",
    "social_centre": "social centre",
}
_SHOP = {
    "alcohol": "liquor store",
    "bakery": "bakery",
    "beauty": "beauty salon",
    "beverages": "drinks shop",
    "bicycle": "bicycle shop",
    "books": "bookshop",
    "boutique": "fashion boutique",
    "butcher": "butcher",
    "car": "car dealer",
    "car_repair": "car repair garage",
    "chemist": "chemist / drugstore",
    "clothes": "clothes shop",
    "coffee": "coffee shop",
    "computer": "computer shop",
    "confectionery": "sweet shop",
    "convenience": "convenience store",
    "copyshop": "copy shop",
    "deli": "deli / delicatessen",
    "department_store": "department store",
    "doityourself": "hardware store",
    "dry_cleaning": "dry cleaner",
    "electronics": "electronics shop",
    "florist": "flower shop",
    "furniture": "furniture shop",
    "garden_centre": "garden centre",
    "gift": "gift shop",
    "greengrocer": "greengrocer / fruit and vegetables",
    "hairdresser": "hairdresser / barber",
    "hardware": "hardware store",
    "hearing_aids": "hearing aid shop",
    "hifi": "hi-fi shop",
    "houseware": "houseware shop",
    "interior_decoration": "interior decoration shop",
    "jewelry": "jewellery shop",
    "kiosk": "kiosk / news stand",
    "laundry": "laundry / laundromat",
    "mall": "shopping centre / mall",
    "mobile_phone": "mobile phone shop",
    "motorcycle": "motorcycle dealer",
    "music": "music shop",
    "musical_instrument": "musical instrument shop",
    "newsagent": "newsagent",
    "optician": "optician / glasses shop",
    "outdoor": "outdoor shop",
    "pet": "pet shop",
    "photo": "photo shop",
    "seafood": "fishmonger",
    "shoes": "shoe shop",
    "sports": "sports shop",
    "stationery": "stationery shop",
    "supermarket": "supermarket / grocery store",
    "tailor": "tailor",
    "tattoo": "tattoo studio",
    "ticket": "ticket shop",
    "tobacco": "tobacconist",
    "toys": "toy shop",
    "travel_agency": "travel agency",
    "vacant": "vacant shop / empty",
    "variety_store": "variety store / discount",
    "wine": "wine shop",
    "yes": "shop",
    "storage_rental": "storage rental",
    "second_hand": "second-hand shop",
    "charity": "charity shop",
    "perfumery": "perfume shop",
    "antiques": "antique shop",
    "art": "art gallery shop",
}
_TOURISM = {
    "artwork": "work of art",
    "attraction": "tourist attraction / sight",
    "camp_site": "camping site",
    "caravan_site": "camper van site",
    "chalet": "holiday cottage",
    "gallery": "art gallery",
    "guest_house": "guest house",
    "hostel": "hostel",
    "hotel": "hotel",
    "information": "tourist information board",
    "picnic_site": "picnic site",
    "theme_park": "amusement park",
    "viewpoint": "viewpoint with a view",
    "zoo": "zoo",
}
_LEISURE = {
    "common": "common / green",
    "fitness_centre": "gym / fitness centre",
    "fitness_station": "outdoor fitness station",
    "garden": "garden",
    "golf_course": "golf course",
    "marina": "marina / boats and yachts",
    "nature_reserve": "nature reserve",
    "park": "park",
    "pitch": "sports pitch",
    "playground": "children's playground",
    "sauna": "sauna",
    "slipway": "boat slipway",
    "sports_centre": "sports centre",
    "stadium": "stadium",
    "swimming_pool": "swimming pool",
    "track": "running track",
    "water_park": "water park",
    "ice_rink": "ice rink",
    "hackerspace": "hackerspace",
    "amusement_arcade": "amusement arcade",
    "bowling_alley": "bowling alley",
    "escape_game": "escape room",
    "firepit": "fire pit",
    "horse_riding": "horse riding ground",
    "miniature_golf": "miniature golf",
    "bathing_place": "bathing place",
    "beach_resort": "beach resort",
    "outdoor_seating": "outdoor seating terrace",
    "picnic_table": "picnic table",
    "bandstand": "bandstand",
    "dog_park": "dog park",
    "dance": "dance hall",
    "fishing": "fishing spot",
}
_HISTORIC = {
    "archaeological_site": "archaeological site",
    "boundary_stone": "boundary stone",
    "building": "historic building",
    "castle": "castle",
    "citywalls": "old city wall",
    "city_gate": "old city gate",
    "fort": "fort",
    "manor": "manor house",
    "memorial": "memorial",
    "monument": "monument",
    "ruins": "ruins",
    "tomb": "tomb",
    "wayside_cross": "wayside cross",
    "wayside_shrine": "wayside shrine",
    "cannon": "old cannon",
    "ship": "historic ship",
    "tower": "historic tower",
}
_HIGHWAY = {
    "bridleway": "bridle path",
    "bus_stop": "bus stop",
    "crossing": "pedestrian crossing",
    "cycleway": "cycle path",
    "footway": "footpath",
    "give_way": "give way sign",
    "living_street": "quiet living street",
    "mini_roundabout": "mini roundabout",
    "motorway": "motorway",
    "motorway_link": "motorway ramp",
    "path": "path",
    "pedestrian": "pedestrian street",
    "platform": "bus platform",
    "primary": "main road",
    "primary_link": "main road",
    "residential": "residential street",
    "road": "road",
    "secondary": "wide through street",
    "secondary_link": "wide through street",
    "service": "service road / driveway",
    "steps": "steps / flight of stairs",
    "trail": "path",
    "lane": "",
    "stop": "stop sign",
    "street_lamp": "street lamp",
    "tertiary": "street",
    "tertiary_link": "street",
    "track": "farm or forest track",
    "traffic_signals": "traffic lights",
    "trunk": "big trunk road",
    "trunk_link": "trunk road ramp",
    "turning_circle": "turning circle",
    "unclassified": "minor road",
    "elevator": "public lift / elevator",
    "corridor": "indoor corridor",
    "rest_area": "rest area",
    "speed_camera": "speed camera",
    "raceway": "race track",
    "construction": "street under construction",
}
_RAILWAY = {
    "abandoned": "",
    "buffer_stop": "end of railway tracks",
    "disused": "disused railway",
    "funicular": "funicular railway",
    "halt": "railway halt",
    "level_crossing": "railway level crossing",
    "light_rail": "light rail tracks",
    "miniature": "miniature railway",
    "narrow_gauge": "narrow-gauge railway",
    "platform": "railway platform",
    "rail": "railway tracks",
    "station": "railway station",
    "subway": "",
    "subway_entrance": "metro station entrance / subway",
    "tram": "tram tracks",
    "tram_stop": "tram stop",
    "razed": "",
    "switch": "",
    "signal": "",
    "crossing": "railway crossing",
    "turntable": "railway turntable",
    "monorail": "monorail",
    "tram_crossing": "crossing over tram tracks",
}
_NATURAL = {
    "bare_rock": "bare rock",
    "bay": "bay of water",
    "beach": "beach",
    "cape": "cape / headland",
    "cliff": "cliff / rock face",
    "coastline": "sea shore / waterfront",
    "grassland": "grassland",
    "heath": "heath",
    "hot_spring": "hot spring",
    "peak": "hill top / peak",
    "rock": "rock",
    "sand": "sand",
    "scrub": "bushes / scrub",
    "spring": "spring",
    "stone": "boulder / big stone",
    "tree": "tree",
    "tree_row": "row of trees",
    "water": "water",
    "wetland": "wetland / reeds",
    "wood": "woodland / trees",
    "scree": "scree",
    "shrub": "shrub",
    "cave_entrance": "cave entrance",
    "shrubbery": "shrubbery",
    "meadow": "meadow",
}
_LANDUSE = {
    "allotments": "allotment gardens",
    "basin": "water basin",
    "brownfield": "derelict ground",
    "cemetery": "cemetery / graveyard",
    "commercial": "commercial area / offices",
    "construction": "building site",
    "farmland": "fields / farmland",
    "farmyard": "farmyard",
    "flowerbed": "flower bed",
    "forest": "forest",
    "garages": "row of garages",
    "grass": "lawn / grass",
    "greenfield": "empty green site",
    "greenhouse_horticulture": "greenhouses",
    "industrial": "industrial area",
    "meadow": "meadow",
    "military": "military area",
    "orchard": "orchard",
    "plant_nursery": "plant nursery",
    "port": "port / harbour",
    "quarry": "quarry",
    "railway": "railway yard",
    "recreation_ground": "recreation ground",
    "religious": "church grounds",
    "reservoir": "reservoir",
    "residential": "",
    "retail": "retail area / shops",
    "village_green": "village green",
    "vineyard": "vineyard",
    "harbour": "harbour",
}
_MAN_MADE = {
    "adit": "mine entrance",
    "bridge": "bridge",
    "bunker_silo": "silo",
    "chimney": "tall chimney",
    "communications_tower": "communications tower",
    "crane": "crane",
    "cross": "cross",
    "embankment": "embankment",
    "flagpole": "flagpole",
    "gasometer": "gasometer",
    "lighthouse": "lighthouse",
    "mast": "mast / antenna",
    "monitoring_station": "monitoring station",
    "obelisk": "obelisk",
    "pier": "pier / jetty",
    "breakwater": "breakwater",
    "groyne": "groyne",
    "quay": "quay",
    "reservoir_covered": "covered reservoir",
    "silo": "silo",
    "storage_tank": "storage tank",
    "street_cabinet": "street cabinet",
    "surveillance": "",
    "survey_point": "",
    "tower": "tower",
    "wastewater_plant": "sewage works",
    "water_tower": "water tower",
    "water_well": "well",
    "water_works": "water works",
    "watermill": "watermill",
    "windmill": "windmill",
    "works": "factory",
    "planter": "planter with flowers",
    "manhole": "",
    "utility_pole": "utility pole",
    "clock": "public clock",
    "beam": "",
    "cutline": "",
    "pipeline": "",
    "advertising": "advertising column",
}
_BUILDING = {
    "yes": "building",
    "apartments": "apartment building / flats",
    "residential": "residential building",
    "house": "house",
    "detached": "detached house",
    "semidetached_house": "semi-detached house",
    "terrace": "terraced houses",
    "commercial": "commercial building",
    "retail": "shop building",
    "office": "office building",
    "industrial": "industrial building",
    "warehouse": "warehouse",
    "church": "church",
    "cathedral": "cathedral",
    "chapel": "chapel",
    "mosque": "mosque",
    "synagogue": "synagogue",
    "temple": "temple",
    "school": "school building",
    "university": "university building",
    "college": "college building",
    "hospital": "hospital building",
    "hotel": "hotel building",
    "train_station": "railway station building",
    "public": "public building",
    "civic": "civic building",
    "government": "government building",
    "kindergarten": "kindergarten building",
    "garage": "garage",
    "garages": "row of garages",
    "roof": "roof canopy",
    "shed": "shed",
    "hut": "hut",
    "cabin": "cabin",
    "kiosk": "kiosk",
    "greenhouse": "greenhouse",
    "farm": "farmhouse",
    "farm_auxiliary": "farm building",
    "barn": "barn",
    "stable": "stable",
    "service": "small service building",
    "transformer_tower": "transformer tower",
    "construction": "building under construction",
    "dormitory": "student dormitory",
    "sports_hall": "sports hall",
    "grandstand": "grandstand",
    "stadium": "stadium",
    "hangar": "hangar",
    "bunker": "bunker",
    "ruins": "ruined building",
    "parking": "multi-storey car park",
    "fire_station": "fire station",
    "palace": "palace",
    "castle": "castle",
    "tower": "tower",
    "bridge": "bridge building",
    "block": "block of flats",
    "supermarket": "supermarket building",
    "civil": "public building",
    "entrance": "entrance building",
    "glasshouse": "glasshouse / greenhouse",
    "wall": "",
    "boathouse": "boathouse",
    "allotment_house": "allotment hut",
    "bungalow": "bungalow",
    "shop": "shop building",
    "museum": "museum building",
    "monastery": "monastery",
    "shrine": "shrine",
    "pavilion": "pavilion",
    "villa": "villa",
    "manor": "manor house",
    "houseboat": "houseboat",
}
_WATERWAY = {
    "river": "river",
    "riverbank": "river",
    "canal": "canal",
    "stream": "stream / brook",
    "ditch": "ditch",
    "drain": "drainage ditch",
    "dam": "dam",
    "weir": "weir",
    "waterfall": "waterfall",
    "lock_gate": "canal lock gate",
    "dock": "dock",
    "boatyard": "boatyard",
    "fuel": "fuel dock",
    "fish_pass": "fish pass",
}
_BARRIER = {
    "bollard": "bollards",
    "city_wall": "old city wall",
    "fence": "fence",
    "gate": "gate",
    "hedge": "hedge",
    "lift_gate": "boom gate / barrier",
    "retaining_wall": "retaining wall",
    "wall": "wall",
    "kerb": "",
    "cycle_barrier": "cycle barrier",
    "block": "concrete block",
    "guard_rail": "guard rail",
    "handrail": "handrail",
    "turnstile": "turnstile",
    "entrance": "entrance",
    "chain": "chain",
    "toll_booth": "toll booth",
    "border_control": "border control",
}
_MEMORIAL = {
    "statue": "statue",
    "bust": "bust / statue",
    "plaque": "memorial plaque",
    "stone": "memorial stone",
    "war_memorial": "war memorial",
    "stolperstein": "memorial stumbling stone",
    "sculpture": "sculpture",
    "obelisk": "obelisk",
    "blue_plaque": "memorial plaque",
}
_ARTWORK = {
    "statue": "statue",
    "sculpture": "sculpture",
    "mural": "mural / wall painting",
    "bust": "bust / statue",
    "fountain": "fountain sculpture",
    "graffiti": "graffiti wall",
    "mosaic": "mosaic",
    "installation": "art installation",
    "relief": "relief",
}
_PLAIN: dict[str, str] = {}

# The key that says most comes first. A key with a table falls back on the value itself.
_KINDS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("amenity", _AMENITY, "{}"),
    ("shop", _SHOP, "{} shop"),
    ("tourism", _TOURISM, "{}"),
    ("leisure", _LEISURE, "{}"),
    ("historic", _HISTORIC, "historic {}"),
    ("railway", _RAILWAY, ""),
    ("aerialway", _PLAIN, "{} cable car"),
    ("aeroway", _PLAIN, "{}"),
    ("craft", _PLAIN, "{} workshop"),
    ("office", _PLAIN, "{} office"),
    ("healthcare", _PLAIN, "{}"),
    ("club", _PLAIN, "{} club"),
    ("man_made", _MAN_MADE, ""),
    ("emergency", {"phone": "emergency telephone", "fire_hydrant": "fire hydrant"}, "{}"),
    ("military", _PLAIN, "military {}"),
    ("attraction", _PLAIN, "{}"),
    ("highway", _HIGHWAY, ""),
    ("waterway", _WATERWAY, ""),
    ("natural", _NATURAL, ""),
    ("place", {"square": "square / plaza", "islet": "small island"}, ""),
    ("landuse", _LANDUSE, ""),
    ("building", _BUILDING, ""),
    (
        "power",
        {
            "line": "power line",
            "tower": "power pylon",
            "pole": "power pole",
            "substation": "transformer substation",
        },
        "",
    ),
    ("barrier", _BARRIER, ""),
    ("advertising", _PLAIN, "advertising {}"),
    (
        "public_transport",
        {"platform": "public transport platform", "station": "public transport station"},
        "",
    ),
    ("route", {"ferry": "ferry line"}, ""),
    ("tunnel", {"yes": "tunnel"}, ""),
)

_PASSIVE = frozenset({"no", "none", "disused", "abandoned", "demolished", "razed", "proposed"})
_WORSHIP = {
    "muslim": "mosque",
    "jewish": "synagogue",
    "buddhist": "buddhist temple",
    "hindu": "hindu temple",
    "christian": "church",
}

_NAME_KEYS = (
    "name",
    "name:en",
    "int_name",
    "official_name",
    "short_name",
    "alt_name",
    "loc_name",
    "old_name",
    "reg_name",
    "nat_name",
    "brand",
    "operator",
    "addr:housename",
    "inscription",
    "artist_name",
    "subject",
)
_ATTRIBUTE_LABELS = ("kind", "label", "category", "class", "fclass")
_SEPARATOR = re.compile(r"\s*;\s*")
_MAX_NAME_CHARS = 160
_MAX_NAMES = 40


def _first_value(text: str) -> str:
    return text.split(";")[0].strip().replace("_", " ")


def _worship(tags: Tags) -> str:
    building = tags.get("building", "")
    if building in ("cathedral", "chapel", "synagogue", "mosque", "temple", "monastery"):
        base = building
    else:
        base = _WORSHIP.get(tags.get("religion", ""), "place of worship")
    denomination = _first_value(tags.get("denomination", ""))
    return f"{denomination} {base}".strip()


def _value(tags: Tags, key: str) -> str:
    return _first_value(tags.get(key, ""))


# Kinds that need a second tag: the key and value, and how to say it.
_REFINED: Mapping[tuple[str, str], Callable[[Tags], str]] = {
    ("amenity", "place_of_worship"): _worship,
    ("amenity", "restaurant"): lambda tags: f"{_value(tags, 'cuisine')} restaurant".strip(),
    ("amenity", "fast_food"): lambda tags: (
        f"{_value(tags, 'cuisine')} fast food restaurant".strip()
    ),
    ("amenity", "vending_machine"): lambda tags: (
        f"{_value(tags, 'vending')} vending machine".strip()
    ),
    ("amenity", "parking"): lambda tags: {
        "underground": "underground parking garage",
        "multi-storey": "multi-storey car park",
    }.get(tags.get("parking", ""), _AMENITY["parking"]),
    ("historic", "memorial"): lambda tags: _MEMORIAL.get(tags.get("memorial", ""), "memorial"),
    ("tourism", "artwork"): lambda tags: _ARTWORK.get(tags.get("artwork_type", ""), "work of art"),
    ("tourism", "information"): lambda tags: {
        "office": "tourist information office",
        "guidepost": "signpost",
    }.get(tags.get("information", ""), "information board / map"),
    ("leisure", "pitch"): lambda tags: f"{_value(tags, 'sport')} sports pitch".strip(),
    ("leisure", "sports_centre"): lambda tags: f"{_value(tags, 'sport')} sports centre".strip(),
    ("natural", "water"): lambda tags: _value(tags, "water") or "pond / water",
    ("man_made", "tower"): lambda tags: f"{_value(tags, 'tower:type')} tower".strip(),
}


def _refined(key: str, value: str, tags: Tags) -> str | None:
    """Words for the kinds that need a second tag, or None where one is enough."""
    say = _REFINED.get((key, value))
    return say(tags) if say else None


def kind_of(tags: Tags) -> str:
    """What a person would call a feature with these tags; "" where nothing is worth a word.

    Other words for the same stand behind " / ".
    """
    for key, words, pattern in _KINDS:
        value = tags.get(key, "")
        if not value or value in _PASSIVE or (key, value) == ("office", "company"):
            continue
        value = value.split(";")[0].strip().replace(" ", "_")
        said = _refined(key, value, tags) or words.get(value)
        if said is None and pattern:
            said = (
                "" if value == "yes" and key != "building" else pattern.format(_first_value(value))
            )
            said = said or key.replace("_", " ")
        if said and any(letter.isalpha() for letter in said):
            if key == "highway" and value == "pedestrian" and tags.get("area") == "yes":
                return "pedestrian square / plaza"
            return said
    for key in _ATTRIBUTE_LABELS:
        value = _first_value(tags.get(key, ""))
        if any(letter.isalpha() for letter in value):
            return value
    return ""


_GROUP_KEYS: tuple[tuple[str, frozenset[str] | None, str], ...] = (
    (
        "highway",
        frozenset({"footway", "path", "cycleway", "steps", "bridleway", "track", "corridor"}),
        "path",
    ),
    ("highway", None, "street"),
    ("railway", None, "rail"),
    ("building", None, "building"),
    ("building:part", None, "building"),
    ("waterway", None, "water"),
    ("natural", frozenset({"water", "bay", "coastline", "strait"}), "water"),
    ("landuse", frozenset({"basin", "reservoir"}), "water"),
    (
        "leisure",
        frozenset(
            {
                "park",
                "garden",
                "common",
                "pitch",
                "playground",
                "golf_course",
                "nature_reserve",
                "dog_park",
            }
        ),
        "green",
    ),
    (
        "landuse",
        frozenset(
            {
                "grass",
                "forest",
                "meadow",
                "village_green",
                "orchard",
                "vineyard",
                "allotments",
                "cemetery",
                "recreation_ground",
                "flowerbed",
            }
        ),
        "green",
    ),
    ("natural", frozenset({"wood", "scrub", "grassland", "heath", "tree_row", "wetland"}), "green"),
    ("barrier", None, "barrier"),
)


def group_of(tags: Tags, dimension: int) -> str:
    """The drawing and describing group of a feature; `dimension` is 0, 1 or 2 (point, line, area).

    Points are places (or mere addresses): their tags speak of something at a spot.
    """
    if dimension == 0:
        return "place" if kind_of(tags) or tags.get("name") else "address"
    for key, values, group in _GROUP_KEYS:
        value = tags.get(key)
        if value and value not in _PASSIVE and (values is None or value in values):
            return group
    return "area" if dimension == 2 else "place" if kind_of(tags) else "area"


def address_of(tags: Tags) -> str:
    """Street and house number as written on the wall, "" without a street."""
    street = tags.get("addr:street") or tags.get("addr:place") or tags.get("cityracks.street", "")
    return f"{street} {tags.get('addr:housenumber', '')}".strip() if street else ""


def main_name(tags: Tags) -> str:
    """What stands on the sign: the name, else the brand, else a capitalised label, else ""."""
    for key in ("name", "brand", "kind"):
        text = " ".join(tags.get(key, "").split())
        if text and (key != "kind" or text[:1].isupper()):
            return text[:_MAX_NAME_CHARS]
    return ""


def names_of(tags: Tags) -> list[str]:
    """Every naming text of a feature, the main one first, each once, at most 40."""
    main = main_name(tags)
    found: dict[str, None] = {main: None} if main else {}
    keys = [
        *_NAME_KEYS,
        *sorted(
            key
            for key in tags
            if key.startswith(("name:", "alt_name:", "old_name:", "brand:", "official_name:"))
            and not key.endswith((":wikidata", ":wikipedia", ":etymology"))
        ),
    ]
    for key in keys:
        for part in _SEPARATOR.split(tags.get(key, "")):
            if text := " ".join(part.split())[:_MAX_NAME_CHARS]:
                found.setdefault(text)
    if ref := tags.get("ref"):
        found.setdefault(ref[:_MAX_NAME_CHARS])
    return list(found)[:_MAX_NAMES]
