"""Sentences in the style of each domain, made from the facts in samples/rows."""

from collections.abc import Iterable, Iterator, Mapping

Row = dict[str, str]
Facts = Mapping[str, str]

_PATENTS = (
    "本发明公开了{name}，涉及{field}技术领域，包括{parts}。{work}。本发明的有益效果是：{effect}。",
    "本实用新型提供{name}，属于{field}技术领域。该装置包括{parts}，{work}。本实用新型的有益效果在于：{effect}。",
    "本申请涉及{field}技术领域，提供{name}，包括{parts}；{work}。采用上述方案，{effect}。",
)
_METHODS = (
    "本发明公开了{name}，属于{field}技术领域。所述方法采用{parts}，{work}。本发明的有益效果是：{effect}。",
    "本申请涉及{field}技术领域，公开{name}，用到{parts}；{work}。采用上述方案，{effect}。",
)
_IMMATERIAL = ("方法", "工艺", "方法及装置", "方法及电子设备")
_PAPERS = (
    "针对{problem}的问题,{method}.{data},{result}.",
    "目的 探讨{problem}的问题.方法 {method}.{data}.结果 {result}.",
    "为解决{problem}的问题，{method}。{data}，{result}。",
)
_QUESTIONS = ("什么是{name}，会怎么判？", "请问{name}的量刑标准是什么？", "犯了{name}，法律是怎么规定的？")
_ELEMENT = (
    "{title}\n\n{title}（）是一种化学元素，化学符号为{symbol}，原子序数为{number}，属于{kind}。"
    "常温下{title}{look}。{title}{use}。"
)
_SOLAR_TERM = (
    "{title}\n\n{title}是二十四节气之一，属于{season}，每年公历{date}交节，"
    "此时太阳到达黄经{degrees}度。{meaning}。{custom}。"
)


def articles(elements: Iterable[Facts], solar_terms: Iterable[Facts]) -> Iterator[Row]:
    """Rows as WikiExtractor gives them: the text begins with its title."""
    texts = [_ELEMENT.format_map(fact) for fact in elements] + [_SOLAR_TERM.format_map(fact) for fact in solar_terms]
    for number, text in enumerate(texts, start=1001):
        title = text.partition("\n")[0]
        yield {"id": str(number), "url": f"https://example.org/wiki?curid={number}", "title": title, "text": text}


def legal_answers(offences: Iterable[Facts], questions: Iterable[Facts]) -> Iterator[Row]:
    """What the offences are and how they are punished, then other questions with their answers."""
    answered = [*_offence_answers(offences), *map(dict, questions)]
    for number, pair in enumerate(answered, start=1):
        yield {"id": str(number), **pair}


def _offence_answers(offences: Iterable[Facts]) -> Iterator[Row]:
    for number, offence in enumerate(offences):
        name, penalty = offence["name"], offence["penalty"].removeprefix("一般")
        answer = (
            f"根据《刑法》{offence['article']}的规定，{name}是指{offence['definition']}的行为。犯{name}的，{penalty}。"
        )
        question = _QUESTIONS[number % len(_QUESTIONS)].format(name=name)
        yield {"question": question, "answer": answer}


def papers(facts: Iterable[Facts]) -> Iterator[Row]:
    """Under the column names of a literature database."""
    for number, fact in enumerate(facts):
        yield {
            "题名": fact["title"],
            "作者": "佚名",
            "摘要": _PAPERS[number % len(_PAPERS)].format_map(fact),
            "关键词": fact["keywords"].replace("_", ";;"),
            "年": str(2015 + number % 10),
        }


def patents(facts: Iterable[Facts]) -> Iterator[Row]:
    """Under the column names of a patent database."""
    for number, fact in enumerate(facts):
        forms = _METHODS if fact["name"].endswith(_IMMATERIAL) else _PATENTS
        yield {
            "标题 (中文)": fact["name"],
            "摘要 (中文)": forms[number % len(forms)].format_map(fact),
            "公开（公告）号": f"CN{910000000 + 37 * number}A",
            "申请人": "示例科技有限公司",
        }
