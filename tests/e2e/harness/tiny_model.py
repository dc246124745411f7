"""A language model of 100 kB for Ollama: it answers letters at random, at once and without end.

The file is GGUF, version 3 (``docs/gguf.md`` of ggml): a header, metadata by key, descriptions of
the tensors, and their numbers, each tensor from a multiple of 32 bytes on.
"""

from __future__ import annotations

import hashlib
import json
import struct
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Value = str | int | float | list[str] | list[int] | list[float]

UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
TENSOR_F32 = 0
ALIGNMENT = 32
WIDTH = 32
LETTERS = "abcdefghijklmnopqrstuvwxyz"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
TOKENS = ["<unk>", "<s>", "</s>", *BYTES, "▁", *LETTERS]
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
KINDS = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * len(BYTES), *[NORMAL] * (1 + len(LETTERS))]
METADATA: Mapping[str, Value] = {
    "general.architecture": "llama",
    "llama.context_length": 8192,
    "llama.block_count": 1,
    "llama.embedding_length": WIDTH,
    "llama.feed_forward_length": WIDTH,
    "llama.attention.head_count": 2,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": TOKENS,
    "tokenizer.ggml.scores": [0.0] * len(TOKENS),
    "tokenizer.ggml.token_type": KINDS,
}


def gguf() -> bytes:
    """The model: whatever it reads, each letter is as likely as any other, and nothing else is."""
    ones, nothing = [1.0] * WIDTH, [0.0] * WIDTH * WIDTH
    square = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    likely = [1.0 if token in LETTERS else -1.0 for token in TOKENS for _ in range(WIDTH)]
    tensors: dict[str, tuple[Sequence[int], list[float]]] = {
        "token_embd.weight": ((WIDTH, len(TOKENS)), ones * len(TOKENS)),
        "output.weight": ((WIDTH, len(TOKENS)), likely),
        "output_norm.weight": ((WIDTH,), ones),
        "blk.0.attn_norm.weight": ((WIDTH,), ones),
        "blk.0.ffn_norm.weight": ((WIDTH,), ones),
        **{f"blk.0.{name}.weight": ((WIDTH, WIDTH), nothing) for name in square},
    }
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(METADATA))
    for key, value in METADATA.items():
        kind, content = _encoded(value)
        head += _text(key) + struct.pack("<I", kind) + content
    numbers = b""
    for name, (shape, values) in tensors.items():
        sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += _text(name) + sizes + struct.pack("<IQ", TENSOR_F32, len(numbers))
        numbers += _padded(array("f", values).tobytes())
    return _padded(head) + numbers


def store(models: Path, name: str) -> None:
    """Put the model into the folder ``models`` (OLLAMA_MODELS) as ``name``, as a pull leaves it."""
    library, tag = name.split(":")
    manifest = models / "manifests" / "registry.ollama.ai" / "library" / library / tag
    manifest.parent.mkdir(parents=True)
    (models / "blobs").mkdir()
    config = {"model_format": "gguf", "model_family": "llama", "file_type": "F32"}
    parts = {
        "application/vnd.docker.container.image.v1+json": json.dumps(config).encode(),
        "application/vnd.ollama.image.model": gguf(),
    }
    layers = []
    for kind, content in parts.items():
        digest = hashlib.sha256(content).hexdigest()
        (models / "blobs" / f"sha256-{digest}").write_bytes(content)
        layers.append({"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)})
    made = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": layers[0],
        "layers": layers[1:],
    }
    manifest.write_text(json.dumps(made))


def _encoded(value: Value) -> tuple[int, bytes]:
    """The type of a metadata value, and the value."""
    match value:
        case str():
            return STRING, _text(value)
        case int():
            return UINT32, struct.pack("<I", value)
        case float():
            return FLOAT32, struct.pack("<f", value)
    # Only the kinds of tokens are a list of whole numbers, and they are signed.
    kind = INT32 if isinstance(value[0], int) else _encoded(value[0])[0]
    content = b"".join(_encoded(each)[1] for each in value)
    return ARRAY, struct.pack("<IQ", kind, len(value)) + content


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % ALIGNMENT)
