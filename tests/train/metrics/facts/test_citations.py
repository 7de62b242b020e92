import pytest

from train.metrics.facts.citations import split_citations


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("《民法典》第一百二十条", ["《民法典》第120条"]),
        ("第120条", ["第120条"]),
        ("根据《中华人民共和国民法典》第一千零七十九条第二款", ["《民法典》第1079条"]),
        ("依照我国刑法第二百六十四条的规定", ["《刑法》第264条"]),
        ("根据中华人民共和国劳动合同法第10条", ["《劳动合同法》第10条"]),
        ("《刑法》第一百三十三条之一", ["《刑法》第133-1条"]),
        (
            "《民法典》第一千零七十九条、第一千零八十条和第3条",
            ["《民法典》第1079条", "《民法典》第1080条", "《民法典》第3条"],
        ),
        ("《劳动合同法》（2012修正）第十条", ["《劳动合同法》第10条"]),
        ("《民法典》第三编第五百条", ["《民法典》第500条"]),
        ("《红楼梦》写得好。第三条", ["第3条"]),
        ("《民法典》第三条很重要。该法第五条也是", ["《民法典》第3条", "第5条"]),
        ("《香港基本法》第五条", ["《香港基本法》第5条"]),
        ("但是本法第三条、法律规定第四条", ["第3条", "第4条"]),
        ("《民法典》第五条，《刑法》第六条", ["《民法典》第5条", "《刑法》第6条"]),
        ("第一次，三条鱼", []),
    ],
)
def test_articles_are_found_with_the_law_that_they_stand_in(text: str, cited: list[str]) -> None:
    assert [str(citation) for citation in split_citations(text)[0]] == cited


def test_numbers_of_articles_and_paragraphs_do_not_stay_in_the_text() -> None:
    rest = split_citations("《民法典》第三条第二款规定赔偿5元")[1]

    assert "5元" in rest
    assert "三" not in rest
    assert "二" not in rest
