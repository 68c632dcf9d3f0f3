#!/usr/bin/env bash
# Learns ranking, confidence, regions, the confidence of pictures and the claims of the ledger again, in this order,
# and writes them here.
# Usage: SAYWHERE_DATA=FOLDER bash assets/models/refit.sh FOLDER_WITH_DATA [PYTHON]
# FOLDER_WITH_DATA has osm/, osm-training/, rvs/, texts/ and aerial/, as README.md here tells. SAYWHERE_DATA
# keeps the galleries and texts that are learned from; those that are there are not made again.
set -euo pipefail
data=$(cd "${1:?name the folder with the data}" && pwd)
python=${2:-.venv/bin/python}
home=${SAYWHERE_DATA:?name a folder for the galleries that are learned from}
mkdir -p "$home/texts"
home=$(cd "$home" && pwd)
export SAYWHERE_DATA=$home OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
cd "$(dirname "$0")/../.."

build() { [ -e "$home/galleries/$1/manifest.json" ] || "$python" -m core build "$@"; }
write() { # gallery, map file, number of texts
  [ -e "$home/texts/$1.jsonl" ] || "$python" -m core describe --gallery "$1" --from "$2" \
    --n "$3" --seed 7 --names mixed --out "$home/texts/$1.jsonl"
}
build rvs --from "$data/rvs/manhattan-pois.geojson.gz" --no-pictures
training=$data/osm-training
build krems --from "$training/krems.osm.gz" --no-pictures --spacing-m 40
build moscow --from "$training/moscow.osm.pbf" --no-pictures
build porto --from "$training/porto.osm.pbf" --no-pictures --spacing-m 40
build manhattan-1 --from "$training/manhattan-1.osm.gz" --no-pictures
build manhattan-2 --from "$training/manhattan-2.osm.gz" --no-pictures
build nyc --from "$training/nyc.osm.pbf" --no-pictures
build stockholm --from "$training/stockholm.osm.pbf" --no-pictures
build boston --from "$training/boston.osm.pbf" --no-pictures
write krems "$training/krems.osm.gz" 150
write moscow "$training/moscow.osm.pbf" 150
write porto "$training/porto.osm.pbf" 150
write manhattan-1 "$training/manhattan-1.osm.gz" 150
write manhattan-2 "$training/manhattan-2.osm.gz" 150
write nyc "$training/nyc.osm.pbf" 100
write stockholm "$training/stockholm.osm.pbf" 100
write boston "$training/boston.osm.pbf" 80
write monaco "$data/osm/monaco.osm.pbf" 150
write montevideo "$data/osm/montevideo.geojsonl.gz" 150
write neubrandenburg "$data/osm/neubrandenburg.osm.bz2" 150

written="krems moscow porto manhattan-1 manhattan-2 nyc stockholm monaco montevideo neubrandenburg"
"$python" - "$data" "$home/texts" $written <<'PREPARE'
import json, random, sys
from pathlib import Path

data, texts, written = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def save(name, chosen):
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in chosen)
    (texts / name).write_text("".join(lines), "utf-8")


train = [row for row in rows(data / "rvs" / "manhattan.jsonl") if row["split"] == "train"]
random.Random(1).shuffle(train)
save("rvs-train.jsonl", train[:1300])
save("rvs-confidence.jsonl", train[1300:1700])
save("written.jsonl", [row for name in written for row in rows(texts / f"{name}.jsonl")[:150]])
# Porto, Moscow, Manhattan and Stockholm are learned from; the bundled cities are for reporting.
cities = ("porto", "moscow", "manhattan-1", "manhattan-2", "nyc", "stockholm", "boston")
free = [row | {"gallery": row["extract"].split(".")[0]} for row in rows(data / "texts" / "free-hand.jsonl")]
save("free-hand.jsonl", [row for row in free if row["gallery"] in cities])
for name in ("krems", "moscow", "nyc", "stockholm", "boston"):
    save(f"{name}-regions.jsonl", rows(texts / f"{name}.jsonl")[:80])
PREPARE
cp tests/descriptions.jsonl "$home/texts/by-hand.jsonl"

sets=()
for name in $written; do sets+=(--set "$name=$home/texts/written.jsonl"); done
for name in monaco montevideo neubrandenburg; do sets+=(--set "$name=$home/texts/by-hand.jsonl"); done
for name in porto moscow manhattan-1 manhattan-2 nyc stockholm; do
  sets+=(--set "$name=$home/texts/free-hand.jsonl")
done
"$python" -m core calibrate --ranking --set "rvs=$home/texts/rvs-train.jsonl" \
  --set "helsinki=$home/texts/by-hand.jsonl" "${sets[@]}"
"$python" -m core calibrate --set "rvs=$home/texts/rvs-confidence.jsonl" "${sets[@]}"

# Regions: the bundled cities are for reporting.
regions=()
for name in krems moscow nyc stockholm boston; do
  regions+=(--set "$name=$home/texts/$name-regions.jsonl")
done
for name in moscow nyc stockholm boston; do regions+=(--set "$name=$home/texts/free-hand.jsonl"); done
"$python" -m core calibrate --regions "${regions[@]}"

# Aerial pictures: the third of the town that the picture model has not seen.
aerial=$data/aerial/pardubice
build pardubice --from "$aerial/pardubice.geojsonl.gz" --imagery "$aerial/ortho" --no-pictures
[ -e "$home/texts/pardubice.jsonl" ] || "$python" -m core describe --gallery pardubice \
  --from "$aerial/pardubice.geojsonl.gz" --imagery "$aerial/ortho" --n 300 --seed 16 --names no \
  --out "$home/texts/pardubice.jsonl"
"$python" - "$home/texts/pardubice.jsonl" "$home/texts/pardubice-east.jsonl" <<'EAST'
import json, sys
from pathlib import Path

lines = Path(sys.argv[1]).read_text("utf-8").splitlines()
east = [line + "\n" for line in lines if json.loads(line)["lon"] >= 15.76726]
Path(sys.argv[2]).write_text("".join(east), "utf-8")
EAST
"$python" -m core calibrate --aerial --set "pardubice=$home/texts/pardubice-east.jsonl"

# Facts that are seen from above: descriptions by people who looked at the photographs.
town=$data/aerial/chateaugiron
build chateaugiron --from "$town/chateaugiron.geojsonl.gz" --imagery "$town/ortho.jpg" \
  --imagery-bounds=-1.5247442,48.0336287,-1.4790558,48.0641713 --no-pictures
"$python" -m core calibrate --above \
  --set "pardubice=$data/aerial/pardubice-descriptions.jsonl" \
  --set "chateaugiron=$data/aerial/chateaugiron-descriptions.jsonl"

for name in baltimore harrisburg; do
  build "$name" --from "$training/$name.osm.pbf" --no-pictures --spacing-m 50
done
build singapore --from "$training/bayfront_singapore.osm.pbf" --no-pictures
# Claims of the ledger: judged pairs. Those of texts that are not ours are kept by the number of the text.
"$python" - "$data/rvs/manhattan.jsonl" "$home/texts/claims.jsonl" <<'CLAIMS'
import json, sys
from pathlib import Path

texts = {row["id"]: row["text"] for row in map(json.loads, Path(sys.argv[1]).open(encoding="utf-8"))}
pairs = [json.loads(line) for line in Path("tests/quality/evidence_labels.jsonl").open(encoding="utf-8")]
for line in Path("assets/models/claims-rvs.jsonl").open(encoding="utf-8"):
    pair = json.loads(line)
    text = texts[pair.pop("id")]
    pairs.append(pair | {"text": text, "phrase": text[pair.pop("start") : pair.pop("end")]})
pairs = [pair for pair in pairs if not pair["half"].startswith("shown")]
Path(sys.argv[2]).write_text("".join(json.dumps(pair) + "\n" for pair in pairs), "utf-8")
CLAIMS
"$python" -m core calibrate --claims "$home/texts/claims.jsonl"
