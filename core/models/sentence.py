"""The sentence encoder: text → unit embeddings, by ONNX Runtime in 8 bit, without torch.

`assets/models/sentence/README.md` describes the weights and the program that makes them.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from threadpoolctl import threadpool_limits
from tokenizers import Encoding, Tokenizer

from core.arrays import F32, Bools
from core.files import asset_file
from core.models.batches import Progress, encoded, like_lengths
from core.models.specs import MINILM, ModelSpec, SentenceSpec
from core.settings import SENTENCE_MODEL

_TOKENS_OF_A_RUN = 4
"""A run of the network costs as much as so many more tokens: 0.8 ms, and 0.19 for each token."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """T token ids of one text, and the offset after which nothing is read, or None."""

    ids: list[int]
    truncated: int | None

    def count(self) -> int:
        """The number of tokens T."""
        return len(self.ids)


class SentenceEncoder:
    """A mean-pooled transformer (sentence-transformers' recipe, arXiv 1908.10084). Thread-safe."""

    def __init__(
        self, spec: SentenceSpec, tokenizer: Tokenizer, network: onnxruntime.InferenceSession
    ) -> None:
        self.spec = spec
        self._tokenizer = tokenizer
        self._network = network
        self._lock = threading.Lock()

    @classmethod
    def load(
        cls, spec: SentenceSpec, threads: int = 0, folder: Path = SENTENCE_MODEL
    ) -> "SentenceEncoder":
        """Loads tokenizer and weights from a folder after checking their hashes. Works offline.

        `threads` is for the network and for all matrix products of this process; 0 leaves the
        number to the libraries. Raises ModelError for other files.
        """
        weights = asset_file(folder / spec.weights, spec.weights_sha256, spec.title)
        words = asset_file(folder / spec.tokenizer, spec.tokenizer_sha256, spec.title)
        tokenizer = Tokenizer.from_file(str(words))
        tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        threadpool_limits(threads or None, user_api="blas")
        # threads that wait for each other by spinning take the cores from other visitors
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        network = onnxruntime.InferenceSession(
            str(weights), options, providers=["CPUExecutionProvider"]
        )
        return cls(spec, tokenizer, network)

    def tokenize(self, texts: list[str], max_tokens: int | None = None) -> list[Tokens]:
        """Token ids with special tokens, cut at the spec's limit, with the offset of the cut."""
        return [
            Tokens(encoding.ids, _cut(encoding, len(text)))
            for text, encoding in zip(texts, self._encodings(texts, max_tokens), strict=True)
        ]

    def spans(self, text: str, max_tokens: int | None = None) -> list[tuple[int, int]]:
        """Start and end in `text` of each token of `tokenize`; (0, 0) for special tokens."""
        (encoding,) = self._encodings([text], max_tokens)
        return list(encoding.offsets)

    def _encodings(self, texts: list[str], max_tokens: int | None) -> list[Encoding]:
        with self._lock:  # the limit is state of the tokenizer, not of the call
            self._tokenizer.enable_truncation(max_tokens or self.spec.max_tokens)
            return [self._tokenizer.encode(text) for text in texts]

    def forward(self, tokens: list[Tokens]) -> F32:
        """Unit embeddings [N, D] of N tokenized texts."""
        unit = np.empty((len(tokens), self.spec.dimensions), dtype=np.float32)
        for rows in like_lengths([text.count() for text in tokens], _TOKENS_OF_A_RUN):
            unit[rows] = self.pooled(*self.states([tokens[row] for row in rows]))
        return unit

    def pooled(self, states: F32, mask: Bools) -> F32:
        """Unit embeddings [N, D] of the hidden states [N, T, D] of N texts, mask [N, T]."""
        weights = mask[..., None].astype(np.float32)
        mean = (states * weights).sum(1) / weights.sum(1)
        unit: F32 = mean / np.maximum(np.linalg.norm(mean, axis=-1, keepdims=True), 1e-12)
        return unit

    def states(self, tokens: list[Tokens]) -> tuple[F32, Bools]:
        """The last layer's hidden states [N, T, D] and the token mask [N, T].

        A text's states do not depend on the texts beside it.
        """
        longest = max(len(text_tokens.ids) for text_tokens in tokens)
        ids = np.zeros((len(tokens), longest), dtype=np.int64)
        mask = np.zeros((len(tokens), longest), dtype=bool)
        for row, text_tokens in enumerate(tokens):
            ids[row, : len(text_tokens.ids)] = text_tokens.ids
            mask[row, : len(text_tokens.ids)] = True
        (hidden,) = self._network.run(["states"], {"ids": ids, "mask": mask.astype(np.int32)})
        return hidden, mask

    def encode(self, texts: list[str], batch: int = 32, progress: Progress | None = None) -> F32:
        """Unit embeddings [N, D]; batched by length to save padding."""
        tokens = self.tokenize(texts) if texts else []
        return encoded(tokens, self.spec.dimensions, batch, self.forward, progress, Tokens.count)


def load(
    _: ModelSpec, threads: int = 0, __: Path | None = None, loaded: SentenceEncoder | None = None
) -> SentenceEncoder:
    """The sentence encoder of search: the loaded one where there is one."""
    return loaded or SentenceEncoder.load(MINILM, threads)


def _cut(encoding: Encoding, length: int) -> int | None:
    """The offset in a text of that length at which its tokens were cut, or None."""
    if not encoding.overflowing:
        return None
    rest = encoding.overflowing[0].offsets
    return next((begin for begin, end in rest if end > begin), length)
