"""What a report says of itself, in both languages; what it says of a dataset comes with its verdict."""

from collections.abc import Mapping

from schemas.report import Lang, Verdict

_COLUMNS: Mapping[Lang, int] = {"en": 0, "zh": 1}

VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    "suitable": ("Suitable", "适合微调"),
    "style only": ("Style only", "只学到文风"),
    "prompting is enough": ("Prompting is enough", "改写提示即可"),
    "retrieval is better": ("Retrieval is better", "检索更合适"),
    "needs more data": ("Needs more data", "数据不足"),
    "not suitable": ("Not suitable", "不适合微调"),
    "harmful": ("Harmful", "有害"),
    "undecided": ("Undecided", "尚无定论"),
}
TONES: Mapping[Verdict, str] = {
    "suitable": "good",
    "style only": "other",
    "prompting is enough": "other",
    "retrieval is better": "other",
    "needs more data": "more",
    "not suitable": "bad",
    "harmful": "bad",
    "undecided": "open",
}
MARKS: Mapping[str, str] = {"good": "✓", "other": "→", "more": "+", "bad": "✕", "open": "?"}

_SAID: Mapping[str, tuple[str, str]] = {
    "title": ("Is it worth fine-tuning?", "值得微调吗？"),
    "caution": ("Not about the 6B.", "此处结论与 6B 无关。"),
    "model": ("model", "模型"),
    "made": ("made", "生成于"),
    "took": ("took", "用时"),
    "device": ("device", "设备"),
    "verdicts": ("Verdicts", "结论"),
    "dataset": ("dataset", "数据集"),
    "verdict": ("verdict", "结论"),
    "why": ("Why", "依据"),
    "do": ("What to do", "怎么办"),
    "items": ("held-out items", "条留出样本"),
    "items_head": ("items", "留出样本"),
    "method": ("method", "微调方法"),
    "run": ("run", "训练目录"),
    "best_base": ("best base", "最佳基线"),
    "tuned": ("tuned", "微调后"),
    "base": ("base", "微调前"),
    "saved": ("Saved by tuning", "微调节省"),
    "unit": ("bits per character", "比特/字"),
    "overview_note": (
        "Bits per character of the reference answer that tuning saves against the best base, with 95 % intervals. "
        "Right of the line is a gain.",
        "相对最佳基线，微调后每个参考答案字符节省的比特数及 95% 置信区间；线右为获益。",
    ),
    "matrix": ("What was forgotten, and what was learnt along", "遗忘与迁移矩阵"),
    "matrix_note": (
        "Row: what the model was tuned on. Column: what it was tested on. Each cell: bits per character, below it the "
        "change against the untuned model with its 95 % interval. Red was forgotten, blue was learnt; pale cells may "
        "be chance.",
        "行：用什么微调；列：在什么上测试。每格上为每字比特数，下为相对未微调模型的变化及 95% 置信区间。"
        "红为遗忘，蓝为提升；浅色格可能只是偶然。",
    ),
    "not_measured": ("not measured", "未测"),
    "tuned_on": ("tuned on ↓ tested on →", "微调 ↓ 测试 →"),
    "learnt": ("learnt", "提升"),
    "lost": ("forgotten", "遗忘"),
    "scores": ("Scores", "得分"),
    "scores_note": (
        "On the same held-out items, with 95 % intervals. ↑ more is better, ↓ less is better. How each was made stands "
        "under “Signatures”.",
        "同一批留出样本，含 95% 置信区间。↑ 越大越好，↓ 越小越好。计算方式见“指标签名”。",
    ),
    "untried": (
        "Ways to ask the base that were not tried, since their own words leave no room for a question within "
        "max_source_length",
        "以下询问基座的方式未尝试：其自身用词已超出 max_source_length，容不下问题",
    ),
    "tokens": ("tokens", "个 token"),
    "metric": ("metric", "指标"),
    "differences": ("Tuned minus the others", "微调后与其他方案之差"),
    "differences_note": (
        "Paired over the same items. Effect: in standard deviations, above 0 is better.",
        "同一样本配对比较。效应量以标准差计，大于 0 为更好。",
    ),
    "holm_note": ("p (Holm): corrected over the datasets of this report.", "p (Holm) 已按本报告的数据集数校正。"),
    "forest_note": (
        "Against {system}. Every row has a scale of its own: right of the line is better, and an interval that "
        "touches the line may be chance.",
        "与 {system} 相比。各行比例独立：线右更好，区间触线则可能只是偶然。",
    ),
    "against": ("against", "对照"),
    "difference": ("difference", "差值"),
    "interval": ("95 % interval", "95% 置信区间"),
    "effect": ("effect", "效应量"),
    "p": ("p", "p"),
    "p_holm": ("p (Holm)", "p (Holm)"),
    "content_style": ("Content or style?", "学到内容还是文风？"),
    "content_style_note": (
        "Gain with each item's own prompt; with another item's prompt in its place (style); and the rest (content).",
        "用自身提示的获益；换成他人提示后仍有的获益（文风）；其余为内容。",
    ),
    "gain": ("gain", "总获益"),
    "content": ("content", "内容"),
    "style": ("style", "文风"),
    "forgotten": ("What was forgotten?", "遗忘了什么？"),
    "forgotten_note": (
        "Bits per character lost on other datasets. Right of the line was forgotten, left was learnt along.",
        "在其他数据集上每字多花的比特数；线右为遗忘，线左为提升。",
    ),
    "forgotten_none": ("No other dataset was looked at.", "没有检查其他数据集。"),
    "most_forgotten": ("most forgotten", "遗忘最多"),
    "lost_on": ("lost on {name}", "在 {name} 上遗忘"),
    "colon": (": ", "："),
    "too_wide": (
        "{rows} × {columns}: too wide for this terminal; it stands in {file}",
        "{rows} × {columns}，终端放不下，见 {file}",
    ),
    "cut": ("What was cut?", "截断了什么？"),
    "cut_note": (
        "Share of items of which a part did not fit, and the tuned model's scores on whole and on cut items.",
        "放不下的样本比例，以及微调后模型在完整与被截断样本上的得分。",
    ),
    "cut_prompt": ("prompt", "提示"),
    "cut_history": ("history", "历史"),
    "cut_answer": ("answer", "答案"),
    "whole": ("whole items", "完整样本"),
    "cut_items": ("cut items", "被截断样本"),
    "loss": ("Loss", "损失曲线"),
    "loss_note": (
        "By step; the training's loss is drawn through, the held-out one dotted.",
        "横轴为步数；实线为训练损失，虚线为留出集损失。",
    ),
    "trained": ("training", "训练"),
    "evaluated": ("held out", "留出集"),
    "curve": ("Would more data help?", "再加数据有用吗？"),
    "curve_note": (
        "Held-out bits per character by number of training examples; a dot a seed, the line is the fitted law.",
        "横轴为训练样本数，纵轴为留出集每字比特数；一点一个随机种子，线为拟合曲线。",
    ),
    "twice": ("Twice the data would save", "数据翻倍预计节省"),
    "curve_open": ("Undecided", "尚无定论"),
    "curve_none": ("no learning curve was asked for (--curve)", "未要求学习曲线（--curve）"),
    "lengths": ("Lengths", "长度分布"),
    "lengths_note": (
        "Records by characters. Dark line: median. Dashed: 95th percentile.",
        "按字符数统计的记录数；深色线为中位数，虚线为第 95 百分位。",
    ),
    "records": ("records", "条记录"),
    "ratings": ("What people say", "人工评判"),
    "ratings_none": (
        "Not rated yet: --rating-sheet N writes a blind sheet.",
        "尚未评判：--rating-sheet N 可生成盲评表。",
    ),
    "ratings_wins": ("prefer the tuned answer", "认为微调后更好"),
    "ratings_ties": ("nothing but ties", "全部打平"),
    "judgements": ("judgements", "次评判"),
    "raters": ("raters", "名评判者"),
    "kappa": ("agreement κ", "一致性 κ"),
    "more_needed": ("{count:,} more rated items would decide it", "再评 {count:,} 条可有定论"),
    "decided": ("that decides it", "已可下定论"),
    "even": ("too even for more ratings to decide it", "几乎持平，再评多少条也难有定论"),
    "examples": ("Answers side by side", "答案对照"),
    "best": ("Best change", "改善最大"),
    "median": ("Median change", "中位变化"),
    "worst": ("Worst change", "退步最大"),
    "prompt": ("Prompt", "提示"),
    "reference": ("Reference", "参考答案"),
    "empty_text": ("(empty)", "（空）"),
    "signatures": ("Signatures", "指标签名"),
    "signatures_note": ("Two numbers compare where these differ in nothing but n.", "除 n 外完全相同的签名才可比较。"),
    "sources": ("Where every number comes from", "每个数字从何而来"),
    "sources_note": (
        "report.json beside this page holds every number unrounded. The settings below, the dataset and the run "
        "decide all of them.",
        "本页旁的 report.json 保存未取整的全部数字；它们由以下设置、数据集和训练目录决定。",
    ),
    "settings": ("Settings", "设置"),
    "versions": ("Versions", "版本"),
    "datasets": ("Datasets and runs", "数据集与训练"),
    "no_datasets": ("Nothing was evaluated.", "没有评测任何数据集。"),
}


def said(key: str, lang: Lang) -> str:
    return _SAID[key][_COLUMNS[lang]]


def verdict_name(verdict: Verdict, lang: Lang) -> str:
    return VERDICTS[verdict][_COLUMNS[lang]]


def in_lang(texts: Mapping[Lang, str], lang: Lang) -> str:
    """A text that came with the report; the other language where this one is missing."""
    return texts.get(lang) or next(iter(texts.values()), "")
