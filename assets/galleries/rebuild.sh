#!/usr/bin/env bash
# Builds the four galleries that come with the app, from the extracts that README.md here names.
# Usage: bash assets/galleries/rebuild.sh FOLDER_WITH_EXTRACTS [PYTHON]
set -euo pipefail
extracts=$(cd "${1:?name the folder with the extracts}" && pwd)
python=${2:-.venv/bin/python}
cd "$(dirname "$0")/../.."
build() { "$python" -m core build "$@" --out assets/galleries; }
build helsinki --from "$extracts/helsinki.osm.pbf"
build monaco --from "$extracts/monaco.osm.pbf" --bbox=7.40,43.715,7.46,43.76
build montevideo --from "$extracts/montevideo.geojsonl.gz" --bbox=-56.216,-34.917,-56.174,-34.894
# All of the town; every 45 m and not 30, so that the four together stay within 90 MB.
build neubrandenburg --from "$extracts/neubrandenburg.osm.bz2" --spacing-m 45 \
  --bbox=13.195,53.512,13.335,53.588
