"""From the engine's wire format to plan values, leaving secrets behind.

The wire format marks special values with a signature key; the constants are fixed by the engine
(``sdk/go/common/resource/properties.go`` in pulumi/pulumi).
"""

from google.protobuf import struct_pb2  # type: ignore[import-untyped]

from .model import SECRET, UNKNOWN, Value

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a marker, no secret
RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def properties(struct: struct_pb2.Struct) -> dict[str, Value]:
    """The properties of a resource, keys sorted (the wire keeps no order)."""
    return {key: decode(struct.fields[key]) for key in sorted(struct.fields)}


def decode(value: struct_pb2.Value) -> Value:
    """One property. A secret is not descended into: its plaintext is never copied."""
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value == UNKNOWN_TEXT else str(value.string_value)
        case "number_value":
            number = float(value.number_value)
            return int(number) if number.is_integer() else number
        case "bool_value":
            return bool(value.bool_value)
        case "list_value":
            return [decode(item) for item in value.list_value.values]
        case "struct_value":
            return _structure(value.struct_value)
        case _:
            return None


def _structure(struct: struct_pb2.Struct) -> Value:
    if SIGNATURE not in struct.fields:
        return properties(struct)
    signature = struct.fields[SIGNATURE].string_value
    if signature == SECRET_SIGNATURE:
        return SECRET
    if signature == RESOURCE_SIGNATURE:
        return str(struct.fields["urn"].string_value)
    return {key: value for key, value in properties(struct).items() if key != SIGNATURE}
