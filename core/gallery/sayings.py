"""What people call the kinds of a gallery's facts, and what they say of most views, with
embeddings: for galleries with facts that are seen from above."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.arrays import F32, I64
from core.files import replacing
from core.gallery.tables import pack_embeddings, read_table, unpack_embeddings
from core.vocabulary.from_above import sayings_of, typical_views

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

FILE = "sayings.parquet"


@dataclass(frozen=True, slots=True)
class Sayings:
    """The `kinds` [K], and the embeddings [S, D] of what they are called, kind by kind; `starts`
    [K] are the rows where the kinds begin. `typical` are what people say of most views, with
    embeddings [B, D]; none in a gallery of an earlier version."""

    kinds: list[str]
    starts: I64
    embeddings: F32
    typical: tuple[str, ...] = ()
    typical_embeddings: F32 | None = None

    def likeness(self, queries: F32) -> F32:
        """The cosine of each of Q queries [Q, D] with the best words of each kind: [Q, K]."""
        best: F32 = np.maximum.reduceat(queries @ self.embeddings.T, self.starts, axis=1)
        return best


def write_sayings(data: Path, kinds: Iterable[str], encoder: "SentenceEncoder") -> None:
    """Writes the words for the kinds and the typical phrases, which have no kind, with embeddings
    in 8 bits."""
    rows = [("", said) for said in typical_views()]
    rows += [(kind, said) for kind in sorted(set(kinds) - {""}) for said in sayings_of(kind)]
    embeddings = encoder.encode([said for _, said in rows])
    packed = pack_embeddings(embeddings)
    table = pa.table(
        {
            "kind": [kind for kind, _ in rows],
            "text": [said for _, said in rows],
            "embedding": [row.tobytes() for row in packed],
        }
    )
    with replacing(data / FILE) as part:
        pq.write_table(table, part, compression="zstd")


def read_sayings(path: Path) -> Sayings | None:
    """The sayings of a gallery, None for one without the file."""
    if not path.is_file():
        return None
    table = read_table(path)
    kinds = np.array(table["kind"].to_pylist(), dtype=object)
    if not len(kinds):
        return None
    packed = np.stack([np.frombuffer(row, dtype=np.int8) for row in table["embedding"].to_pylist()])
    embeddings, views = unpack_embeddings(packed), int((kinds == "").sum())
    kinds = kinds[views:]
    starts = np.flatnonzero(np.r_[True, kinds[1:] != kinds[:-1]][: len(kinds)])
    return Sayings(
        kinds[starts].tolist(),
        starts.astype(np.int64),
        embeddings[views:],
        tuple(table["text"].to_pylist()[:views]),
        embeddings[:views],
    )
