"""Arrow columns in types that polars can show as text; the few that it cannot are left out or rewritten."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def is_readable(dtype: "pa.DataType") -> bool:
    """Whether a column can be shown as text: no pictures or sounds, which are bytes inside of structs and lists."""
    nested = [dtype.field(number).type for number in range(dtype.num_fields)]
    return not any(_is_bytes(part) or not is_readable(part) for part in nested)


def with_readable_types(table: "pa.Table") -> "pa.Table":
    """Types that polars does not know, or cannot turn to text, as those that it does."""
    import pyarrow as pa  # heavy

    schema = pa.schema([pa.field(field.name, _readable(field.type)) for field in table.schema])
    return table if schema.equals(table.schema) else table.cast(schema)


def _readable(dtype: "pa.DataType") -> "pa.DataType":
    import pyarrow as pa  # heavy

    if pa.types.is_dictionary(dtype):
        return _readable(dtype.value_type)
    if pa.types.is_decimal256(dtype):
        return pa.large_string()
    if pa.types.is_duration(dtype):
        return pa.int64()
    if pa.types.is_list_view(dtype) or pa.types.is_large_list_view(dtype) or pa.types.is_fixed_size_list(dtype):
        return pa.large_list(_readable(dtype.value_type))
    return dtype


def _is_bytes(dtype: "pa.DataType") -> bool:
    import pyarrow.types as kinds  # heavy

    return bool(
        kinds.is_binary(dtype)
        or kinds.is_large_binary(dtype)
        or kinds.is_fixed_size_binary(dtype)
        or kinds.is_binary_view(dtype)
    )
