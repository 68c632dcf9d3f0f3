"""CrossText2Loc (arXiv 2412.17007) and its kin, CLIP of any size and SigLIP, out of one file or
folder; leaves names, vocabularies and pictures to the modules beside it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from torch.nn import functional

from core.arrays import F32
from core.errors import ModelError
from core.files import replacing
from core.models.batches import Progress, encoded
from core.models.checkpoints import (
    Weights,
    check_keys,
    read_metadata,
    read_safetensors,
    read_state_dict,
    sha256_of,
)
from core.models.clip_text import TextReader, clip_reader, saved_reader, siglip_reader
from core.models.openai_names import from_openai
from core.models.pictures import Preparation
from core.models.sentence import Tokens
from core.models.specs import CROSSTEXT2LOC, CheckpointSpec, ModelSpec
from core.settings import MAX_TOKENS

Network = transformers.CLIPModel | transformers.SiglipModel

_KINDS: dict[str, tuple[Any, Any]] = {
    "clip": (transformers.CLIPConfig, transformers.CLIPModel),
    "siglip": (transformers.SiglipConfig, transformers.SiglipModel),
}
_POSITIONS = ("text_model.embeddings.position_ids", "vision_model.embeddings.position_ids")
"""Counters 0, 1, 2 … that older transformers saved beside the weights."""

_OWN = "saywhere"


class CrossText2Loc:
    """Descriptions and pictures → unit embeddings of one space. Thread-safe.

    `network` is transformers' own, for training it or looking inside it.
    """

    def __init__(
        self, spec: CheckpointSpec, network: Network, reader: TextReader, preparation: Preparation
    ) -> None:
        self.spec = spec
        self.network = network.eval()  # type: ignore[no-untyped-call]
        self.preparation = preparation
        self._reader = reader

    @property
    def temperature(self) -> float:
        """The learned factor of the cosines."""
        return float(self.network.logit_scale.detach().exp())

    def tokenize(self, texts: list[str]) -> list[Tokens]:
        """Token ids with the special ones, cut at the spec's length and the cut reported."""
        return self._reader.read(texts) if texts else []

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where in `text` each token stands, from begin to end; (0, 0) for special ones."""
        return self._reader.spans(text)

    def pixels(self, pictures: Sequence[Image.Image]) -> torch.Tensor:
        """float32 [N, 3, S, S], as the picture tower sees them."""
        return torch.stack([self.preparation.pixels(picture) for picture in pictures])

    def embed_tokens(self, tokens: list[Tokens]) -> torch.Tensor:
        """Unit embeddings [N, D] of N tokenized texts in one batch, with gradients.

        Filled up at the end to the longest of the batch only: a token sees none after it, and
        the end-of-text token is pooled, so what comes behind it changes nothing (SigLIP's texts
        are all of one length).
        """
        ids = torch.nn.utils.rnn.pad_sequence(
            [torch.tensor(one.ids) for one in tokens], batch_first=True
        )
        found = self.network.get_text_features(input_ids=ids.to(self.network.device))
        return functional.normalize(found.pooler_output, dim=-1)

    def embed_pixels(self, pixels: torch.Tensor) -> torch.Tensor:
        """Unit embeddings [N, D] of prepared pictures [N, 3, S, S], with gradients."""
        found = self.network.get_image_features(pixel_values=pixels.to(self.network.device))
        return functional.normalize(found.pooler_output, dim=-1)

    def encode_texts(
        self, texts: list[str], batch: int = 32, progress: Progress | None = None
    ) -> F32:
        """Unit embeddings [N, D], batched by length so that little is padded."""

        def read(tokens: list[Tokens]) -> F32:
            with torch.inference_mode():
                return _numbers(self.embed_tokens(tokens))

        tokens = self.tokenize(texts)
        return encoded(tokens, self.spec.dimensions, batch, read, progress, Tokens.count)

    def encode_pictures(
        self,
        pictures: Sequence[Image.Image],
        batch: int = 32,
        progress: Progress | None = None,
    ) -> F32:
        """Unit embeddings [N, D]; N pictures of any size."""

        def look(some: list[Image.Image]) -> F32:
            pixels = self.pixels(some)
            with torch.inference_mode():
                return _numbers(self.embed_pixels(pixels))

        return encoded(pictures, self.spec.dimensions, batch, look, progress)

    def save(self, path: Path) -> Path:
        """One safetensors file with all that loading it again needs."""
        metadata = {
            "config": self.network.config.to_dict(),
            "preparation": asdict(self.preparation),
            "cleaning": self._reader.cleaning,
            "tokenizer": self._reader.to_json(),
        }
        weights = {name: one.contiguous() for name, one in self.network.state_dict().items()}
        with replacing(path) as part:
            save_file(weights, part, {_OWN: json.dumps(metadata)})
        return path


def _numbers(embeddings: torch.Tensor) -> F32:
    numbers: F32 = embeddings.cpu().numpy()
    return numbers


def resampled(table: torch.Tensor, rows: int) -> torch.Tensor:
    """A position table [R, D] as [rows, D], between its rows linearly, on half-pixel centres.

    Row i is read at (i + ½)·R/rows − ½ and held at the ends; no leading rows are kept.
    """
    found = functional.interpolate(table.T[None], size=rows, mode="linear", align_corners=False)
    return found[0].T.contiguous()


def load(
    model: ModelSpec, threads: int = 0, checkpoint: Path | None = None, _: object = None
) -> CrossText2Loc:
    """The model in the user's checkpoint. Raises ModelError, in one line, for anything else."""
    assert checkpoint is not None, "the row of the model says that it must be there"
    return load_crosstext2loc(checkpoint, threads, model=model)


def load_crosstext2loc(
    checkpoint: Path,
    threads: int = 0,
    context: int | None = None,
    model: ModelSpec = CROSSTEXT2LOC,
) -> CrossText2Loc:
    """The model in a transformers folder (CLIP, SigLIP), a state_dict with OpenAI's names as
    CrossText2Loc's published checkpoints are, or a file of `CrossText2Loc.save`.

    `context` is the length that CLIP's text table is extended to; left out, it is MAX_TOKENS, and
    what it was saved with for a file of ours. SigLIP keeps the length it was trained with: it
    pools the last of always so many tokens. `threads` 0 leaves torch's choice.
    Raises ModelError, in one line, for anything that is not the whole of such a model.
    """
    if threads:
        torch.set_num_threads(threads)
    if checkpoint.is_dir():
        parts = _from_folder(checkpoint, context)
    elif not checkpoint.is_file():
        raise ModelError(f"there is no checkpoint {checkpoint}; wanted a file or a folder")
    elif checkpoint.suffix == ".safetensors":
        parts = _from_own(checkpoint, context)
    else:
        parts = _from_openai(checkpoint, context)
    return _assembled(parts, checkpoint, model)


@dataclass(frozen=True, slots=True)
class _Parts:
    """A checkpoint as read; the text table is to become as long as `reader` reads."""

    config: Any
    weights: Weights
    files: tuple[Path, ...]
    reader: TextReader
    preparation: Preparation


def _from_openai(path: Path, context: int | None) -> _Parts:
    config: Any
    config, weights = from_openai(read_state_dict(path), path)
    reader = clip_reader(context or _extended(config))
    return _Parts(config, weights, (path,), reader, Preparation(config.vision_config.image_size))


def _from_own(path: Path, context: int | None) -> _Parts:
    metadata = read_metadata(path).get(_OWN)
    if metadata is None:
        raise ModelError(
            f"{path} is no file of Saywhere's; of a model in transformers' format give the folder"
        )
    try:
        said = json.loads(metadata)
        config = _config(said["config"], path)
        preparation = Preparation(**said["preparation"])
        limit = context or config.text_config.max_position_embeddings
        reader = saved_reader(said["tokenizer"], said["cleaning"], limit)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"what {path} says of itself makes no sense: {error!r}") from error
    return _Parts(config, read_safetensors(path), (path,), reader, preparation)


def _from_folder(folder: Path, context: int | None) -> _Parts:
    said = _json(folder / "config.json")
    if said is None:
        raise ModelError(f"{folder} holds no config.json; wanted a folder of transformers' files")
    config = _config(said, folder)
    files = _weight_files(folder)
    read = read_safetensors if files[0].suffix == ".safetensors" else read_state_dict
    weights = {name: one for path in files for name, one in read(path).items()}
    if config.model_type == "siglip":
        reader = siglip_reader(folder, context or config.text_config.max_position_embeddings)
    else:
        reader = clip_reader(context or _extended(config), folder)
    return _Parts(
        config,
        {name: one for name, one in weights.items() if name not in _POSITIONS},
        files,
        reader,
        _preparation(folder, config),
    )


def _extended(config: Any) -> int:
    own: int = config.text_config.max_position_embeddings
    return max(own, MAX_TOKENS)


def _weight_files(folder: Path) -> tuple[Path, ...]:
    for pattern in ("model.safetensors", "model-*-of-*.safetensors", "pytorch_model.bin"):
        if found := tuple(sorted(folder.glob(pattern))):
            return found
    raise ModelError(f"{folder} holds neither model.safetensors nor pytorch_model.bin")


def _config(said: dict[str, Any], source: Path) -> Any:
    kind = said.get("model_type")
    if kind not in _KINDS:
        raise ModelError(f"{source} holds a model of type {kind!r}; wanted {' or '.join(_KINDS)}")
    try:
        config = _KINDS[kind][0].from_dict(said)
        _empty(config)
    except Exception as error:  # transformers refuses odd values with errors of many kinds
        raise ModelError(f"the configuration in {source} is refused: {error}") from error
    if not isinstance(config.vision_config.image_size, int):
        raise ModelError(f"{source} holds a model for pictures that are not square")
    return config


def _preparation(folder: Path, config: Any) -> Preparation:
    """As the folder's files say; what they leave out is as the kind of model was trained."""
    said = _json(folder / "preprocessor_config.json")
    if said is None:
        said = (_json(folder / "processor_config.json") or {}).get("image_processor", {})
    usual = Preparation(config.vision_config.image_size)
    if config.model_type == "siglip":
        usual = Preparation(usual.size_px, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), crop=False)
    try:
        return Preparation(
            usual.size_px,
            tuple(said.get("image_mean", usual.mean)),
            tuple(said.get("image_std", usual.std)),
            bool(said.get("do_center_crop", usual.crop)),
            int(said.get("resample", usual.resample)),
        )
    except (TypeError, ValueError) as error:
        raise ModelError(f"how {folder} prepares pictures makes no sense: {error}") from error


def _json(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelError(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds no JSON object")
    return found


def _empty(config: Any) -> Network:
    """The network without weights: shapes only."""
    with torch.device("meta"):
        network: Network = _KINDS[config.model_type][1](config)
    return network


def _filled(config: Any, weights: Weights, source: Path) -> Network:
    network = _empty(config)
    check_keys(weights, {name: one.shape for name, one in network.state_dict().items()}, source)
    network.load_state_dict(weights, strict=True, assign=True)
    for tower in (network.text_model, network.vision_model):
        _count_positions(tower.embeddings)
    return network


def _count_positions(embeddings: Any) -> None:
    """Counters are in no file and came without values."""
    rows = embeddings.position_embedding.num_embeddings
    embeddings.position_ids = torch.arange(rows).expand(1, -1)


def _extend(network: Network, rows: int, source: Path) -> None:
    """Gives the text tower a table of so many positions; its causal mask follows the text."""
    config: Any = network.config
    embeddings = network.text_model.embeddings
    table = embeddings.position_embedding.weight.detach()
    if rows == len(table):
        return
    if config.model_type != "clip" or rows < len(table):
        raise ModelError(f"{source} reads {len(table)} tokens; it cannot be made to read {rows}")
    embeddings.position_embedding = torch.nn.Embedding(
        rows, table.shape[1], _weight=resampled(table, rows)
    )
    _count_positions(embeddings)
    config.text_config.max_position_embeddings = rows


def _assembled(parts: _Parts, source: Path, model: ModelSpec) -> CrossText2Loc:
    config, reader = parts.config, parts.reader
    text, vision = config.text_config, config.vision_config
    if reader.vocabulary > text.vocab_size:
        raise ModelError(
            f"{source} knows {text.vocab_size} tokens, its tokenizer {reader.vocabulary}; "
            f"give the tokenizer that it was trained with"
        )
    network = _filled(config, parts.weights, source)
    _extend(network, reader.limit, source)
    clip = config.model_type == "clip"
    if clip:
        # Pooled is the end-of-text token, the highest id; configurations differ on its number.
        text.eos_token_id = network.text_model.eos_token_id = reader.end
    spec = CheckpointSpec(
        name=model.name,
        title=f"{source.name} ({config.model_type}, {vision.num_hidden_layers} × "
        f"{vision.hidden_size}, patches of {vision.patch_size} in {vision.image_size} px, "
        f"{reader.limit} tokens)",
        weights_sha256=sha256_of(parts.files),
        dimensions=config.projection_dim if clip else text.projection_size,
        max_tokens=reader.limit,
    )
    return CrossText2Loc(spec, network, reader, parts.preparation)
