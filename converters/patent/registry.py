"""Every format of the domain."""

from converters.patent.bdci import BDCI
from converters.patent.table import PATENT_ABSTRACTS, PATENT_TABLE
from converters.patent.text_column import TEXT_COLUMN

CONVERTERS = (BDCI, PATENT_TABLE, PATENT_ABSTRACTS, TEXT_COLUMN)
