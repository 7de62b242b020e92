"""Seeded random texts made of everything that cleaning steps react to."""

import random

_PIECES = (
    "采用¦修正的¦Rodrigues¦参数¦word¦a¦1¦0.05¦1,000¦，¦。¦,¦.¦、¦；¦：¦)¦(¦（¦）¦ ¦  ¦\t¦\n¦\n\n¦\r¦\r\n¦\x0b¦\x85"
    "¦\u2028¦\u3000¦\u3000\u3000¦\xa0¦\u2009¦\u200b¦\u200d¦\ufeff¦\xad¦\x00¦\x1f¦\x7f¦\uffff¦\ufdd0¦👩¦\u200d💻"
    "¦&¦&amp;¦&amp;lt;¦&lt;¦&gt;¦&nbsp;¦&#96;¦&#10;¦&foo;¦&#0;¦lt;¦amp;¦<i>¦</i>¦<b>¦</b>¦<sub>¦</sub>¦<br>¦<br/>"
    "¦<p>¦</p>¦<span class='x'>¦</span>¦<UNK>¦x<5¦<正>¦List<String>¦<div>¦</div>¦`¦``¦```¦```py\n"
    "¦[1]¦[1,2]¦[0]¦[注 1]¦()¦（）¦（，）¦德语：¦|¦-¦- ¦2. ¦ＡＢＣ¦１２¦ﬁ¦①¦漢語¦裡面¦\\n"
)
PIECES = _PIECES.split("¦")


def nasty_texts(count: int, seed: int = 0, longest: int = 14) -> list[str]:
    draw = random.Random(seed)  # texts for tests, no secrets
    return ["".join(draw.choices(PIECES, k=draw.randint(0, longest))) for _ in range(count)]
