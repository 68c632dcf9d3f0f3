"""Everyday words for the kinds, colours and sizes that a map knows. Knows no sentences.

In every phrase "~" in front marks what is said without an article (plural or uncounted) and "*"
stands after the noun that takes the plural, where it is not the last.
"""

import re
from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    # streets and paths
    "main road": "main road|big road|busy main street|major street|main street|large road",
    "big trunk road": "big trunk road|very big road|fast main road|highway-like road",
    "wide through street": "through street|wide street|broad street|fairly big street|avenue",
    "street": "street|ordinary street|road|medium-sized street|city street",
    "residential street": "residential street|side street|street* where people live|small street|"
                          "back street|housing street",
    "quiet living street": "quiet living street|calm traffic street|play street|quiet little lane|"
                           "traffic-calmed street",
    "minor road": "minor road|small road|little road|country-style lane|small street",
    "road": "road|street",
    "service road": "service road|driveway|access road|back lane|access lane",
    "pedestrian street": "pedestrian street|pedestrianised street|car-free street|walking street|"
                         "pedestrian zone|street* without cars",
    "pedestrian square": "pedestrian square|square|plaza|paved square|open square|piazza",
    "square": "square|plaza|city square|open square|piazza",
    "footpath": "footpath|path|walkway|footway|pedestrian path",
    "path": "path|trail|little path|narrow path|track",
    "cycle path": "cycle path|bike path|cycleway|bike lane|path* for bikes",
    "bridle path": "bridle path|riding path|path* for horses",
    "steps": "~steps|flight* of steps|~stairs|staircase|flight* of stairs|outdoor staircase",
    "farm or forest track": "farm track|dirt track|forest track|track|rough track",
    "motorway": "motorway|freeway|highway",
    "motorway ramp": "motorway ramp|slip road",
    "trunk road ramp": "slip road|ramp* of a big road",
    "bus platform": "bus platform|platform* for buses|bus bay",
    "street under construction": "street* under construction|dug-up street|street* with roadworks",
    "turning circle": "turning circle|place* to turn round|end* of the road with a turning loop",
    "mini roundabout": "mini roundabout|tiny roundabout",
    "tunnel": "tunnel|underpass",
    "bridge": "bridge",
    "crossroads": "crossroads|intersection|junction|four-way junction",
    "T-junction": "T-junction|junction|fork|place* where another street joins|turn-off",
    # things in the street
    "pedestrian crossing": "pedestrian crossing|zebra crossing|crossing|crosswalk|zebra|"
                           "marked crossing",
    "traffic lights": "~traffic lights|set* of traffic lights|traffic light|~signals|~stop lights",
    "stop sign": "stop sign|red stop sign", "give way sign": "give way sign|yield sign",
    "street lamp": "street lamp|lamp post|street light|lamppost",
    "bollards": "~bollards|row* of bollards|~posts that stop cars|~little posts",
    "bench": "bench|seat|place* to sit|park bench",
    "litter bin": "litter bin|rubbish bin|trash can|waste bin|bin",
    "bus stop": "bus stop|stop* for the bus|place* where the bus stops|bus halt",
    "public transport platform": "bus stop|stop|stop* for buses|place* where the bus stops",
    "public transport station": "station|stop|public transport station",
    "tram stop": "tram stop|streetcar stop|stop* for the tram|place* where trams stop",
    "tram tracks": "~tram tracks|~tram rails|~rails in the road|~streetcar tracks|tram line|"
                   "~tramlines",
    "light rail tracks": "~light rail tracks|~rails|metro line above ground|~train tracks",
    "railway tracks": "~railway tracks|railway line|~train tracks|~rails|railway|rail line",
    "railway level crossing": "level crossing|railway crossing|railroad crossing",
    "railway crossing": "railway crossing|foot crossing over the rails|crossing* over the tracks",
    "railway platform": "railway platform|train platform|platform|station platform",
    "railway station": "railway station|train station|station|rail station",
    "railway halt": "railway halt|small train stop|little station",
    "railway station building": "railway station building|station building|train station",
    "railway yard": "railway yard|~railway grounds|area* of tracks|~sidings|train yard",
    "end of railway tracks": "buffer stop|end* of the tracks|buffer* where the rails end",
    "metro station entrance": "metro entrance|subway entrance|underground station entrance|"
                              "~stairs down to the metro|way* down to the metro",
    "funicular railway": "funicular|cable railway|inclined railway",
    "bus station": "bus station|bus terminal|coach station",
    "taxi stand": "taxi stand|taxi rank|cab rank|place* where taxis wait",
    "bicycle parking": "bicycle parking|bike rack|~bike racks|bicycle stand|place* to lock bikes|"
                       "bike stand",
    "bike rental station": "bike rental station|bike share station|~rental bikes|"
                           "row* of city bikes|bike hire stand",
    "motorcycle parking": "motorcycle parking|~parking bays for motorbikes|place* to park scooters",
    "car park": "car park|parking lot|parking area|parking place|lot* full of parking spaces",
    "parking space": "parking space|parking bay|parking spot|~parking bays",
    "multi-storey car park": "multi-storey car park|parking garage|parking deck|car park building",
    "underground parking garage": "underground parking garage|underground car park",
    "entrance of a parking garage": "parking garage entrance|ramp* down to a garage|"
                                    "way* into a car park|car park entrance",
    "petrol station": "petrol station|gas station|filling station|fuel station|~petrol pumps",
    "charging station for electric cars": "charging station|place* to charge electric cars|"
                                          "EV charger|charging point",
    "car sharing station": "car sharing station|car share bay",
    "car rental": "car rental|car hire place|rental car office",
    "car wash": "car wash|place* to wash cars",
    "post box": "post box|mailbox|letter box|postbox",
    "public telephone": "public telephone|phone box|payphone|telephone booth",
    "cash machine": "cash machine|ATM|cashpoint|machine* to take out money|hole* in the wall",
    "recycling containers": "~recycling containers|~recycling bins|~bottle banks|recycling point",
    "waste containers": "~waste containers|~big bins|~dumpsters|~rubbish containers",
    "fire hydrant": "fire hydrant|hydrant", "grit bin": "grit bin",
    "drinking water tap": "drinking water tap|water tap|drinking fountain",
    "public toilets": "~public toilets|public toilet|~toilets|public restroom|~WCs",
    "shelter": "shelter|small shelter|little roof to stand under|covered waiting place",
    "information board": "information board|info board|board* with a map|map board|info panel",
    "signpost": "signpost|guidepost|finger post",
    "tourist information office": "tourist information|tourist office|tourist info",
    "public bookcase": "public bookcase|book-swap shelf",
    "advertising column": "advertising column|round poster column|Litfass column",
    "advertising poster box": "advertising box|poster stand", "flagpole": "flagpole|flag mast",
    "advertising billboard": "billboard|big advertising board",
    "clock": "clock|street clock|public clock", "public clock": "public clock|street clock",
    "street cabinet": "street cabinet|grey utility box|electrical cabinet",
    "utility pole": "utility pole|telegraph pole|wooden pole",
    "power pole": "power pole|electricity pole|pole* with wires",
    "power pylon": "power pylon|electricity pylon|pylon|power line mast",
    "transformer substation": "transformer substation|electrical substation|transformer station",
    "fence": "fence|railing|metal fence", "wall": "wall|low wall|long wall",
    "retaining wall": "retaining wall|supporting wall|wall* holding up the slope",
    "hedge": "hedge|trimmed hedge|green hedge", "gate": "gate|gateway|entrance gate",
    "boom gate": "boom gate|barrier|barrier* that goes up and down|car barrier",
    "guard rail": "guard rail|crash barrier", "chain": "chain|chain barrier",
    "cycle barrier": "cycle barrier|barrier* against bikes",
    "concrete block": "concrete block|~concrete blocks", "toll booth": "toll booth",
    "old city wall": "old city wall|piece* of old city wall|medieval wall|~old ramparts",
    "public lift": "public lift|elevator|public elevator|street lift",
    "entrance": "entrance|doorway",
    # greens and water
    "tree": "tree|big tree|street tree", "row of trees": "row* of trees|line* of trees|tree row",
    "bushes": "~bushes|patch* of bushes|~shrubs|~scrub", "shrub": "shrub|bush",
    "lawn": "lawn|patch* of grass|grassy area|~grass|strip* of grass|green patch",
    "park": "park|public garden|green park|city park|small public park|green space",
    "garden": "garden|little garden|~gardens|planted garden|green courtyard",
    "forest": "forest|wood|~woods|wooded area|piece* of forest",
    "woodland": "~woodland|wooded area|~woods|~lots of trees",
    "meadow": "meadow|grassy field|field* of grass|~meadows",
    "grassland": "~grassland|grassy area|open grass", "village green": "village green|green",
    "common": "common|green|open green", "flower bed": "flower bed|~flower beds",
    "recreation ground": "recreation ground|~playing fields|sports and leisure ground",
    "allotment gardens": "~allotment gardens|~allotments|~small garden plots|"
                         "~garden plots with sheds",
    "cemetery": "cemetery|graveyard|burial ground|~graves",
    "grave yard": "graveyard|churchyard|cemetery",
    "orchard": "orchard|~fruit trees", "vineyard": "vineyard|~vines",
    "fields": "~fields|farm field|~farmland|~open fields", "wetland": "~wetland|~reeds|marsh",
    "heath": "~heath|heathland area", "bare rock": "~bare rock|rocky patch|exposed rock",
    "rock": "rock|big rock", "boulder": "boulder|big stone|large rock", "sand": "~sand|sandy area",
    "cliff": "cliff|rock face|steep drop",
    "children's playground": "children's playground|playground|play area|~swings and a slide|"
                             "place* for kids to play",
    "sports pitch": "sports pitch|playing field|sports field|ball court",
    "outdoor fitness station": "outdoor gym|~exercise bars|outdoor fitness station",
    "running track": "running track|athletics track", "golf course": "golf course",
    "dog park": "dog park|fenced dog run", "picnic site": "picnic site|picnic spot",
    "picnic table": "picnic table|wooden table for picnics",
    "swimming pool": "swimming pool|pool|outdoor pool",
    "pond": "pond|small lake|little pond|~water|pool of water", "water": "~water",
    "lake": "lake|big lake", "river": "river|~river water|wide river", "canal": "canal|waterway",
    "stream": "stream|brook|little stream|small river", "ditch": "ditch|water ditch",
    "drainage ditch": "drainage ditch|ditch", "reservoir": "reservoir|water basin|basin",
    "water basin": "water basin|basin", "sea shore": "sea shore|waterfront|shoreline|~sea",
    "bay of water": "bay|~open water", "beach": "beach|sandy beach",
    "fountain": "fountain|water fountain|~water jets", "weir": "weir|small dam",
    "pier": "pier|jetty|landing stage", "marina": "marina|harbour with boats|~yachts|yacht harbour",
    "boat slipway": "boat slipway|slipway",
    "ferry terminal": "ferry terminal|ferry pier|ferry dock",
    "boathouse": "boathouse|boat shed", "well": "well|old well",
    "viewpoint with a view": "viewpoint|lookout|lookout point|place* with a view",
    # monuments and art
    "statue": "statue|figure* on a pedestal|monument* of a person|sculpture",
    "bust": "bust|small statue|stone head",
    "sculpture": "sculpture|piece* of art|modern sculpture|artwork", "mural": "mural|painted wall",
    "work of art": "work* of art|artwork|piece* of public art|art object",
    "artwork": "artwork|piece* of public art", "art installation": "art installation|artwork",
    "memorial": "memorial|monument|memorial stone or monument", "relief": "relief|carved panel",
    "monument": "monument|big monument|memorial", "war memorial": "war memorial|memorial",
    "memorial plaque": "memorial plaque|plaque on the wall|commemorative plaque",
    "memorial stone": "memorial stone|stone* with an inscription", "obelisk": "obelisk",
    "wayside cross": "wayside cross|stone cross", "wayside shrine": "wayside shrine|small shrine",
    "cross": "cross|big cross", "ruins": "~ruins|old ruin", "tomb": "tomb|old grave",
    "archaeological site": "archaeological site|~old excavations",
    "castle": "castle|old castle|fortress", "fort": "fort|old fort", "palace": "palace",
    "tower": "tower", "tall chimney": "tall chimney|chimney|smokestack",
    "communication tower": "communication tower|radio tower|mast",
    "water tower": "water tower", "crane": "crane|big crane", "windmill": "windmill",
    "tourist attraction": "tourist attraction|sight|place* tourists come to see|well-known sight",
    "museum": "museum|museum building|museum* of some sort", "art gallery": "art gallery|gallery",
    "arts centre": "arts centre|cultural centre", "theatre": "theatre|theater|playhouse",
    "cinema": "cinema|movie theater|film theatre", "library": "library|public library",
    "casino": "casino", "nightclub": "nightclub|club|disco", "events venue": "events venue|venue",
    "community centre": "community centre|community hall", "zoo": "zoo",
    # eating and drinking
    "restaurant": "restaurant|place* to eat|eating place|restaurant* with tables|diner",
    "cafe": "cafe|coffee shop|café|coffee place|coffee house",
    "bar": "bar|bar* for drinks|drinking place|cocktail bar", "pub": "pub|bar|tavern|beer pub",
    "fast food restaurant": "fast food restaurant|fast food place|takeaway|snack bar|burger joint",
    "ice cream parlour": "ice cream parlour|ice cream shop|gelato place|ice cream place",
    "food court": "food court", "biergarten": "beer garden", "coffee shop": "coffee shop|cafe",
    # shops
    "supermarket": "supermarket|grocery store|food store|big food shop|grocery",
    "convenience store": "convenience store|corner shop|mini-market|small grocery|corner store|"
                         "little shop",
    "bakery": "bakery|baker's|bread shop|baker|shop* that sells bread",
    "butcher": "butcher|butcher's shop|meat shop|butcher's",
    "greengrocer": "greengrocer|fruit and vegetable shop|fruit shop|vegetable shop",
    "pharmacy": "pharmacy|chemist's|drugstore|pharmacy* with a green cross|chemist|"
                "green-cross pharmacy",
    "chemist": "chemist|drugstore|toiletries shop",
    "clothes shop": "clothes shop|clothing store|fashion shop|clothes store|boutique",
    "fashion boutique": "boutique|fashion boutique|small fashion shop",
    "shoe shop": "shoe shop|shoe store|~shoes in a shop window",
    "hairdresser": "hairdresser|barber|hair salon|hairdresser's|barbershop",
    "beauty salon": "beauty salon|beauty parlour|nail salon",
    "furniture shop": "furniture shop|furniture store",
    "hardware store": "hardware store|DIY store|"
    "DIY shop|ironmonger", "electronics shop": "electronics shop|electronics store|TV shop",
    "mobile phone shop": "mobile phone shop|phone shop|cell phone store",
    "computer shop": "computer shop|computer store", "bookshop": "bookshop|book store|bookstore",
    "stationery shop": "stationery shop|stationer's|paper shop", "toy shop": "toy shop|toy store",
    "flower shop": "flower shop|florist|florist's|shop* with flowers",
    "gift shop": "gift shop|souvenir shop|souvenir store", "pet shop": "pet shop|pet store",
    "jewellery shop": "jewellery shop|jeweller's|jeweller|jewelry store",
    "optician": "optician|glasses shop|optician's|eyewear shop", "deli": "deli|delicatessen",
    "sports shop": "sports shop|sporting goods store", "bicycle shop": "bicycle shop|bike shop",
    "liquor store": "liquor store|wine and spirits shop|off-licence", "kiosk": "kiosk|news stand|"
    "little kiosk|newspaper kiosk", "newsagent": "newsagent|newspaper shop|news stand",
    "tobacconist": "tobacconist|tobacco shop", "sweet shop": "sweet shop|candy store",
    "department store": "department store|big store", "shopping centre": "shopping centre|mall|"
    "shopping mall|shopping center", "market": "market|~market stalls|street market|market place",
    "car dealer": "car dealer|car showroom|car dealership", "shop": "shop|store|some shop",
    "car repair garage": "car repair garage|garage* that fixes cars|mechanic|car workshop|"
                         "auto repair shop", "car parts shop": "car parts shop|auto parts store",
    "tyres shop": "tyre shop|tyre place", "laundry": "laundry|laundromat|launderette",
    "dry cleaner": "dry cleaner|dry cleaner's", "travel agency": "travel agency|travel agent's",
    "photo shop": "photo shop|camera shop", "cosmetics shop": "cosmetics shop|make-up shop",
    "second-hand shop": "second-hand shop|thrift shop",
    "antique shop": "antique shop|antiques shop",
    "art gallery shop": "art gallery|art shop", "vacant shop": "empty shop|vacant shop",
    "garden centre": "garden centre|plant shop", "paint shop": "paint shop",
    "fabric shop": "fabric shop|shop* for cloth", "funeral directors shop": "undertaker's|"
    "funeral parlour", "tattoo studio": "tattoo studio|tattoo parlour", "wine shop": "wine shop",
    # services
    "bank": "bank|bank branch|branch* of a bank", "currency exchange": "currency exchange|"
    "exchange office|money changer|bureau de change", "post office": "post office",
    "hotel": "hotel|hotel building", "hostel": "hostel|backpackers' hostel",
    "guest house": "guest house|bed and breakfast|pension|small hotel", "apartment":
    "holiday apartment", "hospital": "hospital|big hospital|medical centre",
    "clinic": "clinic|medical clinic|health centre", "doctor's practice": "doctor's practice|"
    "doctor's|doctor's surgery", "dentist": "dentist|dentist's|dental practice",
    "veterinary": "vet|veterinary practice|animal doctor",
    "police station": "police station|~police",
    "fire station": "fire station|~fire brigade", "town hall": "town hall|city hall",
    "courthouse": "courthouse|court|court* of law", "embassy": "embassy|embassy* with a flag",
    "government office": "government office|public office|~government offices",
    "social facility": "social facility|care home|social centre", "nursing home": "nursing home|"
    "old people's home", "kindergarten": "kindergarten|nursery|preschool|nursery school",
    "childcare": "nursery|childcare place", "school": "school|school building|~school grounds",
    "university": "university|~university buildings|university campus|faculty building",
    "college": "college|vocational school", "driving school": "driving school",
    "music school": "music school", "language school": "language school",
    "office": "office|~offices", "estate agent office": "estate agent's|estate agency|"
    "real estate office", "insurance office": "insurance office|insurance agency",
    "lawyer office": "law office|lawyer's office", "gym": "gym|fitness centre|fitness studio",
    "sports centre": "sports centre|sports hall|leisure centre|sports club",
    "stadium": "stadium|sports stadium|football ground", "sauna": "sauna", "helipad": "helipad|"
    "helicopter landing pad", "studio": "studio", "factory": "factory|works",
    # worship
    "place of worship": "place* of worship|house* of prayer|church-like building",
    "church": "church|church building|church* with a cross", "chapel": "chapel|small church",
    "cathedral": "cathedral|big church|huge church", "mosque": "mosque|muslim place of worship",
    "synagogue": "synagogue", "temple": "temple", "monastery": "monastery|convent",
    "church grounds": "~church grounds|churchyard",
    # buildings and grounds
    "building": "building|house|building|block", "house": "house|family house|home",
    "apartment building": "apartment building|block* of flats|apartment block|residential block|"
                          "~flats", "residential building": "residential building|apartment house|"
    "house* with flats",
    "detached house": "detached house|single house|family house|villa-like house",
    "semi-detached house": "semi-detached house|double house", "terraced houses":
    "~terraced houses|row* of houses|~row houses", "block of flats": "block* of flats",
    "commercial building": "commercial building|business building|building* with businesses",
    "shop building": "shop building|retail building|store building|building* with shops",
    "office building": "office building|office block|~offices", "industrial building":
    "industrial building|factory-like building|industrial hall", "warehouse": "warehouse|big shed",
    "public building": "public building|official-looking building|civic building",
    "civic building": "civic building|public building", "government building":
    "government building|official building", "school building": "school building|school",
    "university building": "university building|faculty building|campus building",
    "college building": "college building|college",
    "hospital building": "hospital building|hospital",
    "hotel building": "hotel|hotel building",
    "kindergarten building": "kindergarten building|nursery",
    "garage": "garage|garage for a car",
    "row of garages": "row* of garages|~garages|~lock-up garages",
    "shed": "shed|small shed", "hut": "hut|little hut", "cabin": "cabin",
    "greenhouses": "~greenhouses",
    "roof canopy": "canopy|roof* on posts|covered area|big canopy", "hangar": "hangar|big hall",
    "building under construction": "building* under construction|half-built building",
    "building site": "building site|construction site|~construction works", "storage tank":
    "storage tank|big tank", "student dormitory": "student dormitory|~student housing",
    "small service building": "small service building|utility building", "ruined building":
    "ruined building|derelict building", "bandstand": "bandstand|music pavilion",
    "pavilion": "pavilion",
    "industrial area": "industrial area|industrial estate|industrial zone",
    "commercial area": "commercial area|business district|area* of offices",
    "retail area": "retail area|shopping area|retail park", "farmyard": "farmyard|farm",
    "derelict ground": "~derelict ground|wasteland|empty lot",
    "empty green site": "empty green plot",
    "quarry": "quarry|gravel pit", "port": "port|harbour area", "harbour": "harbour",
    "outdoor seating terrace": "terrace|outdoor seating area", "small island": "small island",
    "ngo office": "charity office|office* of some organisation",
    "parking tickets vending machine": "parking meter|ticket machine|machine* for parking tickets",
    "public transport tickets vending machine": "ticket machine|machine* for bus tickets",
    "excrement bags vending machine": "dog bag dispenser", "trade shop": "builders' merchant",
    "sewage works": "sewage works", "educational institution office": "educational institute",
}  # fmt: skip
"""What people call things, alternatives parted by "|". Others are called by their kind."""

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple((re.compile(pattern), said) for
    pattern, said in (
        (r"(burger|pizza|kebab|sandwich|chicken) fast food restaurant",
         r"{0} place|{0} takeaway|{0} shop|{0} joint"),
        (r"(pizza|burger|sushi|steak house|barbecue|fish|seafood|pasta|noodle|kebab|grill|salad) "
         r"restaurant", r"{0} restaurant|{0} place|restaurant* for {0}"),
        (r"(.+) fast food restaurant", r"{0} takeaway|{0} fast food place|{0} snack bar"),
        (r"(regional|local|international) restaurant", r"restaurant|{0} restaurant|place* to eat"),
        (r"(.+) restaurant", r"{0} restaurant|{0} place|restaurant* with {0} food|{0} eatery"),
        (r"(multi|team handball|10pin) sports pitch", r"sports pitch|sports field|ball court"),
        (r"(soccer) sports pitch", r"football pitch|soccer field|soccer pitch|football field"),
        (r"(basketball|tennis|volleyball|beachvolleyball|handball|bocce|boules|squash|padel) "
         r"sports pitch", r"{0} court|court* for {0}|{0} ground"),
        (r"(.+) sports pitch", r"{0} pitch|{0} ground|{0} field|place* to play {0}"),
        (r"multi sports centre", r"sports centre|sports hall"),
        (r"(.+) sports centre", r"{0} centre|sports centre|{0} club"),
        (r"(.+) vending machine", r"vending machine|{0} machine|machine* for {0}"),
        (r"(.+) (church|chapel|cathedral)", r"{1}|{0} {1}"),
        (r"(.+) tower", r"tower|{0} tower"),
        (r"(.+) (workshop|office|shop|club)", r"{0} {1}"),
    ))  # fmt: skip

UNCOUNTED = frozenset({
    "steps", "traffic lights", "bollards", "tram tracks", "railway tracks", "bushes", "scree",
    "woodland", "allotment gardens", "grassland", "fields", "wetland", "water", "ruins", "sand",
    "recycling containers", "waste containers", "public toilets", "shrubbery", "greenhouses",
    "light rail tracks", "terraced houses", "water works", "sewage works", "binoculars",
})  # fmt: skip
"""Kinds that are said without an article."""

COLOURS = frozenset({
    "white", "black", "grey", "gray", "light grey", "dark grey", "red", "orange", "yellow", "beige",
    "brown", "green", "blue", "light blue", "pink", "cream", "dark red", "silver", "gold",
    "maroon", "light yellow", "light green", "dark green", "dark blue", "purple", "violet",
    "turquoise", "salmon", "tan", "ivory",
})  # fmt: skip

MATERIALS: Mapping[str, str] = {
    "brick": "brick|brick-built", "stone": "stone|stone-built",
    "wood": "wooden|timber", "concrete": "concrete", "glass": "glass|glassy|glass-fronted",
    "metal": "metal|metal-clad", "steel": "steel", "granite": "granite", "marble": "marble",
    "limestone": "limestone", "sandstone": "sandstone", "timber framing": "half-timbered",
    "timber": "timber", "slate": "slate", "copper": "copper-clad", "tiles": "tiled",
}  # fmt: skip

SIZES: Mapping[str, str] = {"large": "large|big|huge", "small": "small|little|tiny"}

SURFACES: Mapping[str, str] = {
    "cobbled": "cobbled|cobblestone|stone-paved", "paved with slabs": "paved|flagstone|slab-paved",
    "gravel": "gravel|gravelly", "unpaved": "unpaved|rough", "dirt": "dirt|earth",
    "grassy": "grassy", "sandy": "sandy", "wooden": "wooden|boardwalk-style", "metal": "metal",
    "concrete": "concrete",
}  # fmt: skip

ROOFS: Mapping[str, str] = {
    "domed": "with a dome|with a domed roof", "onion-domed": "with an onion dome",
    "pyramid-roofed": "with a pyramid-shaped roof", "flat-roofed": "with a flat roof",
}  # fmt: skip

NATIONS = re.compile(
    r"\b(italian|french|german|greek|indian|chinese|japanese|thai|turkish|mexican|spanish|korean|"
    r"vietnamese|lebanese|american|portuguese|brazilian|russian|georgian|uzbek|asian|finnish|"
    r"mediterranean|moroccan|peruvian|argentinian|nepalese|ethiopian|kazakh|european|scandinavian|"
    r"roman catholic|catholic|lutheran|orthodox|protestant|baptist|mormon|evangelical|anglican|"
    r"methodist)\b"
)


def calls(kind: str) -> list[str]:
    """What people call a kind, the plainest first; none for one that may be a proper name."""
    if any(letter.isupper() for letter in kind) and kind not in KINDS:
        return []
    if kind in KINDS:
        return KINDS[kind].split("|")
    for pattern, said in _PATTERNS:
        if match := pattern.fullmatch(kind):
            parts = [NATIONS.sub(lambda one: one[0].title(), part) for part in match.groups()]
            return said.format(*parts).split("|")
    return [f"~{kind}" if kind in UNCOUNTED else kind]
