"""Which row of a table holds the names of its columns, if any: what CSV, TSV and Excel files do not say."""

import re
from collections.abc import Sequence
from statistics import median

from schemas.places import OFFSET, ROW

Cells = Sequence[str]

_USUAL = """
id index no number item key uid qid pid url link source lang language name title heading headline subject topic tag
tags keyword keywords abstract summary description desc text content body article document sentence context passage
question query prompt instruction input output answer response reply completion target reference history system
conversation conversations messages dialogue category categories class label labels type domain discipline score rank
star year date time journal volume issue pages doi issn author authors affiliation assignee applicant patentee
inventor inventors inventor/author designer address ipc int.cl. cpc claims claim country kind patent_id patent_title
patent_abstract publication_number publication_date application_number filing_date filing_id grant_date
authorization_notice_id priority_date result_link law laws statute fact relation entity attribute value 文本 文章 语料
句子 序号 编号 编码 标题 题名 题目 名称 专利名称 发明名称 论文题目 文章标题 标题(中文) 摘要 摘要(中文) 摘要文本
中文摘要 英文摘要 简介 描述 内容 正文 全文 关键词 关键字 作者 机构 单位 期刊 刊名 来源 来源库 年份 年 期 卷 页码
分类号 学科 类别 类型 标签 申请号 申请日 申请人 专利权人 公开号 公开日 公告号 公告日 公开(公告)号 公开(公告)日 发明人
设计人 当前权利人 地址 主权项 主权项内容 首项权利要求 权利要求 法律状态 ipc分类号 ipc主分类号 主分类号 问题 提问 问
回答 答案 答 回复 输入 输出 指令 上下文 对话 历史 法条 案由 案情 罪名 实体 属性 值 词条 义项 链接 网址 语言 时间 日期
"""
USUAL_NAMES = frozenset(_USUAL.split())
"""Names of columns seen in real files and manuals: lower case, no blanks, ASCII brackets (``_SPELLING``)."""

_SEARCHED_ROWS = 20
_MAX_NAME = 60
_NUMBER_OR_DATE = re.compile(r"[\d\s.,:/\-+%eE年月日TZ]*\d[\d\s.,:/\-+%eE年月日TZ]*")
_PROSE = re.compile(r"[。！？；]|https?://|\w\. \w")
_SPELLING = str.maketrans({"（": "(", "）": ")", " ": None, "\ufeff": None, '"': None, "*": None})


def find_header(rows: Sequence[Cells], width: int, likely: bool) -> int | None:
    """Index of the header among the first rows; rows above it are preamble. None where there is no header.

    A row of usual names is one wherever it stands, another only if no full row stands above it; ``likely`` decides
    where its cells say nothing.
    """
    full = [index for index, row in enumerate(rows[:_SEARCHED_ROWS]) if _is_full(row, width)]
    for index in full:
        if _could_be_names(rows[index]) and _share_of_usual_names(rows[index]) >= 0.5:
            return index
    if not full or not _could_be_names(rows[full[0]]):
        return None
    index = full[0]
    below = [row for row in rows[index + 1 :] if len(row) == width and any(row) and list(row) != list(rows[index])]
    votes = _votes(rows[index], below)
    return index if votes > 0 or (votes == 0 and likely) else None


def column_names(cells: Cells) -> tuple[str, ...]:
    """One name a column, all different: an empty one becomes its number, a second ``name`` becomes ``name_2``."""
    names: list[str] = []
    for number, cell in enumerate(cells):
        name = wanted = cell.strip().strip("\ufeff").strip() or str(number)
        count = 1
        while name in names or name in (ROW, OFFSET):
            count += 1
            name = f"{wanted}_{count}"
        names.append(name)
    return tuple(names)


def renamed(cells: Cells, names: Sequence[str]) -> str | None:
    """The columns whose names were not free, for the facts of a table."""
    changed = [name for cell, name in zip(cells, names, strict=True) if cell.strip() and not _same(cell, name)]
    return ", ".join(changed) or None


def _same(cell: str, name: str) -> bool:
    return cell.strip().strip("\ufeff").strip() == name


def _is_full(row: Cells, width: int) -> bool:
    """As wide as the data, and more than half of its cells filled; half is enough where the first has no name."""
    filled = 2 * sum(bool(cell.strip()) for cell in row)
    return len(row) == width and (filled > width or (filled == width and not row[0].strip() and bool(row[-1].strip())))


def _could_be_names(row: Cells) -> bool:
    """Every cell short, no number and no sentence, and mostly unlike the others."""
    filled = [cell.strip() for cell in row if cell.strip()]
    if len(set(filled)) * 10 < len(filled) * 6:
        return False
    return not any(len(cell) > _MAX_NAME or _NUMBER_OR_DATE.fullmatch(cell) or _PROSE.search(cell) for cell in filled)


def _share_of_usual_names(row: Cells) -> float:
    filled = [cell.translate(_SPELLING).lower().replace("-", "_").strip() for cell in row if cell.strip()]
    return sum(cell in USUAL_NAMES or cell.replace("_", "") in USUAL_NAMES for cell in filled) / len(filled)


def _votes(header: Cells, below: Sequence[Cells]) -> int:
    """How many columns say that their first cell is a name, less those that say it is a value like the others."""
    votes = 0
    for number, name in enumerate(header):
        values = [row[number] for row in below if row[number].strip()]
        if not name.strip() or not values:
            continue
        if name in values:
            votes -= 2
        elif _is_unlike(name.strip(), values):
            votes += 1
    return votes


def _is_unlike(name: str, values: Sequence[str]) -> bool:
    """Numbers, long texts, or values all of one length that is not the name's; Chinese text under an English name."""
    numbers = sum(_NUMBER_OR_DATE.fullmatch(value) is not None for value in values)
    lengths = [len(value) for value in values]
    return (
        2 * numbers > len(values)
        or median(lengths) > 2 * len(name) + 4
        or (len(values) > 2 and len(set(lengths)) == 1 and lengths[0] != len(name))
        or (name.isascii() and 10 * sum(not value.isascii() for value in values) > 9 * len(values))
    )
