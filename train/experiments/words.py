"""What a report of an experiment says, in both languages."""

from collections.abc import Mapping, Sequence

from schemas.experiment import ClaimReport, Outcome
from schemas.report import Estimate, Lang
from train.experiments.experiment import Claim
from train.judging.thresholds import FEWEST_ITEMS
from train.report.numbers import number, with_interval

_COLUMNS: Mapping[Lang, int] = {"en": 0, "zh": 1}
OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    "shown": ("Shown", "已证实"),
    "refuted": ("Refuted", "已否定"),
    "undecided": ("Undecided", "尚无定论"),
}
TONES: Mapping[Outcome, str] = {"shown": "good", "refuted": "bad", "undecided": "open"}
_SAID: Mapping[str, tuple[str, str]] = {
    "experiment": ("Experiment", "实验"),
    "caution": ("Not about the 6B.", "此处结论与 6B 无关。"),
    "purpose": ("Purpose", "目的"),
    "question": ("Question", "问题"),
    "changed": ("changed", "改变的"),
    "held_fixed": ("held fixed", "保持不变的"),
    "success": ("Counts as success, stated before anything ran", "事先规定的成功标准"),
    "data": ("Data", "数据"),
    "settings": ("Settings", "设置"),
    "cell": ("cell", "训练单元"),
    "row": ("row", "对比行"),
    "run": ("run", "训练目录"),
    "method": ("method", "方法"),
    "dataset": ("dataset", "数据集"),
    "effective_batch": ("effective batch", "有效批大小"),
    "steps": ("steps", "步数"),
    "examples": ("examples", "样本数"),
    "epochs": ("epochs", "轮数"),
    "tokens_seen": ("tokens seen", "见过的词元"),
    "confounded": ("Confounded", "混杂因素"),
    "confounded_note": (
        "Beside what was changed the cells differ in this; a difference between them may come from it.",
        "除所改变的因素外，各单元在以下方面也不同；差异可能由此而来。",
    ),
    "not_confounded": (
        "In effective batch, steps, examples, epochs and tokens seen the cells differ in nothing unsaid.",
        "各单元在有效批大小、步数、样本数、轮数和词元数上没有未声明的差异。",
    ),
    "loss": ("Loss", "损失"),
    "loss_note": ("Training loss by step.", "训练损失随步数的变化。"),
    "trained": ("training", "训练"),
    "evaluated": ("held out", "留出集"),
    "metrics": ("Metrics", "指标"),
    "metrics_note": (
        "On the same held-out items, with 95 % intervals. The baseline is marked with ★.",
        "同一批留出样本，含 95% 置信区间；★ 为基准行。",
    ),
    "metric": ("metric", "指标"),
    "items": ("items", "样本"),
    "limits": ("source | target tokens", "输入 | 输出词元上限"),
    "history": ("history", "历史"),
    "kept": ("kept", "保留"),
    "removed": ("removed", "去除"),
    "cut": ("cut: prompt, history, answer", "截断：提示、历史、答案"),
    "differences": ("Less the baseline", "与基准之差"),
    "difference": ("difference", "差值"),
    "interval": ("95 % interval", "95% 置信区间"),
    "effect": ("effect", "效应量"),
    "p": ("p", "p"),
    "rating": ("Human rating", "人工评判"),
    "rating_none": (
        "Not rated yet: --rating-sheet N writes a blind sheet of the answers of “{row}” and “{baseline}”.",
        "尚未评判：--rating-sheet N 可生成“{row}”与“{baseline}”的盲评表。",
    ),
    "rating_wins": ("prefer “{row}” to “{baseline}”", "认为“{row}”优于“{baseline}”"),
    "judgements": ("judgements", "次评判"),
    "raters": ("raters", "名评判者"),
    "kappa": ("agreement κ", "一致性 κ"),
    "conclusion": ("Conclusion", "结论"),
    "seed_note": (
        "The intervals cover which items were asked, not how another seed of the training would have turned out.",
        "区间只反映抽到哪些样本，不反映换一个训练随机种子的结果。",
    ),
    "cost": ("Cost", "代价"),
    "training_seconds": ("all trainings", "全部训练"),
    "seconds": ("this call", "本次运行"),
    "answered": ("items answered", "作答条数"),
    "parameters_trained": ("parameters trained", "训练参数量"),
    "time": ("time", "用时"),
    "model": ("model", "模型"),
    "made": ("made", "生成于"),
    "device": ("device", "设备"),
    "versions": ("Versions", "版本"),
    "stated": ("The experiment as stated", "实验原文"),
    "signatures": ("Signatures", "指标签名"),
    "colon": (": ", "："),
}
_CLAIM = (
    "{metric} of “{row}” less “{baseline}” on {dataset}: {difference} over {items} items; "
    "wanted {direction} by over {margin}. {outcome}.",
    "在 {dataset} 上，“{row}”与“{baseline}”的 {metric} 之差为 {difference}（{items} 条样本）；"
    "要求{direction}超过 {margin}。{outcome}。",
)
_CLAIM_AT_WORST = (
    "{metric} of “{row}” less “{baseline}” on {dataset}: {difference} over {items} items; "
    "wanted not {direction} by over {margin}. {outcome}.",
    "在 {dataset} 上，“{row}”与“{baseline}”的 {metric} 之差为 {difference}（{items} 条样本）；"
    "要求不{direction}超过 {margin}。{outcome}。",
)
_DIRECTIONS: Mapping[str, tuple[str, str]] = {"more": ("more", "高出"), "less": ("less", "低于")}
_OTHER = {"more": "less", "less": "more"}
_FEW = (
    f"Fewer than {FEWEST_ITEMS} items allow no conclusion",
    f"不足 {FEWEST_ITEMS} 条样本，不能下结论",
)
_ANSWERS: Mapping[Outcome, tuple[str, str]] = {
    "shown": ("Yes: all that was to count as success is shown.", "是：事先规定的成功标准均已证实。"),
    "refuted": ("No: what was to count as success is shown not to hold.", "否：事先规定的成功标准被否定。"),
    "undecided": (
        "Undecided: the intervals neither show nor refute what was to count as success.",
        "尚无定论：区间既不能证实也不能否定事先规定的成功标准。",
    ),
}
_BUT = (
    "The cells are confounded: what was changed may not be the cause.",
    "各单元存在混杂因素：原因未必是所改变的因素。",
)


def said(key: str, lang: Lang, **facts: object) -> str:
    text = _SAID[key][_COLUMNS[lang]]
    return text.format(**facts) if facts else text


def known(key: str, lang: Lang) -> str:
    """A name that may be ours, else as it is."""
    return said(key, lang) if key in _SAID else key


def outcome_name(outcome: Outcome, lang: Lang) -> str:
    return OUTCOMES[outcome][_COLUMNS[lang]]


def claim_text(claim: Claim, *, dataset: str, items: int, difference: Estimate, outcome: Outcome, lang: Lang) -> str:
    column = _COLUMNS[lang]
    at_worst = claim.margin < 0
    direction = _OTHER[claim.direction] if at_worst else claim.direction
    return (_CLAIM_AT_WORST if at_worst else _CLAIM)[column].format(
        metric=claim.metric,
        row=claim.row,
        baseline=claim.baseline,
        dataset=dataset,
        difference=with_interval(difference, sign=True),
        items=f"{items:,}",
        direction=_DIRECTIONS[direction][column],
        margin=number(abs(claim.margin)),
        outcome=_FEW[column] if items < FEWEST_ITEMS else outcome_name(outcome, lang),
    )


def conclusion_text(claims: Sequence[ClaimReport], outcome: Outcome, *, is_confounded: bool, lang: Lang) -> str:
    column = _COLUMNS[lang]
    parts = [_ANSWERS[outcome][column], *(claim.words[lang] for claim in claims)]
    parts += [_BUT[column]] if is_confounded else []
    return ("" if lang == "zh" else " ").join([*parts, said("seed_note", lang)])
