"""结论的中文说法。"""

from train.judging.texts import Texts

CHINESE = Texts(
    titles={
        "suitable": "适合微调：值得做",
        "style only": "只学到文风：学会了怎么说，没学会说什么",
        "prompting is enough": "提示词就够：写好提示词即可，不必微调",
        "retrieval is better": "检索更好：答案应当查找，而不是训练",
        "needs more data": "数据不足：学习还没有到头",
        "not suitable": "不适合：这样微调没有帮助",
        "harmful": "有害：微调后的模型在要紧处变差了",
        "undecided": "无法判断：测得的结果不足以下结论",
    },
    reasons={
        "content": "与最好的提示词相比，微调再省下基座比特数的 {saved}；其中 {content} 取决于该条自己的提问："
        "模型学到的是内容，不只是文风。",
        "style": "微调省下基座比特数的 {saved}，但取决于该条自己提问的只有 {content}：换成别条的提问，得益几乎一样。",
        "prompting": "仅靠最好的提示词就省下基座比特数的 {prompting}；微调在此之外的 {saved} 微不足道。",
        "retrieval beats": "最相近的训练问题的答案，ROUGE-L 比微调模型高 {difference}，比随便一条训练答案高 "
        "{retrieved}：查到的是答案本身，而不只是答案的样子。",
        "retrieval equals": "按每一项文本指标，最相近的训练问题的答案都与微调模型相当（ROUGE-L 差 {difference}），"
        "且比随便一条训练答案高 {retrieved}。",
        "steep": "数据加倍预计还能再省下基座比特数的 {doubling}；目前 {examples} 条数据在最好的提示词之外省下了 "
        "{saved}。",
        "adds nothing": "与最好的提示词相比，微调只省下基座比特数的 {saved}：不值得训练。",
        "copy beats": "原样照抄提问，ROUGE-L 就比微调模型的回答高 {difference}。",
        "forgets": "在 {domain} 上，微调后的模型比原来多用 {forgotten} 的比特；在本领域只省下 {total}。",
        "worse at home": "在本领域，与未微调的基座相比，微调省下的比特数为 {total}：变差了。",
        "few items": "留出的测试条目只有 {items} 条，太少；至少要 {fewest} 条。",
        "in doubt": "在 {items} 条测试条目上，微调省下基座比特数的 {saved}，但结论所需的并未全部得到证实。",
    },
    advice={
        "content": "可以使用这个适配器。依赖它之前，请看看报告中最差的回答。",
        "style": "若要的就是文风，可以使用；否则请用检索把事实写进提示词，或检查答案能否从提问得知。",
        "prompting": "请用报告给出的提示词直接问基座：不花训练费用，也不会遗忘。",
        "retrieval beats": "请对训练问题建立检索，或把检索结果写进提示词。",
        "retrieval equals": "请优先对训练问题建立检索：不需要训练，数据改了答案就跟着改。",
        "steep": "请收集更多同类数据再训练；学习曲线给出了预期。",
        "adds nothing": "不要用这份数据微调。请检查答案质量，或换一种方法、调高学习率再试一次；若仍无变化，"
        "数据能教的基座都已会。",
        "copy beats": "比照抄提问还差的回答没有用：请并排读几条。答案就在提问里的，直接抽取；"
        "提问与答案颠倒的，重新转换；否则请训练更久，或换更大的基座。",
        "forgets": "不要把这个适配器用在别处。请降低学习率、减少步数，或混入旧数据：prep mix。",
        "worse at home": "请看损失曲线：降低学习率或减少步数，并检查提问与答案是否对应。",
        "few items": "请多留出一些测试数据：1,000 条的区间才有意义。",
        "in doubt": "请看存疑之处；测试条目越多，区间越窄。",
    },
    doubts={
        "saved": "与最好的提示词相比，微调省下的比特数足够多",
        "content": "得益足够多地取决于该条自己的提问",
        "answers": "微调模型的回答不比用最好提示词的基座差",
        "copy": "它的回答比照抄提问好",
        "retrieval": "它的回答比最相近的训练问题的答案好",
        "forgetting": "它在其他领域忘掉的少于在本领域得到的",
        "cut": "对没有被截断的条目，得益依然成立（请放宽长度上限）",
        "people": "人更喜欢它的回答（人选择了基座的回答）",
        "data": "数据已经足够（请加 --curve，或用 1,000 条以上的数据训练）",
    },
    caveats={
        "tiny": "基座是微型模型：这不是关于 6B 的结论。",
        "random": "基座的权重是随机的：这不是关于 6B 的结论。",
        "forgetting not measured": "没有测量它在其他领域忘掉了什么。",
        "forgets": "它有遗忘：在 {domain} 上比原来多用 {forgotten} 的比特。通常的办法是混入旧数据：prep mix。",
        "more data helps": "数据加倍预计还能再省下 {doubling}。",
        "cut": "有 {cut} 的条目超出长度上限，被截断。",
        "nothing retrieved": "最相近的训练答案并不比别的训练答案好：没有什么可查。",
    },
    interval="{value}（95% 区间：{low} 至 {high}）",
    percent="{:.1f}%",
    not_shown="尚未证实：{}。",
)
