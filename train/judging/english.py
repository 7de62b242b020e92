"""What a verdict says in English."""

from train.judging.texts import Texts

ENGLISH = Texts(
    titles={
        "suitable": "Suitable: fine-tuning is worth it",
        "style only": "Style only: the manner was learned, the matter was not",
        "prompting is enough": "Prompting is enough: ask the base well instead of tuning it",
        "retrieval is better": "Retrieval is better: look the answers up",
        "needs more data": "Needs more data: learning has not come to an end",
        "not suitable": "Not suitable: this tuning does not help",
        "harmful": "Harmful: the tuned model is worse where it matters",
        "undecided": "Undecided: the measurements allow no verdict",
    },
    reasons={
        "content": "Tuning saves {saved} of the base's bits beyond the best prompt, and {content} depend on the "
        "item's own prompt: the model learned what to say, not only how.",
        "style": "Tuning saves {saved} of the base's bits, but only {content} depend on the item's own prompt: with "
        "another prompt it gains nearly as much.",
        "prompting": "The best prompt alone saves {prompting} of the base's bits; what tuning saves beyond it, "
        "{saved}, is too little to matter.",
        "retrieval beats": "The answer of the nearest training question scores {difference} of ROUGE-L more than the "
        "tuned model, and {retrieved} more than any training answer: it is the answer that is found, not its form.",
        "retrieval equals": "The answer of the nearest training question scores as high as the tuned model by every "
        "text metric (ROUGE-L {difference}), and {retrieved} more than any training answer.",
        "steep": "Twice the data would save a further {doubling} of the base's bits; the {examples} examples so far "
        "saved {saved} beyond the best prompt.",
        "adds nothing": "Beyond the best prompt tuning saves {saved} of the base's bits: not worth a training.",
        "copy beats": "The prompt itself, copied, scores {difference} of ROUGE-L more than the tuned model's answers.",
        "forgets": "On {domain} the tuned model needs {forgotten} more bits than before; at home it saves {total}.",
        "worse at home": "On its own domain the tuned model saves {total} of the bits of the untuned base: it is "
        "worse.",
        "few items": "{items} held-out items are too few for any verdict; {fewest} are the least.",
        "in doubt": "Over {items} held-out items tuning saves {saved} of the base's bits, but not all that a verdict "
        "claims is shown.",
    },
    advice={
        "content": "Use the adapter. Look at the worst answers of the report before you rely on it.",
        "style": "If the manner is what you want, use it; otherwise give the model the facts in its prompt "
        "(retrieval), or check whether the answers can be known from the prompts at all.",
        "prompting": "Use the base with the prompt that the report names; it costs no training and forgets nothing.",
        "retrieval beats": "Build a search over the training questions, or put what it finds into the prompt.",
        "retrieval equals": "Prefer a search over the training questions: it costs no training and no forgetting.",
        "steep": "Collect more records of this kind and train again; the learning curve says what to expect.",
        "adds nothing": "Do not tune on this. Check the answers' quality, or try another method or a higher rate "
        "once; if nothing changes, the base knows what the data can teach.",
        "copy beats": "Answers worse than their own prompt are none: read some of both. If the answers stand in the "
        "prompts, extract them; if the two are swapped, convert again; else train longer, or on a larger base.",
        "forgets": "Do not use this adapter for anything else. Lower the learning rate, train fewer steps, or mix in "
        "old data: prep mix.",
        "worse at home": "Look at the loss curve: lower the learning rate or train fewer steps; check that prompt "
        "and answer belong together.",
        "few items": "Hold out more records for the test: 1,000 make an interval that says something.",
        "in doubt": "See what is in doubt; more held-out items make every interval narrower.",
    },
    doubts={
        "saved": "that tuning saves enough of the base's bits beyond the best prompt",
        "content": "that enough of the gain depends on the item's own prompt",
        "answers": "that the tuned model's answers are no worse than the best-prompted base's",
        "copy": "that its answers are better than a copy of the prompt",
        "retrieval": "that its answers are better than those of the nearest training question",
        "forgetting": "that it forgets less on other domains than it gains here",
        "cut": "that the gain holds for the items of which nothing was cut; raise the length limits",
        "people": "that people prefer its answers: they chose the base's",
        "data": "that it had enough data: run with --curve, or train on 1,000 examples or more",
    },
    caveats={
        "tiny": "The base is a tiny model: this is not about the 6B.",
        "random": "The base has random weights: this is not about the 6B.",
        "forgetting not measured": "What was forgotten on other domains was not measured.",
        "forgets": "It forgets: on {domain} it needs {forgotten} more bits than before. Mixing in old data is the "
        "usual cure: prep mix.",
        "more data helps": "Twice the data would save a further {doubling}.",
        "cut": "Of {cut} of the items something did not fit the length limits.",
        "nothing retrieved": "The nearest training answer is not shown to be better than any other: there is nothing "
        "to look up.",
    },
    interval="{value} (95 %: {low} to {high})",
    percent="{:.1f} %",
    not_shown="Not shown: {}.",
)
