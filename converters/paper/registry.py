"""Every format of the domain."""

from converters.paper.arxiv import ARXIV
from converters.paper.citation import CITATION
from converters.paper.crossref import CROSSREF
from converters.paper.csl import CSL_FULL, CSL_TITLES
from converters.paper.openalex import OPENALEX
from converters.paper.summaries import SUMMARIES
from converters.paper.table import PAPER_TABLE

CONVERTERS = (CSL_TITLES, CSL_FULL, CITATION, ARXIV, OPENALEX, CROSSREF, SUMMARIES, PAPER_TABLE)
