"""How CLIP and SigLIP read text: cleaning, vocabulary, cutting. Knows no networks."""

import bisect
import difflib
import gzip
import hashlib
import html
import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ftfy
import transformers
from tokenizers import Encoding, Tokenizer

from core.errors import ModelError
from core.models.sentence import Tokens

_PACKAGE, _FILE = "clip", "bpe_simple_vocab_16e6.txt.gz"
_FILE_SHA256 = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a"
_MERGES = 49152 - 256 - 2
_SPECIAL = ("<|startoftext|>", "<|endoftext|>")


def _as_openai(text: str) -> str:
    fixed = html.unescape(html.unescape(ftfy.fix_text(text)))
    return re.sub(r"\s+", " ", fixed).strip().lower()


CLEANINGS: dict[str, Callable[[str], str]] = {
    "openai": _as_openai,
    "lower": str.lower,
    "none": str,
}
"""What is done to a text before the tokenizer sees it: OpenAI's code mends it, SigLIP was trained
on lower case, a folder's own tokenizer does what it needs itself."""


class TextReader:
    """Texts → token ids as one checkpoint was trained to read them. Thread-safe."""

    def __init__(self, tokenizer: Tokenizer, cleaning: str, limit: int) -> None:
        self.cleaning = cleaning
        self.limit = limit
        self._tokenizer = tokenizer
        self._tokenizer.enable_truncation(limit)
        self._clean = CLEANINGS[cleaning]

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""
        return self._tokenizer.get_vocab_size()

    @property
    def end(self) -> int:
        """The end-of-text token."""
        ids = self._tokenizer.encode("").ids
        if not ids:
            raise ModelError("the tokenizer puts no end-of-text token behind a text; CLIP needs it")
        return ids[-1]

    def to_json(self) -> str | None:
        """The tokenizer, whole, so that a checkpoint can carry it; None for the packaged one."""
        return None if self.cleaning == "openai" else self._tokenizer.to_str()

    def read(self, texts: list[str]) -> list[Tokens]:
        """Ids with the special ones; a text too long is cut before the end-of-text token."""
        encodings = self._tokenizer.encode_batch([self._clean(text) for text in texts])
        return [
            Tokens(encoding.ids, _cut(text, self._clean, encoding))
            for text, encoding in zip(texts, encodings, strict=True)
        ]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where in `text` each token of `read` stands, from begin to end; (0, 0) for special ones.

        Where cleaning mends a word, its tokens stand for the whole of it.
        """
        clean = self._clean(text)
        encoding = self._tokenizer.encode(clean)
        last = max((end for _, end in encoding.offsets), default=0)
        cut = _cut(text, self._clean, encoding)
        begins, ends = _origins(text[:cut], clean[:last], self._clean)
        return [
            (begins[begin], ends[end - 1]) if end > begin else (0, 0)
            for begin, end in encoding.offsets
        ]


def _origins(text: str, clean: str, cleaning: Callable[[str], str]) -> tuple[list[int], list[int]]:
    """For each letter of the cleaned text, where in `text` that begins and ends which it is of.

    Both are compared word by word; a letter is that of a word where cleaning keeps its length, and
    the word, or words, where not. A space is of both its neighbours.
    """
    old, new = _solid(text), _solid(clean)
    alike = difflib.SequenceMatcher(
        None,
        [cleaning(text[begin:end]) for begin, end in old],
        [clean[begin:end] for begin, end in new],
        autojunk=False,
    )
    begins, ends = [0] * len(clean), [0] * len(clean)
    for kind, old_from, old_to, new_from, new_to in alike.get_opcodes():
        for row in range(new_from, new_to):
            own = old[old_from + row - new_from : old_to] if kind == "equal" else []
            begin, end = own[0] if own else _around(old[old_from:old_to])
            first, last = new[row]
            steps = range(begin, end) if own and end - begin == last - first else None
            begins[first:last] = steps or [begin] * (last - first)
            ends[first:last] = [at + 1 for at in steps] if steps else [end] * (last - first)
    for at in range(1, len(clean)):
        if clean[at].isspace():
            ends[at] = ends[at - 1]
    for at in range(len(clean) - 2, -1, -1):
        if clean[at].isspace():
            begins[at] = begins[at + 1]
    return begins, ends


def _solid(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in re.finditer(r"\S+", text)]


def _around(spans: list[tuple[int, int]]) -> tuple[int, int]:
    """From the first's begin to the last's end; nowhere for none."""
    return (spans[0][0], spans[-1][1]) if spans else (0, 0)


def _cut(text: str, clean: Callable[[str], str], encoding: Encoding) -> int | None:
    """The offset in `text` after which nothing is read; None if all of it is."""
    unread = [begin for rest in encoding.overflowing for begin, end in rest.offsets if end > begin]
    if not unread:
        return None
    # Cleaning moves offsets: the longest beginning whose cleaned form ends before the cut.
    ends = range(len(text) + 1)
    return bisect.bisect_right(ends, unread[0], key=lambda end: len(clean(text[:end]))) - 1


def clip_reader(limit: int, folder: Path | None = None) -> TextReader:
    """As the tokenizer in `folder` reads, if there is one; else as OpenAI's code does."""
    own = None if folder is None else _own_tokenizer(folder)
    if own is None:
        return TextReader(_packaged_tokenizer(), "openai", limit)
    own.no_padding()
    return TextReader(own, "none", limit)


def siglip_reader(folder: Path, limit: int) -> TextReader:
    """Every text is lowered and filled up to the limit, as SigLIP was trained."""
    tokenizer = _own_tokenizer(folder)
    said = folder / "tokenizer_config.json"
    if tokenizer is None or not said.is_file():
        raise ModelError(
            f"{folder} holds no tokenizer.json with its tokenizer_config.json; SigLIP needs those "
            f"it was trained with"
        )
    try:
        config = json.loads(said.read_text("utf-8"))
        pad = config["pad_token"]
        pad = pad["content"] if isinstance(pad, dict) else pad
        side = config.get("padding_side", "right")
        tokenizer.enable_padding(
            direction=side, pad_id=tokenizer.token_to_id(pad), pad_token=pad, length=limit
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{said} tells of no padding: {error!r}") from error
    return TextReader(tokenizer, "lower", limit)


def saved_reader(tokenizer: str | None, cleaning: str, limit: int) -> TextReader:
    """The reader that `TextReader.to_json` and `cleaning` describe."""
    found = _packaged_tokenizer() if tokenizer is None else _parsed(tokenizer, "the checkpoint")
    return TextReader(found, cleaning, limit)


def _own_tokenizer(folder: Path) -> Tokenizer | None:
    whole, words, merges = (
        folder / name for name in ("tokenizer.json", "vocab.json", "merges.txt")
    )
    if whole.is_file():
        return _parsed(whole.read_text("utf-8"), whole)
    if not (words.is_file() and merges.is_file()):
        return None
    lines = [line for line in merges.read_text("utf-8").split("\n") if " " in line]
    pairs = [line.split() for line in lines if not line.startswith("#version")]
    try:
        return _clip_tokenizer(json.loads(words.read_text("utf-8")), pairs)
    except Exception as error:  # tokenizers raises plain Exception
        raise ModelError(f"{words} and {merges.name} make no vocabulary: {error}") from error


def _parsed(text: str, source: Path | str) -> Tokenizer:
    try:
        return Tokenizer.from_str(text)
    except Exception as error:  # tokenizers raises plain Exception
        raise ModelError(f"the tokenizer in {source} cannot be read: {error}") from error


def _packaged_tokenizer() -> Tokenizer:
    """CLIP's vocabulary out of the package that ships it, its SHA-256 checked."""
    found = importlib.util.find_spec(_PACKAGE)  # finding runs no code of the package
    folders = (found and found.submodule_search_locations) or []
    path = next((Path(folder) / _FILE for folder in folders), None)
    if path is None or not path.is_file():
        raise ModelError(
            "CLIP's vocabulary comes in the package openai-clip, which is not installed; "
            "run pip install -r requirements.txt"
        )
    packed = path.read_bytes()
    if hashlib.sha256(packed).hexdigest() != _FILE_SHA256:
        raise ModelError(f"{path} is not CLIP's vocabulary; reinstall the package openai-clip")
    lines = gzip.decompress(packed).decode().split("\n")
    merges = [line.split() for line in lines[1 : _MERGES + 1]]
    letters = _byte_letters()
    words = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges), *_SPECIAL]
    return _clip_tokenizer({word: number for number, word in enumerate(words)}, merges)


def _clip_tokenizer(vocabulary: dict[str, int], merges: list[list[str]]) -> Tokenizer:
    pairs: Any = [tuple(merge) for merge in merges]  # typed as names of files
    found: Tokenizer = transformers.CLIPTokenizer(vocab=vocabulary, merges=pairs).backend_tokenizer
    return found


def _byte_letters() -> list[str]:
    """A printable letter for each byte in the order of CLIP's ids: first bytes that are one."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = 256 - len(printable)
    return [chr(code) for code in (*printable, *range(256, 256 + others))]
