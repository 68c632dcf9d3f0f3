"""Sentence encoders from installed packages: text → unit embeddings."""

import hashlib
import importlib.util
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers

from core.arrays import F32
from core.errors import ModelError
from core.models.batches import Progress, encoded
from core.models.specs import MINILM, ModelSpec, SentenceSpec


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

    def __init__(self, spec: SentenceSpec, tokenizer: Any, network: torch.nn.Module) -> None:
        self.spec = spec
        self._tokenizer = tokenizer
        self._network = network.eval()
        self._lock = threading.Lock()

    @classmethod
    def load(cls, spec: SentenceSpec, threads: int = 0) -> "SentenceEncoder":
        """Loads the weights from the package after checking their hash. Works offline."""
        folder = _package_folder(spec)
        weights = folder / "model.safetensors"
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != spec.weights_sha256:
            raise ModelError(
                f"the weights in {weights} are not {spec.title}: SHA-256 {digest[:12]}…, wanted "
                f"{spec.weights_sha256[:12]}…; reinstall the package {spec.package}"
            )
        if threads:
            torch.set_num_threads(threads)
        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        network = transformers.AutoModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        )
        return cls(spec, tokenizer, network)

    def tokenize(self, texts: list[str], max_tokens: int | None = None) -> list[Tokens]:
        """Token ids with special tokens, cut at the spec's limit, with the offset of the cut."""
        with self._lock:  # the limit is state of the tokenizer, not of the call
            encoding = self._tokenizer(
                texts,
                truncation=True,
                max_length=max_tokens or self.spec.max_tokens,
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
            )
        tokens: list[Tokens] = []
        for row, sample in enumerate(encoding["overflow_to_sample_mapping"]):
            if sample == len(tokens):
                tokens.append(Tokens(encoding["input_ids"][row], None))
            elif tokens[sample].truncated is None:
                offsets = encoding["offset_mapping"][row]
                start = next((begin for begin, end in offsets if end > begin), len(texts[sample]))
                tokens[sample] = Tokens(tokens[sample].ids, start)
        return tokens

    def spans(self, text: str, max_tokens: int | None = None) -> list[tuple[int, int]]:
        """Start and end in `text` of each token of `tokenize`; (0, 0) for special tokens."""
        with self._lock:
            encoding = self._tokenizer(
                text,
                truncation=True,
                max_length=max_tokens or self.spec.max_tokens,
                return_offsets_mapping=True,
            )
        return [(begin, end) for begin, end in encoding["offset_mapping"]]

    def forward(self, tokens: list[Tokens]) -> F32:
        """Unit embeddings [N, D] of N tokenized texts in one padded batch."""
        return self.pooled(*self.states(tokens))

    def pooled(self, states: torch.Tensor, mask: torch.Tensor) -> F32:
        """Unit embeddings [N, D] of the hidden states [N, T, D] of N texts, mask [N, T]."""
        with torch.inference_mode():
            weights = mask.unsqueeze(-1).to(states.dtype)
            mean = (states * weights).sum(1) / weights.sum(1)
            unit: torch.Tensor = torch.nn.functional.normalize(mean, dim=-1)
        return unit.numpy()

    def states(self, tokens: list[Tokens]) -> tuple[torch.Tensor, torch.Tensor]:
        """The last layer's hidden states [N, T, D] and the token mask, bool [N, T]."""
        longest = max(len(text_tokens.ids) for text_tokens in tokens)
        ids = torch.zeros(len(tokens), longest, dtype=torch.long)
        mask = torch.zeros(len(tokens), longest, dtype=torch.long)
        for row, text_tokens in enumerate(tokens):
            ids[row, : len(text_tokens.ids)] = torch.tensor(text_tokens.ids)
            mask[row, : len(text_tokens.ids)] = 1
        with torch.inference_mode():
            hidden = self._network(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden, mask.bool()

    def encode(self, texts: list[str], batch: int = 32, progress: Progress | None = None) -> F32:
        """Unit embeddings [N, D]; batched by length to save padding."""
        tokens = self.tokenize(texts) if texts else []
        return encoded(tokens, self.spec.dimensions, batch, self.forward, progress, Tokens.count)


def load(
    _: ModelSpec, threads: int = 0, __: Path | None = None, loaded: SentenceEncoder | None = None
) -> SentenceEncoder:
    """The sentence encoder of search: the loaded one where there is one."""
    return loaded or SentenceEncoder.load(MINILM, threads)


def _package_folder(spec: SentenceSpec) -> Path:
    package = importlib.util.find_spec(spec.package)
    if package is None or not package.submodule_search_locations:
        raise ModelError(
            f"{spec.title} comes in the package {spec.package}, which is not installed; "
            f"run pip install -r requirements.txt"
        )
    folder = Path(package.submodule_search_locations[0]) / spec.folder
    if not (folder / "model.safetensors").is_file():
        raise ModelError(f"{folder} has no model.safetensors; reinstall {spec.package}")
    return folder
