"""The legal formats in plain sight."""

from converters.legal.crime_kg import CRIME_KG
from converters.legal.disc_law import DISC_LAW
from converters.legal.lawgpt_zh import LAWGPT_ZH
from converters.legal.lawyer_llama import LAWYER_LLAMA
from converters.legal.lawyer_llama_dialogue import LAWYER_LLAMA_DIALOGUE
from converters.legal.legal_advice import LEGAL_ADVICE
from converters.legal.question_answer import LEGAL_QUESTION_ANSWER
from converters.legal.statutes import STATUTES

CONVERTERS = (
    LAWYER_LLAMA,
    LAWYER_LLAMA_DIALOGUE,
    LEGAL_ADVICE,
    LAWGPT_ZH,
    STATUTES,
    CRIME_KG,
    DISC_LAW,
    LEGAL_QUESTION_ANSWER,
)
