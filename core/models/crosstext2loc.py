"""CrossText2Loc (arXiv 2412.17007) and its relatives, CLIP of any size and SigLIP, loaded from one
file or folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    check_finite,
    check_floating,
    check_keys,
    is_safetensors,
    read_metadata,
    read_safetensors,
    read_weights,
    sha256_of,
    weight_files,
    without_prefixes,
)
from core.models.clip_flags import ClipFlags, flags_beside, open_clip_weights
from core.models.clip_text import TextReader, clip_reader, saved_reader, siglip_reader
from core.models.openai_names import from_openai, with_scalar
from core.models.pictures import Preparation
from core.models.sentence import Tokens
from core.models.specs import CROSSTEXT2LOC, CheckpointSpec, ModelSpec
from core.models.transformers_names import from_transformers, is_transformers
from core.settings import MAX_TOKENS

if TYPE_CHECKING:
    Network = transformers.CLIPModel | transformers.SiglipModel

_KINDS = {"clip": ("CLIPConfig", "CLIPModel"), "siglip": ("SiglipConfig", "SiglipModel")}
"""The classes of transformers, which reads their modules when they are first asked for."""
_POSITIONS = ".embeddings.position_ids"
"""Position ids 0, 1, 2 … that older versions of transformers saved with the weights."""

_METADATA_KEY = "saywhere"
_NO_FLAGS = ClipFlags()


class CrossText2Loc:
    """Descriptions and pictures → unit embeddings of one space. Thread-safe.

    `network` is transformers' own module, for training and attribution.
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
        """The learned scale of the cosines."""
        return float(self.network.logit_scale.detach().exp())

    def tokenize(self, texts: list[str]) -> list[Tokens]:
        """Token ids with special tokens, cut at the spec's limit, with the offset of the cut."""
        return self._reader.read(texts) if texts else []

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each token in `text`; (0, 0) for special tokens."""
        return self._reader.spans(text)

    def pixels(self, pictures: Sequence[Image.Image]) -> torch.Tensor:
        """Pictures as float32 [N, 3, S, S], prepared for the picture tower."""
        return torch.stack([self.preparation.pixels(picture) for picture in pictures])

    def embed_tokens(self, tokens: list[Tokens]) -> torch.Tensor:
        """Unit embeddings [N, D] of N tokenized texts in one batch, with gradients.

        Padded at the end to the longest text of the batch: tokens attend only to earlier ones, and
        the end-of-text token is pooled, so padding changes nothing (SigLIP's texts all have one
        length).
        """
        return self.text_states(tokens)[2]

    def text_states(self, tokens: list[Tokens]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The text tower's last hidden states [N, T, W], the mask [N, T] of tokens that are no
        padding, and the embeddings of `embed_tokens`."""
        lengths = torch.tensor([text_tokens.count() for text_tokens in tokens])
        ids = torch.nn.utils.rnn.pad_sequence(
            [torch.tensor(text_tokens.ids) for text_tokens in tokens], batch_first=True
        )
        output = self.network.get_text_features(input_ids=ids.to(self.network.device))
        mask = (torch.arange(ids.shape[1]) < lengths[:, None]).to(self.network.device)
        return output.last_hidden_state, mask, functional.normalize(output.pooler_output, dim=-1)

    def embed_pixels(self, pixels: torch.Tensor) -> torch.Tensor:
        """Unit embeddings [N, D] of prepared pictures [N, 3, S, S], with gradients."""
        output = self.network.get_image_features(pixel_values=pixels.to(self.network.device))
        return functional.normalize(output.pooler_output, dim=-1)

    def encode_texts(
        self, texts: list[str], batch: int = 32, progress: Progress | None = None
    ) -> F32:
        """Unit embeddings [N, D]; batched by length to save padding."""

        def encode(tokens: list[Tokens]) -> F32:
            with torch.inference_mode():
                return _array(self.embed_tokens(tokens))

        tokens = self.tokenize(texts)
        return encoded(tokens, self.spec.dimensions, batch, encode, progress, Tokens.count)

    def encode_pictures(
        self,
        pictures: Sequence[Image.Image],
        batch: int = 32,
        progress: Progress | None = None,
    ) -> F32:
        """Unit embeddings [N, D] of N pictures of any size."""

        def encode(part: list[Image.Image]) -> F32:
            pixels = self.pixels(part)
            with torch.inference_mode():
                return _array(self.embed_pixels(pixels))

        return encoded(pictures, self.spec.dimensions, batch, encode, progress)

    def save(self, path: Path) -> Path:
        """Writes one safetensors file with weights, configuration, preparation and tokenizer."""
        metadata = {
            "config": self.network.config.to_dict(),
            "preparation": asdict(self.preparation),
            "cleaning": self._reader.cleaning,
            "tokenizer": self._reader.to_json(),
        }
        weights = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        with replacing(path) as part:
            save_file(weights, part, {_METADATA_KEY: json.dumps(metadata)})
        return path


def _array(embeddings: torch.Tensor) -> F32:
    array: F32 = embeddings.cpu().numpy()
    return array


def resampled(table: torch.Tensor, rows: int) -> torch.Tensor:
    """Resamples a position table [R, D] to [rows, D] linearly, with half-pixel centres.

    Row i is read at (i + ½)·R/rows − ½, clamped at the ends; no leading rows are kept unchanged.
    """
    table_rows = functional.interpolate(
        table.T[None], size=rows, mode="linear", align_corners=False
    )
    return table_rows[0].T.contiguous()


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
    extend: bool = True,
) -> CrossText2Loc:
    """Loads a folder of transformers (CLIP, SigLIP) or open_clip, a file of weights with the names
    of OpenAI (CrossText2Loc's published checkpoints) or transformers, or one of `save`.

    `context` is the length to which CLIP's text position table is extended: by default MAX_TOKENS,
    or the saved length for a file of `save`; without `extend`, that of the table. SigLIP keeps its
    trained length, since it pools the last token of a fixed number. `threads` 0 keeps torch's
    default. Raises ModelError for anything but a complete model.
    """
    if threads:
        torch.set_num_threads(threads)
    if checkpoint.is_dir():
        file = open_clip_weights(checkpoint)
        if file:
            parts = _from_file(file, context, extend)
        else:
            parts = _from_folder(checkpoint, context, extend)
    elif not checkpoint.is_file():
        raise ModelError(f"there is no checkpoint {checkpoint}; give a file or a folder")
    elif is_safetensors(checkpoint) and _METADATA_KEY in read_metadata(checkpoint):
        parts = _from_saved(checkpoint, context)
    else:
        parts = _from_file(checkpoint, context, extend)
    return _assembled(parts, checkpoint, model)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a checkpoint; the position table is extended to the reader's limit later.

    `flags` are those that stand outside the weights' files.
    """

    config: Any
    weights: Weights
    files: tuple[Path, ...]
    reader: TextReader
    preparation: Preparation
    flags: ClipFlags = _NO_FLAGS


def _from_file(path: Path, context: int | None, extend: bool) -> _Parts:
    weights = without_prefixes(_without_positions(read_weights(path)))
    flags = flags_beside(path)
    config: Any
    named = from_transformers if is_transformers(weights) else from_openai
    config, weights = named(weights, path, flags)
    reader = clip_reader(_limit(config, context, extend))
    try:
        preparation = Preparation(config.vision_config.image_size, **flags.pictures)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"the picture preparation beside {path} is invalid: {error}; correct its JSON file"
        ) from error
    return _Parts(config, weights, (path,), reader, preparation, flags)


def _without_positions(weights: Weights) -> Weights:
    return {name: value for name, value in weights.items() if not name.endswith(_POSITIONS)}


def _from_saved(path: Path, context: int | None) -> _Parts:
    try:
        saved = json.loads(read_metadata(path)[_METADATA_KEY])
        config = _config(saved["config"], path)
        preparation = Preparation(**saved["preparation"])
        limit = context or config.text_config.max_position_embeddings
        reader = saved_reader(saved["tokenizer"], saved["cleaning"], limit)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"the metadata of {path} is invalid: {error!r}; save the model again"
        ) from error
    return _Parts(config, read_safetensors(path), (path,), reader, preparation)


def _from_folder(folder: Path, context: int | None, extend: bool) -> _Parts:
    document = _json(folder / "config.json")
    if document is None:
        raise ModelError(f"{folder} has no config.json; give a folder in transformers' format")
    config = _config(document, folder)
    files = weight_files(folder)
    weights = {name: value for path in files for name, value in read_weights(path).items()}
    if config.model_type == "siglip":
        reader = siglip_reader(folder, context or config.text_config.max_position_embeddings)
    else:
        reader = clip_reader(_limit(config, context, extend), folder)
        weights = with_scalar(weights)
    return _Parts(config, _without_positions(weights), files, reader, _preparation(folder, config))


def _limit(config: Any, context: int | None, extend: bool) -> int:
    """The number of tokens that CLIP is to read."""
    length: int = config.text_config.max_position_embeddings
    return context or (max(length, MAX_TOKENS) if extend else length)


def _config(document: dict[str, Any], source: Path) -> Any:
    kind = document.get("model_type")
    if kind not in _KINDS:
        raise ModelError(
            f"{source} has a model of type {kind!r}; give one of type {' or '.join(_KINDS)}"
        )
    try:
        config = getattr(transformers, _KINDS[kind][0]).from_dict(document)
        _empty(config)
    except Exception as error:  # transformers raises many kinds of errors for invalid values
        raise ModelError(f"the configuration in {source} is invalid: {error}") from error
    if not isinstance(config.vision_config.image_size, int):
        raise ModelError(
            f"{source} has a model for pictures that are not square; give one for square pictures"
        )
    return config


def _preparation(folder: Path, config: Any) -> Preparation:
    """The preparation in the folder's files; missing values are those of the model type."""
    document = _json(folder / "preprocessor_config.json")
    if document is None:
        document = (_json(folder / "processor_config.json") or {}).get("image_processor", {})
    default = Preparation(config.vision_config.image_size)
    if config.model_type == "siglip":
        default = Preparation(default.size_px, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), crop=False)
    try:
        return Preparation(
            default.size_px,
            tuple(document.get("image_mean", default.mean)),
            tuple(document.get("image_std", default.std)),
            bool(document.get("do_center_crop", default.crop)),
            int(document.get("resample", default.resample)),
        )
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"the picture preparation in {folder} is invalid: {error}; correct its JSON file"
        ) from error


def _json(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise ModelError(f"{path} is not JSON: {error}; copy it again") from error
    if not isinstance(document, dict):
        raise ModelError(f"{path} is not a JSON object; copy it again")
    return document


def _empty(config: Any) -> Network:
    """The network without weights, on the meta device."""
    with torch.device("meta"):
        network: Network = getattr(transformers, _KINDS[config.model_type][1])(config)
    return network


def _filled(config: Any, weights: Weights, source: Path) -> Network:
    network = _empty(config)
    check_keys(weights, {name: value.shape for name, value in network.state_dict().items()}, source)
    check_floating(weights, source)
    check_finite(weights, source)
    network.load_state_dict(weights, strict=True, assign=True)
    for tower in (network.text_model, network.vision_model):
        _set_position_ids(tower.embeddings)
    return network


def _set_position_ids(embeddings: Any) -> None:
    """Sets the position ids, which are not in checkpoints."""
    rows = embeddings.position_embedding.num_embeddings
    embeddings.position_ids = torch.arange(rows).expand(1, -1)


def _extend(network: Network, rows: int, source: Path) -> None:
    """Extends the position table of the text tower to `rows` positions."""
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
    _set_position_ids(embeddings)
    config.text_config.max_position_embeddings = rows


def _assembled(parts: _Parts, source: Path, model: ModelSpec) -> CrossText2Loc:
    config, reader = parts.config, parts.reader
    text, vision = config.text_config, config.vision_config
    if reader.vocabulary > text.vocab_size:
        raise ModelError(
            f"{source} knows {text.vocab_size} tokens, its tokenizer {reader.vocabulary}; "
            f"use the tokenizer of its training"
        )
    network = _filled(config, parts.weights, source)
    _extend(network, reader.limit, source)
    clip = config.model_type == "clip"
    if clip:
        # The end-of-text token, the highest id, is pooled; configurations differ in its number.
        text.eos_token_id = network.text_model.eos_token_id = reader.end
    spec = CheckpointSpec(
        name=model.name,
        title=f"{source.name} ({config.model_type}, {vision.num_hidden_layers} × "
        f"{vision.hidden_size}, patches of {vision.patch_size} in {vision.image_size} px, "
        f"{reader.limit} tokens)",
        weights_sha256=parts.flags.marked(sha256_of(parts.files)),
        dimensions=config.projection_dim if clip else text.projection_size,
        max_tokens=reader.limit,
    )
    parts.flags.warn_if_assumed(source.name)
    return CrossText2Loc(spec, network, reader, parts.preparation)
