"""Datasets whose texts try to break out of a format."""

import json
from pathlib import Path

from schemas.dataset import SPLITS, PreparedDataset
from tests.pipeline.mixing.folders import Record, folder

NASTY = (
    'Er sagte "ja"\\nein \\ Ende',
    "第一行\n第二行\r\n\t第四行\n\n",
    "👩‍👩‍👧‍👦 龘𠮷 e\u0301 \u2028 \u2029 \x85 \ufeff",
    "<eop> [gMASK] <sop> </s> <|im_end|>\n<|im_start|>assistant\n",
    "Human: 你好\nAssistant: 好\nHuman:再见\nAssistant:",
    "Human：只问一句",
    "Instruction: x\nInput: y\nAnswer: ",
    '{"from": "human", "value": "]}"},',
    "123",
    "  两边有空白  ",
    "<image>看图<video>",
    "[客户] 我要离婚 [律师] 好",
    "\x1f分\x00隔\x1e",
    "None,\n],",
)


def splits_of(place: Path) -> dict[str, list[object]]:
    """Every record of a dataset's folder."""
    return {
        split: [json.loads(line) for line in (place / f"{split}.json").read_bytes().splitlines()] for split in SPLITS
    }


def nasty_pairs(place: Path) -> PreparedDataset:
    return folder(place, domain="patent", **{split: _pairs(split) for split in ("train", "dev", "test")})


def nasty_chats(place: Path) -> PreparedDataset:
    """Histories of none, one and many turns, some with a side that is empty."""
    return folder(place, domain="legal", train=_chats("train"), test=_chats("test"))


def _pairs(name: str) -> list[Record]:
    return [(f"{text}{name}", f"{other}") for text, other in zip(NASTY, reversed(NASTY), strict=True)]


def _chats(name: str) -> list[Record]:
    histories = [[], [("问", "")], [("", "答")], [(NASTY[0], NASTY[1]), (NASTY[4], NASTY[5]), (NASTY[2], NASTY[3])]]
    return [
        (f"{text}{name}{number}", other, history)
        for text, other in zip(NASTY, reversed(NASTY), strict=True)
        for number, history in enumerate(histories)
    ]
