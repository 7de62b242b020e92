import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas import words
from schemas.words import count_words, cut_words, tally_words
from tests.shared_data import shared

NASTY = [
    "",
    " ",
    "\r\n\r\n \t\x0b\x1c\u3000\n",
    "键为Ti-O-Si，长1.76；N-Cl键、A.J.于2017.12.30，版本5.4.0，10-20%，3.125umol",
    "n_cols=3&x#1+1%--..++c++C#AT&T www.example.org a-zA-Z0-9_",
    "𠮷野家㐀㐁与鿿龥，豈更車賈",
    "北京\U0002f800天\U00020000\U0002a700安门",
    "👩‍👩‍👧‍👦表情😀和combining e\u0301，ﾊﾝｶｸ，한국어，Русский",
    "零\0字符\0",
    "孤立的\ud800代理\udfff符",
    "１２３ＡＢＣ全角，㎡和①",
    "他来到了网易杭研大厦" * 50,
    "长" * 3000,
    "\ufeff开头",
]


@pytest.fixture(scope="module")
def jieba() -> Any:
    return words._load_jieba()


def test_words_of_nasty_texts_are_jiebas(jieba: Any) -> None:
    found = cut_words(NASTY)

    assert found == [list(jieba.cut(text)) for text in NASTY]


def test_words_of_random_mixtures_are_jiebas(jieba: Any) -> None:
    chance = random.Random(5)
    alphabet = "中国人的是在方法温度A1b29cC+#&._%-tT恤，。 \n𠮷㐀😀"
    texts = ["".join(chance.choices(alphabet, k=chance.randint(1, 30))) for _ in range(5000)]

    found = cut_words(texts)

    assert [text for text, cut in zip(texts, found, strict=True) if cut != list(jieba.cut(text))] == []


@pytest.mark.parametrize(
    "name",
    [
        "paper/csl_ts_dev.tsv",
        "instruct/alpaca_chinese_part01.json",
        "legal/lawyer_llama_legal_counsel_with_article_v2.json",
    ],
)
def test_words_of_real_texts_are_jiebas(name: str, jieba: Any) -> None:
    texts = _texts(shared(name))

    found = cut_words(texts)

    assert len(texts) >= 2000
    assert [text for text, cut in zip(texts, found, strict=True) if cut != list(jieba.cut(text))] == []


def test_counts_and_frequencies_agree_with_the_words_whatever_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = NASTY * 7
    cut = cut_words(texts)
    monkeypatch.setattr(words, "_BATCH_CHARS", 50)
    monkeypatch.setattr(words, "_PARALLEL_CHARS", 0)
    frequencies: Counter[str] = Counter()

    counts = tally_words(texts, frequencies)

    assert counts == [len(found) for found in cut]
    assert count_words(texts) == counts
    assert frequencies == Counter(word for found in cut for word in found)


def test_counts_and_frequencies_of_random_mixtures_agree_with_the_words() -> None:
    chance = random.Random(6)
    alphabet = "中国人的是在方法温度A1b29cC+#&._%-tT恤，。 \n\0\x01𠮷㐀😀\ud800"
    texts = ["".join(chance.choices(alphabet, k=chance.randint(0, 30))) for _ in range(3000)]
    frequencies: Counter[str] = Counter({"中国": 5})

    counts = tally_words(texts, frequencies)

    cut = cut_words(texts)
    assert counts == [len(found) for found in cut]
    assert frequencies == Counter(word for found in cut for word in found) + Counter({"中国": 5})


def test_no_text_has_no_words() -> None:
    assert cut_words([]) == []
    assert tally_words([], Counter()) == []


def test_counting_is_silent_and_leaves_no_file(tmp_path: Path) -> None:
    program = "from schemas.words import count_words; print(count_words(['键为Ti-O-Si']))"

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=Path(words.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "[6]\n", "")
    assert list(tmp_path.iterdir()) == []


def _texts(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".tsv":
        return [field for line in text.splitlines() for field in line.split("\t")]
    return [value for row in json.loads(text) for value in row.values() if isinstance(value, str)]
