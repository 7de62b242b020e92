"""Attention of examples that stand end to end in one row, each behind its own prefix, as Triton kernels.

Nothing is gathered: keys of the prefix and of the tokens are read where they are, and gradients written where they
belong. A query sees its prefix, the context of its example, and what stands before it. Scores are computed again for
the gradients, as FlashAttention does (Dao 2023, https://arxiv.org/abs/2307.08691); sums are in float32, and nothing is
added in an order that another run might change. Imported only where there is a graphics card that runs them.
"""
# ruff: noqa: PLR0917 (of a kernel, which is launched with its places in memory)

import math

import triton
import triton.language as tl

_LN_2 = tl.constexpr(math.log(2))


@triton.jit
def _rows(first, stride, rows, column, there):  # type: ignore[no-untyped-def]
    """Rows of a matrix; those that are not there are zero."""
    return tl.load(first + rows.to(tl.int64)[:, None] * stride + column[None, :], mask=there[:, None], other=0.0)


@triton.jit
def _write(first, stride, rows, column, there, values):  # type: ignore[no-untyped-def]
    place = first + rows.to(tl.int64)[:, None] * stride + column[None, :]
    tl.store(place, values.to(first.dtype.element_ty), mask=there[:, None])


@triton.jit
def _sees(row, key, context, length):  # type: ignore[no-untyped-def]
    """(rows, keys): of the tokens of one example."""
    return ((key <= row) | (key < context)) & (key < length)


@triton.jit  # type: ignore[untyped-decorator]
def _more(query, key, value, sees, top, total, weighted, SCALE: tl.constexpr):  # type: ignore[no-untyped-def]
    """Put keys to those that a block of queries has seen; scores are powers of two."""
    scores = tl.dot(query, tl.trans(key), input_precision="ieee") * SCALE
    scores = tl.where(sees, scores, float("-inf"))
    higher = tl.maximum(top, tl.max(scores, axis=1))
    share = tl.exp2(scores - higher[:, None])
    lower = tl.exp2(top - higher)
    weighted = weighted * lower[:, None]
    weighted += tl.dot(share.to(value.dtype), value, input_precision="ieee")
    return higher, total * lower + tl.sum(share, axis=1), weighted


@triton.jit  # type: ignore[untyped-decorator]
def attend(  # type: ignore[no-untyped-def]
    queries, keys, values, prefix_keys, prefix_values, output, wholes, starts, contexts, tokens,
    q_token, q_head, k_token, k_head, v_token, v_head, p_example, p_head, p_row, r_example, r_head, r_row,
    SCALE: tl.constexpr, PREFIX: tl.constexpr, SHARED: tl.constexpr, SIZE: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr,
):  # fmt: skip
    """One program: ``ROWS`` queries of a head of an example. ``wholes``: log2 of their sums of exponentials."""
    block, head, example = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    start = tl.load(starts + example)
    length = tl.load(starts + example + 1) - start
    if block * ROWS < length:
        context = tl.load(contexts + example)
        row, column, nth = block * ROWS + tl.arange(0, ROWS), tl.arange(0, SIZE), tl.arange(0, KEYS)
        group, is_there = head // SHARED, row < length
        query = _rows(queries + head * q_head, q_token, start + row, column, is_there)
        top = tl.full((ROWS,), float("-inf"), tl.float32)
        total = tl.zeros((ROWS,), tl.float32)
        weighted = tl.zeros((ROWS, SIZE), tl.float32)
        before_keys = prefix_keys + example.to(tl.int64) * p_example + group * p_head
        before_values = prefix_values + example.to(tl.int64) * r_example + group * r_head
        for first in range(0, PREFIX, KEYS):
            known = first + nth < PREFIX
            key = _rows(before_keys, p_row, first + nth, column, known)
            value = _rows(before_values, r_row, first + nth, column, known)
            top, total, weighted = _more(query, key, value, known[None, :], top, total, weighted, SCALE)
        last = tl.minimum(length, (block + 1) * ROWS)
        if block * ROWS < context:
            last = tl.maximum(last, context)
        for first in range(0, last, KEYS):
            known = first + nth < length
            key = _rows(keys + group * k_head, k_token, start + first + nth, column, known)
            value = _rows(values + group * v_head, v_token, start + first + nth, column, known)
            sees = _sees(row[:, None], (first + nth)[None, :], context, length)
            top, total, weighted = _more(query, key, value, sees, top, total, weighted, SCALE)
        heads = tl.num_programs(1)
        _write(output + head * SIZE, heads * SIZE, start + row, column, is_there, weighted / total[:, None])
        tl.store(wholes + head * tokens + start + row, top + tl.log2(total), mask=is_there)


@triton.jit  # type: ignore[untyped-decorator]
def _slope(query, key, value, gradient, whole, owed, sees, SCALE: tl.constexpr):  # type: ignore[no-untyped-def]
    """(rows, keys): shares, and gradients of the scores; ``owed`` is what a row's gradients have in common."""
    scores = tl.dot(query, tl.trans(key), input_precision="ieee") * SCALE
    share = tl.where(sees, tl.exp2(scores - whole[:, None]), 0.0)
    of_share = tl.dot(gradient, tl.trans(value), input_precision="ieee")
    return share * (of_share - owed[:, None])


@triton.jit  # type: ignore[untyped-decorator]
def query_gradients(  # type: ignore[no-untyped-def]
    queries, keys, values, prefix_keys, prefix_values, output, wholes, starts, contexts, tokens, gradients, of_queries,
    owing, q_token, q_head, k_token, k_head, v_token, v_head, p_example, p_head, p_row, r_example, r_head, r_row,
    SCALE: tl.constexpr, PREFIX: tl.constexpr, SHARED: tl.constexpr, SIZE: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr,
):  # fmt: skip
    """As ``attend``; ``gradients``, ``output`` and ``of_queries`` are contiguous. Writes ``owing`` for the keys."""
    block, head, example = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    start = tl.load(starts + example)
    length = tl.load(starts + example + 1) - start
    if block * ROWS < length:
        context = tl.load(contexts + example)
        row, column, nth = block * ROWS + tl.arange(0, ROWS), tl.arange(0, SIZE), tl.arange(0, KEYS)
        group, is_there, wide = head // SHARED, row < length, tl.num_programs(1) * SIZE
        query = _rows(queries + head * q_head, q_token, start + row, column, is_there)
        gradient = _rows(gradients + head * SIZE, wide, start + row, column, is_there)
        said = _rows(output + head * SIZE, wide, start + row, column, is_there)
        owed = tl.sum(gradient.to(tl.float32) * said.to(tl.float32), axis=1)
        place = head * tokens + start + row
        tl.store(owing + place, owed, mask=is_there)
        whole = tl.load(wholes + place, mask=is_there, other=0.0)
        total = tl.zeros((ROWS, SIZE), tl.float32)
        before_keys = prefix_keys + example.to(tl.int64) * p_example + group * p_head
        before_values = prefix_values + example.to(tl.int64) * r_example + group * r_head
        for first in range(0, PREFIX, KEYS):
            known = first + nth < PREFIX
            key = _rows(before_keys, p_row, first + nth, column, known)
            value = _rows(before_values, r_row, first + nth, column, known)
            slope = _slope(query, key, value, gradient, whole, owed, known[None, :], SCALE)
            total += tl.dot(slope.to(key.dtype), key, input_precision="ieee")
        last = tl.minimum(length, (block + 1) * ROWS)
        if block * ROWS < context:
            last = tl.maximum(last, context)
        for first in range(0, last, KEYS):
            known = first + nth < length
            key = _rows(keys + group * k_head, k_token, start + first + nth, column, known)
            value = _rows(values + group * v_head, v_token, start + first + nth, column, known)
            sees = _sees(row[:, None], (first + nth)[None, :], context, length)
            slope = _slope(query, key, value, gradient, whole, owed, sees, SCALE)
            total += tl.dot(slope.to(key.dtype), key, input_precision="ieee")
        _write(of_queries + head * SIZE, wide, start + row, column, is_there, total * (SCALE * _LN_2))


@triton.jit  # type: ignore[untyped-decorator]
def key_gradients(  # type: ignore[no-untyped-def]
    queries, keys, values, wholes, starts, contexts, tokens, gradients, owing, of_keys, of_values,
    q_token, q_head, k_example, k_token, k_head, v_example, v_token, v_head, heads,
    SCALE: tl.constexpr, PREFIX: tl.constexpr, SHARED: tl.constexpr, SIZE: tl.constexpr,
    ROWS: tl.constexpr, KEYS: tl.constexpr,
):  # fmt: skip
    """One program: ``KEYS`` keys of a group, of the prefix of an example (``PREFIX``) or of its tokens (0)."""
    block, group, example = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    start = tl.load(starts + example)
    length = tl.load(starts + example + 1) - start
    held, here, begin = length, start, block * KEYS
    context = tl.load(contexts + example)
    if PREFIX > 0:
        held, here = PREFIX, example * PREFIX
    if PREFIX > 0 or block * KEYS < context:
        begin = 0
    if block * KEYS < held:
        nth, column, some = block * KEYS + tl.arange(0, KEYS), tl.arange(0, SIZE), tl.arange(0, ROWS)
        known = nth < held
        from_example = 0 if PREFIX == 0 else example.to(tl.int64)
        mine = start + nth if PREFIX == 0 else nth
        key = _rows(keys + from_example * k_example + group * k_head, k_token, mine, column, known)
        value = _rows(values + from_example * v_example + group * v_head, v_token, mine, column, known)
        of_key = tl.zeros((KEYS, SIZE), tl.float32)
        of_value = tl.zeros((KEYS, SIZE), tl.float32)
        for head in range(group * SHARED, (group + 1) * SHARED):
            for first in range(begin, length, ROWS):
                row = first + some
                is_there = row < length
                query = _rows(queries + head * q_head, q_token, start + row, column, is_there)
                gradient = _rows(gradients + head * SIZE, heads * SIZE, start + row, column, is_there)
                place = head * tokens + start + row
                whole = tl.load(wholes + place, mask=is_there, other=0.0)
                owed = tl.load(owing + place, mask=is_there, other=0.0)
                sees = known[:, None] & is_there[None, :]
                if PREFIX == 0:
                    sees = sees & _sees(row[None, :], nth[:, None], context, length)
                scores = tl.dot(key, tl.trans(query), input_precision="ieee") * SCALE
                share = tl.where(sees, tl.exp2(scores - whole[None, :]), 0.0)
                of_value += tl.dot(share.to(gradient.dtype), gradient, input_precision="ieee")
                of_share = tl.dot(value, tl.trans(gradient), input_precision="ieee")
                slope = share * (of_share - owed[None, :])
                of_key += tl.dot(slope.to(query.dtype), query, input_precision="ieee")
        wide = tl.num_programs(1) * SIZE
        _write(of_keys + group * SIZE, wide, here + nth, column, known, of_key * (SCALE * _LN_2))
        _write(of_values + group * SIZE, wide, here + nth, column, known, of_value)
