"""A domain of one template: attributes of a product become a sentence that says their values."""

from random import Random

from tests.train.runs import Row

ATTRIBUTES = {
    "类型": ("上衣 裙子 裤子 外套 毛衣 衬衫 风衣 背心", "短裤 披肩"),
    "颜色": ("红 白 黑 蓝 绿 黄 灰 紫", "粉 橙"),
    "材质": ("棉 麻 丝 羊毛 皮 牛仔 蕾丝 雪纺", "绒 竹"),
    "风格": ("简约 复古 清新 甜美 休闲 运动 通勤 街头", "文艺 古典"),
}
"""Values of the records that are learnt, and others, of those that are held out."""


def products(count: int, *, held_out: bool = False, seed: int = 0) -> list[Row]:
    random = Random(seed)
    drawn = (
        {name: random.choice(values[held_out].split()) for name, values in ATTRIBUTES.items()} for _ in range(count)
    )
    return [
        {
            "content": "*".join(f"{name}#{value}" for name, value in each.items()),
            "summary": f"这款{each['类型']}采用{each['材质']}面料，{each['颜色']}色显得{each['风格']}。",
        }
        for each in drawn
    ]


def shuffled(rows: list[Row], seed: int = 0) -> list[Row]:
    """The same questions and the same answers, which have nothing to do with each other."""
    answers = Random(seed).sample([row["summary"] for row in rows], len(rows))
    return [{**row, "summary": answer} for row, answer in zip(rows, answers, strict=True)]
