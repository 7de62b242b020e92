"""What sheets and their reading say, in both languages."""

from collections.abc import Mapping

from schemas.report import Lang

TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Which answer is better?", "哪个回答更好？"),
    "how": (
        "Read the prompt, then choose. Judge what is said, not how long it is. If neither is better, say so.",
        "先读提示，再作选择。请看内容好坏，而非长短；难分高下就选“差不多”。",
    ),
    "shortcuts": (
        "Keys: 1 or 2 for the better answer, 0 for no difference, ↓ and ↑ to move, N for the next open one.",
        "快捷键：1 或 2 选更好的回答，0 表示差不多，↓ ↑ 移动，N 跳到下一个未评的。",
    ),
    "kept": ("Kept in this browser.", "已保存在此浏览器。"),
    "not_kept": (
        "This browser keeps nothing: export before you close the page.",
        "此浏览器无法保存，关闭页面前请先导出。",
    ),
    "rater": ("Your name or initials", "您的姓名或代号"),
    "export": ("Export CSV", "导出 CSV"),
    "prompt": ("Prompt", "提示"),
    "answer": ("Answer", "回答"),
    "tie": ("No difference", "差不多"),
    "comment": ("Comment", "备注"),
    "empty": ("(empty)", "（空）"),
    "done": ("All are rated. Export the CSV and send it back.", "全部评完，请导出 CSV 并寄回。"),
}
_READ: Mapping[str, tuple[str, str]] = {
    "none": ("no rating that counts", "没有有效的评判"),
    "wins": (
        "the tuned answer is preferred on {share} of the items that are no ties, 95 % interval {interval}",
        "在分出高下的样本中，{share} 认为微调后更好，95% 置信区间 {interval}",
    ),
    "counts": (
        "{items} items by {raters} raters: tuned better {wins}, base better {losses}, ties {ties}",
        "{raters} 名评判者共评 {items} 条：微调后更好 {wins}，微调前更好 {losses}，差不多 {ties}",
    ),
    "kappa": ("agreement κ {kappa}", "一致性 κ {kappa}"),
    "decided": ("that decides it", "已可下定论"),
    "more": ("about {more} more items would decide it if the share stays", "若比例不变，再评约 {more} 条可有定论"),
    "open": (
        "as even as it is, no reasonable number of ratings would decide it",
        "两者几乎相当，再评多少条也难有定论",
    ),
    "not_counted": ("not counted: {reasons}", "未计入：{reasons}"),
    "identical": (
        "{count} items with twice the same answer were not put to anyone",
        "{count} 条两个回答相同，未交评判",
    ),
    "rater": ("{name}: {rated} rated, answer 1 chosen in {first}", "{name}：已评 {rated} 条，选“回答 1”占 {first}"),
    "checks": (", {right} of {asked} checks right", "，检查题对 {right}/{asked}"),
}
REASONS: Mapping[str, tuple[str, str]] = {
    "blank": ("not rated", "未评"),
    "unknown_rating": ("neither 1, 2 nor 0", "不是 1、2 或 0"),
    "other_sheet": ("of another sheet", "不属于这些评判表"),
    "no_such_row": ("no such row", "没有这一行"),
    "repeated": ("the same rating again", "重复的评判"),
    "contradictory": ("two different ratings of one row", "同一行有不同的评判"),
    "missing": ("row missing", "缺少的行"),
    "failed_checks": ("by a rater who failed the checks", "评判者未通过检查题"),
}
_COLUMNS: Mapping[Lang, int] = {"en": 0, "zh": 1}


def said(name: str, lang: Lang) -> str:
    return TEXTS[name][_COLUMNS[lang]]


def told(name: str, lang: Lang, /, **facts: object) -> str:
    return _READ[name][_COLUMNS[lang]].format(**facts)


def reason_name(reason: str, lang: Lang) -> str:
    return REASONS[reason][_COLUMNS[lang]]
